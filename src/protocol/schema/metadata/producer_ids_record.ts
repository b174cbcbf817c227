import { int32, int64, message } from "../dsl.ts";

/** ProducerIdsRecord, record type 15. */
export const producerIdsRecordSchema = message("metadata", "ProducerIdsRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    brokerId: int32("0+"),
    brokerEpoch: int64("0+", { default: -1 }),
    nextProducerId: int64("0+"),
  },
}, 15);
