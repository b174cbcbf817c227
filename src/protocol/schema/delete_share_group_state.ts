import { api, arrayOf, int16, int32, string, uuid } from "./dsl.ts";

/** DeleteShareGroupState, API key 86. */
export const deleteShareGroupStateSchema = api(86, "DeleteShareGroupState", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      groupId: string("0+"),
      topics: arrayOf("DeleteStateData", "0+", {
        fields: {
          topicId: uuid("0+"),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partition: int32("0+"),
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
      results: arrayOf("DeleteStateResult", "0+", {
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
