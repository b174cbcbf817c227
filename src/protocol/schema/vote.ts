import { api, arrayOf, bool, int16, int32, int64, string, uint16, uuid } from "./dsl.ts";

/** Vote, API key 52. */
export const voteSchema = api(52, "Vote", {
  request: {
    versions: "0-2",
    flexible: "0+",
    fields: {
      clusterId: string("0+", { nullable: true, default: null }),
      voterId: int32("1+", { default: -1, ignorable: true }),
      topics: arrayOf("TopicData", "0+", {
        fields: {
          topicName: string("0+"),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              replicaEpoch: int32("0+"),
              replicaId: int32("0+"),
              replicaDirectoryId: uuid("1+", { ignorable: true }),
              voterDirectoryId: uuid("1+", { ignorable: true }),
              lastOffsetEpoch: int32("0+"),
              lastOffset: int64("0+"),
              preVote: bool("2+"),
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
      topics: arrayOf("TopicData", "0+", {
        fields: {
          topicName: string("0+"),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              errorCode: int16("0+"),
              leaderId: int32("0+"),
              leaderEpoch: int32("0+"),
              voteGranted: bool("0+"),
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
