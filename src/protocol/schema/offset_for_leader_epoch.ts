import { api, arrayOf, int16, int32, int64, string } from "./dsl.ts";

/** OffsetForLeaderEpoch, API key 23. */
export const offsetForLeaderEpochSchema = api(23, "OffsetForLeaderEpoch", {
  request: {
    versions: "2-4",
    flexible: "4+",
    fields: {
      replicaId: int32("3+", { default: -2, ignorable: true }),
      topics: arrayOf("OffsetForLeaderTopic", "0+", {
        fields: {
          topic: string("0+", { mapKey: true }),
          partitions: arrayOf("OffsetForLeaderPartition", "0+", {
            fields: {
              partition: int32("0+"),
              currentLeaderEpoch: int32("2+", { default: -1, ignorable: true }),
              leaderEpoch: int32("0+"),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "2-4",
    flexible: "4+",
    fields: {
      throttleTimeMs: int32("2+", { ignorable: true }),
      topics: arrayOf("OffsetForLeaderTopicResult", "0+", {
        fields: {
          topic: string("0+", { mapKey: true }),
          partitions: arrayOf("EpochEndOffset", "0+", {
            fields: {
              errorCode: int16("0+"),
              partition: int32("0+"),
              leaderEpoch: int32("1+", { default: -1, ignorable: true }),
              endOffset: int64("0+", { default: -1 }),
            },
          }),
        },
      }),
    },
  },
});
