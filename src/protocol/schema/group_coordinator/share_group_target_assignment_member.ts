import { arrayOf, message, string, uuid } from "../dsl.ts";

/** ShareGroupTargetAssignmentMemberKey, record type 13. */
export const shareGroupTargetAssignmentMemberKeySchema = message(
  "coordinatorKey",
  "ShareGroupTargetAssignmentMemberKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
      memberId: string("0"),
    },
  },
  13,
);

/** ShareGroupTargetAssignmentMemberValue, record type 13. */
export const shareGroupTargetAssignmentMemberValueSchema = message(
  "coordinatorValue",
  "ShareGroupTargetAssignmentMemberValue",
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
  13,
);
