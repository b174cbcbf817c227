import { message, uuid } from "../dsl.ts";

/** RemoveTopicRecord, record type 9. */
export const removeTopicRecordSchema = message("metadata", "RemoveTopicRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    topicId: uuid("0+"),
  },
}, 9);
