import { message, string } from "../dsl.ts";

/** BeginTransactionRecord, record type 23. */
export const beginTransactionRecordSchema = message("metadata", "BeginTransactionRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    name: string("0+", { tag: 0, nullable: true, default: null }),
  },
}, 23);
