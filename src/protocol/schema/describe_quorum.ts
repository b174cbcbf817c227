import { api, arrayOf, int16, int32, int64, shared, string, uint16, uuid } from "./dsl.ts";

const replicaState = shared("ReplicaState", {
  replicaId: int32("0+"),
  replicaDirectoryId: uuid("2+"),
  logEndOffset: int64("0+"),
  lastFetchTimestamp: int64("1+", { default: -1, ignorable: true }),
  lastCaughtUpTimestamp: int64("1+", { default: -1, ignorable: true }),
});

/** DescribeQuorum, API key 55. */
export const describeQuorumSchema = api(55, "DescribeQuorum", {
  request: {
    versions: "0-2",
    flexible: "0+",
    fields: {
      topics: arrayOf("TopicData", "0+", {
        fields: {
          topicName: string("0+"),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partitionIndex: int32("0+"),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "0-2",
    flexible: "0+",
    fields: {
      errorCode: int16("0+"),
      errorMessage: string("2+", { nullable: true, ignorable: true }),
      topics: arrayOf("TopicData", "0+", {
        fields: {
          topicName: string("0+"),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              errorCode: int16("0+"),
              errorMessage: string("2+", { nullable: true, ignorable: true }),
              leaderId: int32("0+"),
              leaderEpoch: int32("0+"),
              highWatermark: int64("0+"),
              currentVoters: arrayOf(replicaState, "0+"),
              observers: arrayOf(replicaState, "0+"),
            },
          }),
        },
      }),
      nodes: arrayOf("Node", "2+", {
        fields: {
          nodeId: int32("2+", { mapKey: true }),
          listeners: arrayOf("Listener", "2+", {
            fields: {
              name: string("2+", { mapKey: true }),
              host: string("2+"),
              port: uint16("2+"),
            },
          }),
        },
      }),
    },
  },
});
