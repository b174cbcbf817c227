import { int32, int64, message } from "../dsl.ts";

/** UnregisterBrokerRecord, record type 1. */
export const unregisterBrokerRecordSchema = message("metadata", "UnregisterBrokerRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    brokerId: int32("0+"),
    brokerEpoch: int64("0+"),
  },
}, 1);
