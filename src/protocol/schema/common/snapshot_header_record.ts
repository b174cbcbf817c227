import { int16, int64, message } from "../dsl.ts";

/** SnapshotHeaderRecord. */
export const snapshotHeaderRecordSchema = message("data", "SnapshotHeaderRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    version: int16("0+"),
    lastContainedLogTimestamp: int64("0+"),
  },
});
