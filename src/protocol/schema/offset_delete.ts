import { api, arrayOf, int16, int32, string } from "./dsl.ts";

/** OffsetDelete, API key 47. */
export const offsetDeleteSchema = api(47, "OffsetDelete", {
  request: {
    versions: "0",
    fields: {
      groupId: string("0+"),
      topics: arrayOf("OffsetDeleteRequestTopic", "0+", {
        fields: {
          name: string("0+", { mapKey: true }),
          partitions: arrayOf("OffsetDeleteRequestPartition", "0+", {
            fields: {
              partitionIndex: int32("0+"),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "0",
    fields: {
      errorCode: int16("0+"),
      throttleTimeMs: int32("0+", { ignorable: true }),
      topics: arrayOf("OffsetDeleteResponseTopic", "0+", {
        fields: {
          name: string("0+", { mapKey: true }),
          partitions: arrayOf("OffsetDeleteResponsePartition", "0+", {
            fields: {
              partitionIndex: int32("0+", { mapKey: true }),
              errorCode: int16("0+"),
            },
          }),
        },
      }),
    },
  },
});
