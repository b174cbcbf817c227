import { api, arrayOf, int16, int32, int8, string } from "./dsl.ts";

/** ElectLeaders, API key 43. */
export const electLeadersSchema = api(43, "ElectLeaders", {
  request: {
    versions: "0-2",
    flexible: "2+",
    fields: {
      electionType: int8("1+"),
      topicPartitions: arrayOf("TopicPartitions", "0+", {
        nullable: true,
        fields: {
          topic: string("0+", { mapKey: true }),
          partitions: arrayOf("int32", "0+"),
        },
      }),
      timeoutMs: int32("0+", { default: 60000 }),
    },
  },
  response: {
    versions: "0-2",
    flexible: "2+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("1+"),
      replicaElectionResults: arrayOf("ReplicaElectionResult", "0+", {
        fields: {
          topic: string("0+"),
          partitionResult: arrayOf("PartitionResult", "0+", {
            fields: {
              partitionId: int32("0+"),
              errorCode: int16("0+"),
              errorMessage: string("0+", { nullable: true }),
            },
          }),
        },
      }),
    },
  },
});
