import { arrayOf, int32, int8, message, shared, string, uuid } from "../dsl.ts";

/** ShareGroupCurrentMemberAssignmentKey, record type 14. */
export const shareGroupCurrentMemberAssignmentKeySchema = message(
  "coordinatorKey",
  "ShareGroupCurrentMemberAssignmentKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
      memberId: string("0"),
    },
  },
  14,
);

const topicPartitions = shared("TopicPartitions", {
  topicId: uuid("0+"),
  partitions: arrayOf("int32", "0+"),
});

/** ShareGroupCurrentMemberAssignmentValue, record type 14. */
export const shareGroupCurrentMemberAssignmentValueSchema = message(
  "coordinatorValue",
  "ShareGroupCurrentMemberAssignmentValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      memberEpoch: int32("0+"),
      previousMemberEpoch: int32("0+"),
      state: int8("0+"),
      assignedPartitions: arrayOf(topicPartitions, "0+"),
    },
  },
  14,
);
