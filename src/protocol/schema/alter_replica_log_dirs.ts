import { api, arrayOf, int16, int32, string } from "./dsl.ts";

/** AlterReplicaLogDirs, API key 34. */
export const alterReplicaLogDirsSchema = api(34, "AlterReplicaLogDirs", {
  request: {
    versions: "1-2",
    flexible: "2+",
    fields: {
      dirs: arrayOf("AlterReplicaLogDir", "0+", {
        fields: {
          path: string("0+", { mapKey: true }),
          topics: arrayOf("AlterReplicaLogDirTopic", "0+", {
            fields: {
              name: string("0+", { mapKey: true }),
              partitions: arrayOf("int32", "0+"),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "1-2",
    flexible: "2+",
    fields: {
      throttleTimeMs: int32("0+"),
      results: arrayOf("AlterReplicaLogDirTopicResult", "0+", {
        fields: {
          topicName: string("0+"),
          partitions: arrayOf("AlterReplicaLogDirPartitionResult", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              errorCode: int16("0+"),
            },
          }),
        },
      }),
    },
  },
});
