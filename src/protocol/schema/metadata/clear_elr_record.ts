import { message, string } from "../dsl.ts";

/** ClearElrRecord, record type 28. */
export const clearElrRecordSchema = message("metadata", "ClearElrRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    topicName: string("0+"),
  },
}, 28);
