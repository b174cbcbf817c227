import { arrayOf, int16, int32, int64, int8, message, string, uuid } from "../dsl.ts";

/** ShareUpdateKey, record type 1. */
export const shareUpdateKeySchema = message("coordinatorKey", "ShareUpdateKey", {
  versions: "0",
  fields: {
    groupId: string("0"),
    topicId: uuid("0"),
    partition: int32("0"),
  },
}, 1);

/** ShareUpdateValue, record type 1. */
export const shareUpdateValueSchema = message("coordinatorValue", "ShareUpdateValue", {
  versions: "0",
  flexible: "0+",
  fields: {
    snapshotEpoch: int32("0+"),
    leaderEpoch: int32("0+"),
    startOffset: int64("0+"),
    deliveryCompleteCount: int32("0+", { tag: 0, default: -1 }),
    stateBatches: arrayOf("StateBatch", "0+", {
      fields: {
        firstOffset: int64("0+"),
        lastOffset: int64("0+"),
        deliveryState: int8("0+"),
        deliveryCount: int16("0+"),
      },
    }),
  },
}, 1);
