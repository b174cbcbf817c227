import { api, arrayOf, int16, int32, string, uuid } from "./dsl.ts";

/** DeleteTopics, API key 20. */
export const deleteTopicsSchema = api(20, "DeleteTopics", {
  request: {
    versions: "1-6",
    flexible: "4+",
    fields: {
      topics: arrayOf("DeleteTopicState", "6+", {
        fields: {
          name: string("6+", { nullable: true, default: null }),
          topicId: uuid("6+"),
        },
      }),
      topicNames: arrayOf("string", "0-5", { ignorable: true }),
      timeoutMs: int32("0+"),
    },
  },
  response: {
    versions: "1-6",
    flexible: "4+",
    fields: {
      throttleTimeMs: int32("1+", { ignorable: true }),
      responses: arrayOf("DeletableTopicResult", "0+", {
        fields: {
          name: string("0+", { nullable: "6+", mapKey: true }),
          topicId: uuid("6+", { ignorable: true }),
          errorCode: int16("0+"),
          errorMessage: string("5+", { nullable: true, default: null, ignorable: true }),
        },
      }),
    },
  },
});
