import { api, arrayOf, bool, int16, int32, string } from "./dsl.ts";

/** AlterPartitionReassignments, API key 45. */
export const alterPartitionReassignmentsSchema = api(45, "AlterPartitionReassignments", {
  request: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      timeoutMs: int32("0+", { default: 60000 }),
      allowReplicationFactorChange: bool("1+", { default: true }),
      topics: arrayOf("ReassignableTopic", "0+", {
        fields: {
          name: string("0+"),
          partitions: arrayOf("ReassignablePartition", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              replicas: arrayOf("int32", "0+", { nullable: true, default: null }),
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
      throttleTimeMs: int32("0+"),
      allowReplicationFactorChange: bool("1+", { default: true, ignorable: true }),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true }),
      responses: arrayOf("ReassignableTopicResponse", "0+", {
        fields: {
          name: string("0+"),
          partitions: arrayOf("ReassignablePartitionResponse", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              errorCode: int16("0+"),
              errorMessage: string("0+", { nullable: true }),
            },
          }),
        },
      }),
    },
  },
});
