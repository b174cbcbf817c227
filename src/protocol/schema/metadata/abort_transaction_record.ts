import { message, string } from "../dsl.ts";

/** AbortTransactionRecord, record type 25. */
export const abortTransactionRecordSchema = message("metadata", "AbortTransactionRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    reason: string("0+", { tag: 0, nullable: true, default: null }),
  },
}, 25);
