import { int32, int64, message } from "../dsl.ts";

/** UnfenceBrokerRecord, record type 8. */
export const unfenceBrokerRecordSchema = message("metadata", "UnfenceBrokerRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    id: int32("0+"),
    epoch: int64("0+"),
  },
}, 8);
