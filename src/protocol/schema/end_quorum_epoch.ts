import { api, arrayOf, int16, int32, string, uint16, uuid } from "./dsl.ts";

/** EndQuorumEpoch, API key 54. */
export const endQuorumEpochSchema = api(54, "EndQuorumEpoch", {
  request: {
    versions: "0-1",
    flexible: "1+",
    fields: {
      clusterId: string("0+", { nullable: true, default: null }),
      topics: arrayOf("TopicData", "0+", {
        fields: {
          topicName: string("0+"),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              leaderId: int32("0+"),
              leaderEpoch: int32("0+"),
              preferredSuccessors: arrayOf("int32", "0", { ignorable: true }),
              preferredCandidates: arrayOf("ReplicaInfo", "1+", {
                ignorable: true,
                fields: {
                  candidateId: int32("1+"),
                  candidateDirectoryId: uuid("1+"),
                },
              }),
            },
          }),
        },
      }),
      leaderEndpoints: arrayOf("LeaderEndpoint", "1+", {
        ignorable: true,
        fields: {
          name: string("1+", { mapKey: true }),
          host: string("1+"),
          port: uint16("1+"),
        },
      }),
    },
  },
  response: {
    versions: "0-1",
    flexible: "1+",
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
