import { api, arrayOf, int16, int32, int64, string } from "./dsl.ts";

/** ListTransactions, API key 66. */
export const listTransactionsSchema = api(66, "ListTransactions", {
  request: {
    versions: "0-2",
    flexible: "0+",
    fields: {
      stateFilters: arrayOf("string", "0+"),
      producerIdFilters: arrayOf("int64", "0+"),
      durationFilter: int64("1+", { default: -1 }),
      transactionalIdPattern: string("2+", { nullable: true, default: null }),
    },
  },
  response: {
    versions: "0-2",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      unknownStateFilters: arrayOf("string", "0+"),
      transactionStates: arrayOf("TransactionState", "0+", {
        fields: {
          transactionalId: string("0+"),
          producerId: int64("0+"),
          transactionState: string("0+"),
        },
      }),
    },
  },
});
