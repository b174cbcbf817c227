import { int16, message } from "../dsl.ts";

/** SnapshotFooterRecord. */
export const snapshotFooterRecordSchema = message("data", "SnapshotFooterRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    version: int16("0+"),
  },
});
