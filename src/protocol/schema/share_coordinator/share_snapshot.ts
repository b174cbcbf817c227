import { arrayOf, int16, int32, int64, int8, message, string, uuid } from "../dsl.ts";

/** ShareSnapshotKey, record type 0. */
export const shareSnapshotKeySchema = message("coordinatorKey", "ShareSnapshotKey", {
  versions: "0",
  fields: {
    groupId: string("0"),
    topicId: uuid("0"),
    partition: int32("0"),
  },
}, 0);

/** ShareSnapshotValue, record type 0. */
export const shareSnapshotValueSchema = message("coordinatorValue", "ShareSnapshotValue", {
  versions: "0",
  flexible: "0+",
  fields: {
    snapshotEpoch: int32("0+"),
    stateEpoch: int32("0+"),
    leaderEpoch: int32("0+"),
    startOffset: int64("0+"),
    deliveryCompleteCount: int32("0+", { tag: 0, default: -1 }),
    createTimestamp: int64("0+"),
    writeTimestamp: int64("0+"),
    stateBatches: arrayOf("StateBatch", "0+", {
      fields: {
        firstOffset: int64("0+"),
        lastOffset: int64("0+"),
        deliveryState: int8("0+"),
        deliveryCount: int16("0+"),
      },
    }),
  },
}, 0);
