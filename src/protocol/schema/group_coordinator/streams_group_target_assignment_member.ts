import { arrayOf, message, shared, string } from "../dsl.ts";

/** StreamsGroupTargetAssignmentMemberKey, record type 21. */
export const streamsGroupTargetAssignmentMemberKeySchema = message(
  "coordinatorKey",
  "StreamsGroupTargetAssignmentMemberKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
      memberId: string("0"),
    },
  },
  21,
);

const taskIds = shared("TaskIds", {
  subtopologyId: string("0+"),
  partitions: arrayOf("int32", "0+"),
});

/** StreamsGroupTargetAssignmentMemberValue, record type 21. */
export const streamsGroupTargetAssignmentMemberValueSchema = message(
  "coordinatorValue",
  "StreamsGroupTargetAssignmentMemberValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      activeTasks: arrayOf(taskIds, "0+"),
      standbyTasks: arrayOf(taskIds, "0+"),
      warmupTasks: arrayOf(taskIds, "0+"),
    },
  },
  21,
);
