import { arrayOf, int16, int32, int64, int8, message, string } from "../dsl.ts";

/** TransactionLogKey, record type 0. */
export const transactionLogKeySchema = message("coordinatorKey", "TransactionLogKey", {
  versions: "0",
  fields: {
    transactionalId: string("0"),
  },
}, 0);

/** TransactionLogValue, record type 0. */
export const transactionLogValueSchema = message("coordinatorValue", "TransactionLogValue", {
  versions: "0-1",
  flexible: "1+",
  fields: {
    producerId: int64("0+"),
    previousProducerId: int64("1+", { tag: 0, default: -1 }),
    nextProducerId: int64("1+", { tag: 1, default: -1 }),
    producerEpoch: int16("0+"),
    nextProducerEpoch: int16("1+", { tag: 3, default: -1 }),
    transactionTimeoutMs: int32("0+"),
    transactionStatus: int8("0+"),
    transactionPartitions: arrayOf("PartitionsSchema", "0+", {
      nullable: true,
      fields: {
        topic: string("0+"),
        partitionIds: arrayOf("int32", "0+"),
      },
    }),
    transactionLastUpdateTimestampMs: int64("0+"),
    transactionStartTimestampMs: int64("0+"),
    clientTransactionVersion: int16("1+", { tag: 2, default: 0 }),
  },
}, 0);
