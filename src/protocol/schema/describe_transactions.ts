import { api, arrayOf, int16, int32, int64, string } from "./dsl.ts";

/** DescribeTransactions, API key 65. */
export const describeTransactionsSchema = api(65, "DescribeTransactions", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      transactionalIds: arrayOf("string", "0+"),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      transactionStates: arrayOf("TransactionState", "0+", {
        fields: {
          errorCode: int16("0+"),
          transactionalId: string("0+"),
          transactionState: string("0+"),
          transactionTimeoutMs: int32("0+"),
          transactionStartTimeMs: int64("0+"),
          producerId: int64("0+"),
          producerEpoch: int16("0+"),
          topics: arrayOf("TopicData", "0+", {
            fields: {
              topic: string("0+", { mapKey: true }),
              partitions: arrayOf("int32", "0+"),
            },
          }),
        },
      }),
    },
  },
});
