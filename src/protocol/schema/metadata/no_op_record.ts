import { message } from "../dsl.ts";

/** NoOpRecord, record type 20. */
export const noOpRecordSchema = message("metadata", "NoOpRecord", {
  versions: "0",
  flexible: "0+",
  fields: {},
}, 20);
