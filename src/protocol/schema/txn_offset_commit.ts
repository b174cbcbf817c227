import { api, arrayOf, int16, int32, int64, string } from "./dsl.ts";

/** TxnOffsetCommit, API key 28. */
export const txnOffsetCommitSchema = api(28, "TxnOffsetCommit", {
  request: {
    versions: "0-5",
    flexible: "3+",
    fields: {
      transactionalId: string("0+"),
      groupId: string("0+"),
      producerId: int64("0+"),
      producerEpoch: int16("0+"),
      generationId: int32("3+", { default: -1 }),
      memberId: string("3+", { default: "" }),
      groupInstanceId: string("3+", { nullable: true, default: null }),
      topics: arrayOf("TxnOffsetCommitRequestTopic", "0+", {
        fields: {
          name: string("0+"),
          partitions: arrayOf("TxnOffsetCommitRequestPartition", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              committedOffset: int64("0+"),
              committedLeaderEpoch: int32("2+", { default: -1, ignorable: true }),
              committedMetadata: string("0+", { nullable: true }),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "0-5",
    flexible: "3+",
    fields: {
      throttleTimeMs: int32("0+"),
      topics: arrayOf("TxnOffsetCommitResponseTopic", "0+", {
        fields: {
          name: string("0+"),
          partitions: arrayOf("TxnOffsetCommitResponsePartition", "0+", {
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
