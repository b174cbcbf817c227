import { api, arrayOf, int16, int32, int64, int8, string } from "./dsl.ts";

/** ListOffsets, API key 2. */
export const listOffsetsSchema = api(2, "ListOffsets", {
  request: {
    versions: "1-11",
    flexible: "6+",
    fields: {
      replicaId: int32("0+"),
      isolationLevel: int8("2+"),
      topics: arrayOf("ListOffsetsTopic", "0+", {
        fields: {
          name: string("0+"),
          partitions: arrayOf("ListOffsetsPartition", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              currentLeaderEpoch: int32("4+", { default: -1, ignorable: true }),
              timestamp: int64("0+"),
            },
          }),
        },
      }),
      timeoutMs: int32("10+", { ignorable: true }),
    },
  },
  response: {
    versions: "1-11",
    flexible: "6+",
    fields: {
      throttleTimeMs: int32("2+", { ignorable: true }),
      topics: arrayOf("ListOffsetsTopicResponse", "0+", {
        fields: {
          name: string("0+"),
          partitions: arrayOf("ListOffsetsPartitionResponse", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              errorCode: int16("0+"),
              timestamp: int64("1+", { default: -1 }),
              offset: int64("1+", { default: -1 }),
              leaderEpoch: int32("4+", { default: -1 }),
            },
          }),
        },
      }),
    },
  },
});
