import { api, arrayOf, int16, int32, string, uuid } from "./dsl.ts";

/** DeleteShareGroupOffsets, API key 92. */
export const deleteShareGroupOffsetsSchema = api(92, "DeleteShareGroupOffsets", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      groupId: string("0+"),
      topics: arrayOf("DeleteShareGroupOffsetsRequestTopic", "0+", {
        fields: {
          topicName: string("0+"),
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
      errorMessage: string("0+", { nullable: true, default: null }),
      responses: arrayOf("DeleteShareGroupOffsetsResponseTopic", "0+", {
        fields: {
          topicName: string("0+"),
          topicId: uuid("0+"),
          errorCode: int16("0+"),
          errorMessage: string("0+", { nullable: true, default: null }),
        },
      }),
    },
  },
});
