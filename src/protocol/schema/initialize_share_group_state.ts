import { api, arrayOf, int16, int32, int64, string, uuid } from "./dsl.ts";

/** InitializeShareGroupState, API key 83. */
export const initializeShareGroupStateSchema = api(83, "InitializeShareGroupState", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      groupId: string("0+"),
      topics: arrayOf("InitializeStateData", "0+", {
        fields: {
          topicId: uuid("0+"),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partition: int32("0+"),
              stateEpoch: int32("0+"),
              startOffset: int64("0+"),
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
      results: arrayOf("InitializeStateResult", "0+", {
        fields: {
          topicId: uuid("0+"),
          partitions: arrayOf("PartitionResult", "0+", {
            fields: {
              partition: int32("0+"),
              errorCode: int16("0+"),
              errorMessage: string("0+", { nullable: true, default: null }),
            },
          }),
        },
      }),
    },
  },
});
