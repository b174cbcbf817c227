import { api, arrayOf, int16, int32, string, uint16, uuid } from "./dsl.ts";

/** BeginQuorumEpoch, API key 53. */
export const beginQuorumEpochSchema = api(53, "BeginQuorumEpoch", {
  request: {
    versions: "0-1",
    flexible: "1+",
    fields: {
      clusterId: string("0+", { nullable: true, default: null }),
      voterId: int32("1+", { default: -1, ignorable: true }),
      topics: arrayOf("TopicData", "0+", {
        fields: {
          topicName: string("0+"),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              voterDirectoryId: uuid("1+", { ignorable: true }),
              leaderId: int32("0+"),
              leaderEpoch: int32("0+"),
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
