import { arrayOf, bool, bytes, int32, int64, int8, message, uuid } from "../dsl.ts";

/** RemoteLogSegmentMetadataSnapshotRecord, record type 3. */
export const remoteLogSegmentMetadataSnapshotRecordSchema = message(
  "metadata",
  "RemoteLogSegmentMetadataSnapshotRecord",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      segmentId: uuid("0+"),
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
  3,
);
