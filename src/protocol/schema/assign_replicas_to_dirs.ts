import { api, arrayOf, int16, int32, int64, uuid } from "./dsl.ts";

/** AssignReplicasToDirs, API key 73. */
export const assignReplicasToDirsSchema = api(73, "AssignReplicasToDirs", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      brokerId: int32("0+"),
      brokerEpoch: int64("0+", { default: -1 }),
      directories: arrayOf("DirectoryData", "0+", {
        fields: {
          id: uuid("0+"),
          topics: arrayOf("TopicData", "0+", {
            fields: {
              topicId: uuid("0+"),
              partitions: arrayOf("PartitionData", "0+", {
                fields: {
                  partitionIndex: int32("0+"),
                },
              }),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      directories: arrayOf("DirectoryData", "0+", {
        fields: {
          id: uuid("0+"),
          topics: arrayOf("TopicData", "0+", {
            fields: {
              topicId: uuid("0+"),
              partitions: arrayOf("PartitionData", "0+", {
                fields: {
                  partitionIndex: int32("0+"),
                  errorCode: int16("0+"),
                },
              }),
            },
          }),
        },
      }),
    },
  },
});
