import { api, arrayOf, int16, int32, int64, string, uuid } from "./dsl.ts";

/** OffsetCommit, API key 8. */
export const offsetCommitSchema = api(8, "OffsetCommit", {
  request: {
    versions: "2-10",
    flexible: "8+",
    fields: {
      groupId: string("0+"),
      generationIdOrMemberEpoch: int32("1+", { default: -1, ignorable: true }),
      memberId: string("1+", { ignorable: true }),
      groupInstanceId: string("7+", { nullable: true, default: null }),
      retentionTimeMs: int64("2-4", { default: -1, ignorable: true }),
      topics: arrayOf("OffsetCommitRequestTopic", "0+", {
        fields: {
          name: string("0-9", { ignorable: true }),
          topicId: uuid("10+", { ignorable: true }),
          partitions: arrayOf("OffsetCommitRequestPartition", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              committedOffset: int64("0+"),
              committedLeaderEpoch: int32("6+", { default: -1, ignorable: true }),
              committedMetadata: string("0+", { nullable: true }),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "2-10",
    flexible: "8+",
    fields: {
      throttleTimeMs: int32("3+", { ignorable: true }),
      topics: arrayOf("OffsetCommitResponseTopic", "0+", {
        fields: {
          name: string("0-9", { ignorable: true }),
          topicId: uuid("10+", { ignorable: true }),
          partitions: arrayOf("OffsetCommitResponsePartition", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              errorCode: int16("0+"),
            },
          }),
        },
      }),
    },
  },
});
