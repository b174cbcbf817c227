import { arrayOf, int32, int8, message, shared, string, uuid } from "../dsl.ts";

/** ConsumerGroupCurrentMemberAssignmentKey, record type 8. */
export const consumerGroupCurrentMemberAssignmentKeySchema = message(
  "coordinatorKey",
  "ConsumerGroupCurrentMemberAssignmentKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
      memberId: string("0"),
    },
  },
  8,
);

const topicPartitions = shared("TopicPartitions", {
  topicId: uuid("0+"),
  partitions: arrayOf("int32", "0+"),
});

/** ConsumerGroupCurrentMemberAssignmentValue, record type 8. */
export const consumerGroupCurrentMemberAssignmentValueSchema = message(
  "coordinatorValue",
  "ConsumerGroupCurrentMemberAssignmentValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      memberEpoch: int32("0+"),
      previousMemberEpoch: int32("0+"),
      state: int8("0+"),
      assignedPartitions: arrayOf(topicPartitions, "0+"),
      partitionsPendingRevocation: arrayOf(topicPartitions, "0+"),
    },
  },
  8,
);
