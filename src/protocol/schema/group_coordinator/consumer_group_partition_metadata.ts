import { arrayOf, int32, message, string, uuid } from "../dsl.ts";

/** ConsumerGroupPartitionMetadataKey, record type 4. */
export const consumerGroupPartitionMetadataKeySchema = message(
  "coordinatorKey",
  "ConsumerGroupPartitionMetadataKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
    },
  },
  4,
);

/** ConsumerGroupPartitionMetadataValue, record type 4. */
export const consumerGroupPartitionMetadataValueSchema = message(
  "coordinatorValue",
  "ConsumerGroupPartitionMetadataValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      topics: arrayOf("TopicMetadata", "0+", {
        fields: {
          topicId: uuid("0+"),
          topicName: string("0+"),
          numPartitions: int32("0+"),
          partitionMetadata: arrayOf("PartitionMetadata", "0+", {
            fields: {
              partition: int32("0+"),
              racks: arrayOf("string", "0+"),
            },
          }),
        },
      }),
    },
  },
  4,
);
