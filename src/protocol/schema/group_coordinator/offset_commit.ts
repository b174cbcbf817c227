import { int32, int64, message, string, uuid } from "../dsl.ts";

/** OffsetCommitKey, record type 1. */
export const offsetCommitKeySchema = message("coordinatorKey", "OffsetCommitKey", {
  versions: "0",
  fields: {
    group: string("0"),
    topic: string("0"),
    partition: int32("0"),
  },
}, 1);

/** OffsetCommitValue, record type 1. */
export const offsetCommitValueSchema = message("coordinatorValue", "OffsetCommitValue", {
  versions: "0-4",
  flexible: "4+",
  fields: {
    offset: int64("0+"),
    leaderEpoch: int32("3+", { default: -1, ignorable: true }),
    metadata: string("0+"),
    commitTimestamp: int64("0+"),
    expireTimestamp: int64("1", { default: -1, ignorable: true }),
    topicId: uuid("4+", { tag: 0, ignorable: true }),
  },
}, 1);
