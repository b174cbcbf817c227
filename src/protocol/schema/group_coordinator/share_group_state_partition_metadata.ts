import { arrayOf, message, shared, string, uuid } from "../dsl.ts";

/** ShareGroupStatePartitionMetadataKey, record type 15. */
export const shareGroupStatePartitionMetadataKeySchema = message(
  "coordinatorKey",
  "ShareGroupStatePartitionMetadataKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
    },
  },
  15,
);

const topicPartitionsInfo = shared("TopicPartitionsInfo", {
  topicId: uuid("0+"),
  topicName: string("0+"),
  partitions: arrayOf("int32", "0+"),
});

const topicInfo = shared("TopicInfo", {
  topicId: uuid("0+"),
  topicName: string("0+"),
});

/** ShareGroupStatePartitionMetadataValue, record type 15. */
export const shareGroupStatePartitionMetadataValueSchema = message(
  "coordinatorValue",
  "ShareGroupStatePartitionMetadataValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      initializingTopics: arrayOf(topicPartitionsInfo, "0+"),
      initializedTopics: arrayOf(topicPartitionsInfo, "0+"),
      deletingTopics: arrayOf(topicInfo, "0+"),
    },
  },
  15,
);
