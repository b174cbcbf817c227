import { arrayOf, bool, bytes, int32, int64, int8, message, string, struct, uuid } from "../dsl.ts";

/** RemoteLogSegmentMetadataRecord, record type 0. */
export const remoteLogSegmentMetadataRecordSchema = message(
  "metadata",
  "RemoteLogSegmentMetadataRecord",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      remoteLogSegmentId: struct("RemoteLogSegmentIdEntry", "0+", {
        fields: {
          topicIdPartition: struct("TopicIdPartitionEntry", "0+", {
            fields: {
              name: string("0+"),
              id: uuid("0+"),
              partition: int32("0+"),
            },
          }),
          id: uuid("0+"),
        },
      }),
      startOffset: int64("0+"),
      endOffset: int64("0+"),
      brokerId: int32("0+"),
      maxTimestampMs: int64("0+"),
      eventTimestampMs: int64("0+"),
      segmentLeaderEpochs: arrayOf("SegmentLeaderEpochEntry", "0+", {
        fields: {
          leaderEpoch: int32("0+"),
          offset: int64("0+"),
        },
      }),
      segmentSizeInBytes: int32("0+"),
      customMetadata: bytes("0+", { nullable: true, default: null }),
      remoteLogSegmentState: int8("0+"),
      txnIndexEmpty: bool("0+", { tag: 0 }),
    },
  },
  0,
);
