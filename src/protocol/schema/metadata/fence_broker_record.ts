import { int32, int64, message } from "../dsl.ts";

/** FenceBrokerRecord, record type 7. */
export const fenceBrokerRecordSchema = message("metadata", "FenceBrokerRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    id: int32("0+"),
    epoch: int64("0+"),
  },
}, 7);
