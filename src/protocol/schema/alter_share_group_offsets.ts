import { api, arrayOf, int16, int32, int64, string, uuid } from "./dsl.ts";

/** AlterShareGroupOffsets, API key 91. */
export const alterShareGroupOffsetsSchema = api(91, "AlterShareGroupOffsets", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      groupId: string("0+"),
      topics: arrayOf("AlterShareGroupOffsetsRequestTopic", "0+", {
        fields: {
          topicName: string("0+", { mapKey: true }),
          partitions: arrayOf("AlterShareGroupOffsetsRequestPartition", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              startOffset: int64("0+"),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true, default: null }),
      responses: arrayOf("AlterShareGroupOffsetsResponseTopic", "0+", {
        fields: {
          topicName: string("0+", { mapKey: true }),
          topicId: uuid("0+"),
          partitions: arrayOf("AlterShareGroupOffsetsResponsePartition", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              errorCode: int16("0+"),
              errorMessage: string("0+", { nullable: true, default: null }),
            },
          }),
        },
      }),
    },
  },
});
