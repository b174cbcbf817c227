import { int32, message, string } from "../dsl.ts";

/** ConsumerGroupTargetAssignmentMetadataKey, record type 6. */
export const consumerGroupTargetAssignmentMetadataKeySchema = message(
  "coordinatorKey",
  "ConsumerGroupTargetAssignmentMetadataKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
    },
  },
  6,
);

/** ConsumerGroupTargetAssignmentMetadataValue, record type 6. */
export const consumerGroupTargetAssignmentMetadataValueSchema = message(
  "coordinatorValue",
  "ConsumerGroupTargetAssignmentMetadataValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      assignmentEpoch: int32("0+"),
    },
  },
  6,
);
