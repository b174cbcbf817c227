import { api, arrayOf, int16, int32, int64, records, string, struct, uint16, uuid } from "./dsl.ts";

/** FetchSnapshot, API key 59. */
export const fetchSnapshotSchema = api(59, "FetchSnapshot", {
  request: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      clusterId: string("0+", { tag: 0, nullable: true, default: null }),
      replicaId: int32("0+", { default: -1 }),
      maxBytes: int32("0+", { default: 0x7fffffff }),
      topics: arrayOf("TopicSnapshot", "0+", {
        fields: {
          name: string("0+"),
          partitions: arrayOf("PartitionSnapshot", "0+", {
            fields: {
              partition: int32("0+"),
              currentLeaderEpoch: int32("0+"),
              snapshotId: struct("SnapshotId", "0+", {
                fields: {
                  endOffset: int64("0+"),
                  epoch: int32("0+"),
                },
              }),
              position: int64("0+"),
              replicaDirectoryId: uuid("1+", { tag: 0, ignorable: true }),
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
      throttleTimeMs: int32("0+", { ignorable: true }),
      errorCode: int16("0+"),
      topics: arrayOf("TopicSnapshot", "0+", {
        fields: {
          name: string("0+"),
          partitions: arrayOf("PartitionSnapshot", "0+", {
            fields: {
              index: int32("0+"),
              errorCode: int16("0+"),
              snapshotId: struct("SnapshotId", "0+", {
                fields: {
                  endOffset: int64("0+"),
                  epoch: int32("0+"),
                },
              }),
              currentLeader: struct("LeaderIdAndEpoch", "0+", {
                tag: 0,
                fields: {
                  leaderId: int32("0+"),
                  leaderEpoch: int32("0+"),
                },
              }),
              size: int64("0+"),
              position: int64("0+"),
              unalignedRecords: records("0+"),
            },
          }),
        },
      }),
      nodeEndpoints: arrayOf("NodeEndpoint", "1+", {
        tag: 0,
        fields: {
          nodeId: int32("1+", { mapKey: true }),
          host: string("1+"),
          port: uint16("1+"),
        },
      }),
    },
  },
});
