import { arrayOf, int32, int64, message, shared, string } from "../dsl.ts";

/** StreamsGroupMetadataKey, record type 17. */
export const streamsGroupMetadataKeySchema = message("coordinatorKey", "StreamsGroupMetadataKey", {
  versions: "0",
  fields: {
    groupId: string("0"),
  },
}, 17);

const lastAssignmentConfig = shared("LastAssignmentConfig", {
  key: string("0+"),
  value: string("0+"),
});

/** StreamsGroupMetadataValue, record type 17. */
export const streamsGroupMetadataValueSchema = message(
  "coordinatorValue",
  "StreamsGroupMetadataValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      epoch: int32("0+"),
      metadataHash: int64("0+"),
      validatedTopologyEpoch: int32("0+", { tag: 0, default: -1 }),
      lastAssignmentConfigs: arrayOf(lastAssignmentConfig, "0+", { tag: 1, nullable: true }),
    },
  },
  17,
);
