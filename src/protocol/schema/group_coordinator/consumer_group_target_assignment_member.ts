import { arrayOf, message, string, uuid } from "../dsl.ts";

/** ConsumerGroupTargetAssignmentMemberKey, record type 7. */
export const consumerGroupTargetAssignmentMemberKeySchema = message(
  "coordinatorKey",
  "ConsumerGroupTargetAssignmentMemberKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
      memberId: string("0"),
    },
  },
  7,
);

/** ConsumerGroupTargetAssignmentMemberValue, record type 7. */
export const consumerGroupTargetAssignmentMemberValueSchema = message(
  "coordinatorValue",
  "ConsumerGroupTargetAssignmentMemberValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      topicPartitions: arrayOf("TopicPartition", "0+", {
        fields: {
          topicId: uuid("0+"),
          partitions: arrayOf("int32", "0+"),
        },
      }),
    },
  },
  7,
);
