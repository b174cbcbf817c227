import { int32, message, string } from "../dsl.ts";

/** StreamsGroupTargetAssignmentMetadataKey, record type 20. */
export const streamsGroupTargetAssignmentMetadataKeySchema = message(
  "coordinatorKey",
  "StreamsGroupTargetAssignmentMetadataKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
    },
  },
  20,
);

/** StreamsGroupTargetAssignmentMetadataValue, record type 20. */
export const streamsGroupTargetAssignmentMetadataValueSchema = message(
  "coordinatorValue",
  "StreamsGroupTargetAssignmentMetadataValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      assignmentEpoch: int32("0+"),
    },
  },
  20,
);
