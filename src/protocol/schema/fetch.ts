import {
  api,
  arrayOf,
  int16,
  int32,
  int64,
  INT64_MAX,
  int8,
  records,
  string,
  struct,
  uuid,
} from "./dsl.ts";

/** Fetch, API key 1. */
export const fetchSchema = api(1, "Fetch", {
  request: {
    versions: "4-18",
    flexible: "12+",
    fields: {
      clusterId: string("12+", { tag: 0, nullable: true, default: null, ignorable: true }),
      replicaId: int32("0-14", { default: -1 }),
      replicaState: struct("ReplicaState", "15+", {
        tag: 1,
        fields: {
          replicaId: int32("15+", { default: -1 }),
          replicaEpoch: int64("15+", { default: -1 }),
        },
      }),
      maxWaitMs: int32("0+"),
      minBytes: int32("0+"),
      maxBytes: int32("3+", { default: 0x7fffffff, ignorable: true }),
      isolationLevel: int8("4+", { default: 0, ignorable: true }),
      sessionId: int32("7+", { default: 0, ignorable: true }),
      sessionEpoch: int32("7+", { default: -1, ignorable: true }),
      topics: arrayOf("FetchTopic", "0+", {
        fields: {
          topic: string("0-12", { ignorable: true }),
          topicId: uuid("13+", { ignorable: true }),
          partitions: arrayOf("FetchPartition", "0+", {
            fields: {
              partition: int32("0+"),
              currentLeaderEpoch: int32("9+", { default: -1, ignorable: true }),
              fetchOffset: int64("0+"),
              lastFetchedEpoch: int32("12+", { default: -1 }),
              logStartOffset: int64("5+", { default: -1, ignorable: true }),
              partitionMaxBytes: int32("0+"),
              replicaDirectoryId: uuid("17+", { tag: 0, ignorable: true }),
              highWatermark: int64("18+", { tag: 1, default: INT64_MAX, ignorable: true }),
            },
          }),
        },
      }),
      forgottenTopicsData: arrayOf("ForgottenTopic", "7+", {
        fields: {
          topic: string("7-12", { ignorable: true }),
          topicId: uuid("13+", { ignorable: true }),
          partitions: arrayOf("int32", "7+"),
        },
      }),
      rackId: string("11+", { default: "", ignorable: true }),
    },
  },
  response: {
    versions: "4-18",
    flexible: "12+",
    fields: {
      throttleTimeMs: int32("1+", { ignorable: true }),
      errorCode: int16("7+", { ignorable: true }),
      sessionId: int32("7+", { default: 0 }),
      responses: arrayOf("FetchableTopicResponse", "0+", {
        fields: {
          topic: string("0-12", { ignorable: true }),
          topicId: uuid("13+", { ignorable: true }),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              errorCode: int16("0+"),
              highWatermark: int64("0+"),
              lastStableOffset: int64("4+", { default: -1, ignorable: true }),
              logStartOffset: int64("5+", { default: -1, ignorable: true }),
              divergingEpoch: struct("EpochEndOffset", "12+", {
                tag: 0,
                fields: {
                  epoch: int32("12+", { default: -1 }),
                  endOffset: int64("12+", { default: -1 }),
                },
              }),
              currentLeader: struct("LeaderIdAndEpoch", "12+", {
                tag: 1,
                fields: {
                  leaderId: int32("12+", { default: -1 }),
                  leaderEpoch: int32("12+", { default: -1 }),
                },
              }),
              snapshotId: struct("SnapshotId", "12+", {
                tag: 2,
                fields: {
                  endOffset: int64("0+", { default: -1 }),
                  epoch: int32("0+", { default: -1 }),
                },
              }),
              abortedTransactions: arrayOf("AbortedTransaction", "4+", {
                nullable: true,
                ignorable: true,
                fields: {
                  producerId: int64("4+"),
                  firstOffset: int64("4+"),
                },
              }),
              preferredReadReplica: int32("11+", { default: -1 }),
              records: records("0+", { nullable: true }),
            },
          }),
        },
      }),
      nodeEndpoints: arrayOf("NodeEndpoint", "16+", {
        tag: 0,
        fields: {
          nodeId: int32("16+", { mapKey: true }),
          host: string("16+"),
          port: int32("16+"),
          rack: string("16+", { nullable: true, default: null }),
        },
      }),
    },
  },
});
