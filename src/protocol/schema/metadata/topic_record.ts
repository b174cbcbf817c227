import { message, string, uuid } from "../dsl.ts";

/** TopicRecord, record type 2. */
export const topicRecordSchema = message("metadata", "TopicRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    name: string("0+"),
    topicId: uuid("0+"),
  },
}, 2);
