import { api, arrayOf, bool, int16, int32, string } from "./dsl.ts";

/** CreatePartitions, API key 37. */
export const createPartitionsSchema = api(37, "CreatePartitions", {
  request: {
    versions: "0-3",
    flexible: "2+",
    fields: {
      topics: arrayOf("CreatePartitionsTopic", "0+", {
        fields: {
          name: string("0+", { mapKey: true }),
          count: int32("0+"),
          assignments: arrayOf("CreatePartitionsAssignment", "0+", {
            nullable: true,
            fields: {
              brokerIds: arrayOf("int32", "0+"),
            },
          }),
        },
      }),
      timeoutMs: int32("0+"),
      validateOnly: bool("0+"),
    },
  },
  response: {
    versions: "0-3",
    flexible: "2+",
    fields: {
      throttleTimeMs: int32("0+"),
      results: arrayOf("CreatePartitionsTopicResult", "0+", {
        fields: {
          name: string("0+"),
          errorCode: int16("0+"),
          errorMessage: string("0+", { nullable: true, default: null }),
        },
      }),
    },
  },
});
