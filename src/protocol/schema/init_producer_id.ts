import { api, bool, int16, int32, int64, string } from "./dsl.ts";

/** InitProducerId, API key 22. */
export const initProducerIdSchema = api(22, "InitProducerId", {
  request: {
    versions: "0-6",
    flexible: "2+",
    latestVersionUnstable: true,
    fields: {
      transactionalId: string("0+", { nullable: true }),
      transactionTimeoutMs: int32("0+"),
      producerId: int64("3+", { default: -1 }),
      producerEpoch: int16("3+", { default: -1 }),
      enable2Pc: bool("6+", { default: false }),
      keepPreparedTxn: bool("6+", { default: false }),
    },
  },
  response: {
    versions: "0-6",
    flexible: "2+",
    fields: {
      throttleTimeMs: int32("0+", { ignorable: true }),
      errorCode: int16("0+"),
      producerId: int64("0+", { default: -1 }),
      producerEpoch: int16("0+"),
      ongoingTxnProducerId: int64("6+", { default: -1 }),
      ongoingTxnProducerEpoch: int16("6+", { default: -1 }),
    },
  },
});
