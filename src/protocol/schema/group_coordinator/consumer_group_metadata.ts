import { int32, int64, message, string } from "../dsl.ts";

/** ConsumerGroupMetadataKey, record type 3. */
export const consumerGroupMetadataKeySchema = message(
  "coordinatorKey",
  "ConsumerGroupMetadataKey",
  {
    versions: "0",
    fields: {
      groupId: string("0"),
    },
  },
  3,
);

/** ConsumerGroupMetadataValue, record type 3. */
export const consumerGroupMetadataValueSchema = message(
  "coordinatorValue",
  "ConsumerGroupMetadataValue",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      epoch: int32("0+"),
      metadataHash: int64("0+", { tag: 0, default: 0 }),
    },
  },
  3,
);
