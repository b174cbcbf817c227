import { int32, message, string } from "../dsl.ts";

/** ShareGroupTargetAssignmentMetadataKey, record type 12. */
export const shareGroupTargetAssignmentMetadataKeySchema = message(
  "coordinatorKey",
  "ShareGroupTargetAssignmentMetadataKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
    },
  },
  12,
);

/** ShareGroupTargetAssignmentMetadataValue, record type 12. */
export const shareGroupTargetAssignmentMetadataValueSchema = message(
  "coordinatorValue",
  "ShareGroupTargetAssignmentMetadataValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      assignmentEpoch: int32("0+"),
    },
  },
  12,
);
