import { api, arrayOf, int16, int32, string } from "./dsl.ts";

/** ListPartitionReassignments, API key 46. */
export const listPartitionReassignmentsSchema = api(46, "ListPartitionReassignments", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      timeoutMs: int32("0+", { default: 60000 }),
      topics: arrayOf("ListPartitionReassignmentsTopics", "0+", {
        nullable: true,
        default: null,
        fields: {
          name: string("0+"),
          partitionIndexes: arrayOf("int32", "0+"),
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
      errorMessage: string("0+", { nullable: true }),
      topics: arrayOf("OngoingTopicReassignment", "0+", {
        fields: {
          name: string("0+"),
          partitions: arrayOf("OngoingPartitionReassignment", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              replicas: arrayOf("int32", "0+"),
              addingReplicas: arrayOf("int32", "0+"),
              removingReplicas: arrayOf("int32", "0+"),
            },
          }),
        },
      }),
    },
  },
});
