import { int16, message } from "../dsl.ts";

/** KRaftVersionRecord. */
export const kraftVersionRecordSchema = message("data", "KRaftVersionRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    version: int16("0+"),
    kRaftVersion: int16("0+"),
  },
});
