import { arrayOf, int32, int8, message, shared, string } from "../dsl.ts";

/** StreamsGroupCurrentMemberAssignmentKey, record type 22. */
export const streamsGroupCurrentMemberAssignmentKeySchema = message(
  "coordinatorKey",
  "StreamsGroupCurrentMemberAssignmentKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
      memberId: string("0"),
    },
  },
  22,
);

const taskIds = shared("TaskIds", {
  subtopologyId: string("0+"),
  partitions: arrayOf("int32", "0+"),
  assignmentEpochs: arrayOf("int32", "0+", { tag: 0, nullable: true }),
});

/** StreamsGroupCurrentMemberAssignmentValue, record type 22. */
export const streamsGroupCurrentMemberAssignmentValueSchema = message(
  "coordinatorValue",
  "StreamsGroupCurrentMemberAssignmentValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      memberEpoch: int32("0+"),
      previousMemberEpoch: int32("0+"),
      state: int8("0+"),
      activeTasks: arrayOf(taskIds, "0+"),
      standbyTasks: arrayOf(taskIds, "0+"),
      warmupTasks: arrayOf(taskIds, "0+"),
      activeTasksPendingRevocation: arrayOf(taskIds, "0+"),
      standbyTasksPendingRevocation: arrayOf(taskIds, "0+"),
      warmupTasksPendingRevocation: arrayOf(taskIds, "0+"),
    },
  },
  22,
);
