import { int32, int64, int8, message, string, struct, uuid } from "../dsl.ts";

/** RemotePartitionDeleteMetadataRecord, record type 2. */
export const remotePartitionDeleteMetadataRecordSchema = message(
  "metadata",
  "RemotePartitionDeleteMetadataRecord",
  {
    versions: "0",
    flexible: "0+",
    fields: {
      topicIdPartition: struct("TopicIdPartitionEntry", "0+", {
        fields: {
          name: string("0+"),
          id: uuid("0+"),
          partition: int32("0+"),
        },
      }),
      brokerId: int32("0+"),
      eventTimestampMs: int64("0+"),
      remotePartitionDeleteState: int8("0+"),
    },
  },
  2,
);
