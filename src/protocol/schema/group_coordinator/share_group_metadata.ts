import { int32, int64, message, string } from "../dsl.ts";

/** ShareGroupMetadataKey, record type 11. */
export const shareGroupMetadataKeySchema = message("coordinatorKey", "ShareGroupMetadataKey", {
  versions: "0",
  fields: {
    groupId: string("0"),
  },
}, 11);

/** ShareGroupMetadataValue, record type 11. */
export const shareGroupMetadataValueSchema = message(
  "coordinatorValue",
  "ShareGroupMetadataValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      epoch: int32("0+"),
      metadataHash: int64("0+"),
    },
  },
  11,
);
