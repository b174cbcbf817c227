import { message } from "../dsl.ts";

/** EndTransactionRecord, record type 24. */
export const endTransactionRecordSchema = message("metadata", "EndTransactionRecord", {
  versions: "0",
  flexible: "0+",
  fields: {},
}, 24);
