import { int32, int64, message, string } from "../dsl.ts";

/** LegacyOffsetCommitKey, record type 0. */
export const legacyOffsetCommitKeySchema = message("coordinatorKey", "LegacyOffsetCommitKey", {
  versions: "0",
  fields: {
    group: string("0"),
    topic: string("0"),
    partition: int32("0"),
  },
}, 0);

/** LegacyOffsetCommitValue, record type 0. */
export const legacyOffsetCommitValueSchema = message(
  "coordinatorValue",
  "LegacyOffsetCommitValue",
  {
    versions: "0",
    fields: {
      offset: int64("0"),
      metadata: string("0"),
      commitTimestamp: int64("0"),
    },
  },
  0,
);
