import { bytes, int32, int64, int8, message, string, struct, uuid } from "../dsl.ts";

/** RemoteLogSegmentMetadataUpdateRecord, record type 1. */
export const remoteLogSegmentMetadataUpdateRecordSchema = message(
  "metadata",
  "RemoteLogSegmentMetadataUpdateRecord",
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
      brokerId: int32("0+"),
      eventTimestampMs: int64("0+"),
      customMetadata: bytes("0+", { nullable: true, default: null }),
      remoteLogSegmentState: int8("0+"),
    },
  },
  1,
);
