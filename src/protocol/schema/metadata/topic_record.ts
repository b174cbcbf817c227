import { bool, message, string, uuid } from "../dsl.ts";

/**
 * TopicRecord, record type 2. The tagged field is our own; Kafka's tools skip tags that they don't
 * know.
 */
export const topicRecordSchema = message("metadata", "TopicRecord", {
  versions: "0",
  flexible: "0+",
  fields: {
    name: string("0+"),
    topicId: uuid("0+"),
    /** The topic was made with the default replication factor, and follows it. */
    hasDefaultReplication: bool("0+", { tag: 10000, default: false }),
  },
}, 2);
