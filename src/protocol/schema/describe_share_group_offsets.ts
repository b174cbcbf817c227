import { api, arrayOf, int16, int32, int64, string, uuid } from "./dsl.ts";

/** DescribeShareGroupOffsets, API key 90. */
export const describeShareGroupOffsetsSchema = api(90, "DescribeShareGroupOffsets", {
  request: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      groups: arrayOf("DescribeShareGroupOffsetsRequestGroup", "0+", {
        fields: {
          groupId: string("0+"),
          topics: arrayOf("DescribeShareGroupOffsetsRequestTopic", "0+", {
            nullable: true,
            fields: {
              topicName: string("0+"),
              partitions: arrayOf("int32", "0+"),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      groups: arrayOf("DescribeShareGroupOffsetsResponseGroup", "0+", {
        fields: {
          groupId: string("0+"),
          topics: arrayOf("DescribeShareGroupOffsetsResponseTopic", "0+", {
            fields: {
              topicName: string("0+"),
              topicId: uuid("0+"),
              partitions: arrayOf("DescribeShareGroupOffsetsResponsePartition", "0+", {
                fields: {
                  partitionIndex: int32("0+"),
                  startOffset: int64("0+"),
                  leaderEpoch: int32("0+"),
                  lag: int64("1+", { default: -1 }),
                  errorCode: int16("0+"),
                  errorMessage: string("0+", { nullable: true, default: null }),
                },
              }),
            },
          }),
          errorCode: int16("0+"),
          errorMessage: string("0+", { nullable: true, default: null }),
        },
      }),
    },
  },
});
