import { api, arrayOf, bool, int16, int32, int8, string, uuid } from "./dsl.ts";

/** CreateTopics, API key 19. */
export const createTopicsSchema = api(19, "CreateTopics", {
  request: {
    versions: "2-7",
    flexible: "5+",
    fields: {
      topics: arrayOf("CreatableTopic", "0+", {
        fields: {
          name: string("0+", { mapKey: true }),
          numPartitions: int32("0+"),
          replicationFactor: int16("0+"),
          assignments: arrayOf("CreatableReplicaAssignment", "0+", {
            fields: {
              partitionIndex: int32("0+", { mapKey: true }),
              brokerIds: arrayOf("int32", "0+"),
            },
          }),
          configs: arrayOf("CreatableTopicConfig", "0+", {
            fields: {
              name: string("0+", { mapKey: true }),
              value: string("0+", { nullable: true }),
            },
          }),
        },
      }),
      timeoutMs: int32("0+", { default: 60000 }),
      validateOnly: bool("1+", { default: false }),
    },
  },
  response: {
    versions: "2-7",
    flexible: "5+",
    fields: {
      throttleTimeMs: int32("2+", { ignorable: true }),
      topics: arrayOf("CreatableTopicResult", "0+", {
        fields: {
          name: string("0+", { mapKey: true }),
          topicId: uuid("7+", { ignorable: true }),
          errorCode: int16("0+"),
          errorMessage: string("1+", { nullable: "0+", ignorable: true }),
          topicConfigErrorCode: int16("5+", { tag: 0, ignorable: true }),
          numPartitions: int32("5+", { default: -1, ignorable: true }),
          replicationFactor: int16("5+", { default: -1, ignorable: true }),
          configs: arrayOf("CreatableTopicConfigs", "5+", {
            nullable: true,
            ignorable: true,
            fields: {
              name: string("5+"),
              value: string("5+", { nullable: true }),
              readOnly: bool("5+"),
              configSource: int8("5+", { default: -1, ignorable: true }),
              isSensitive: bool("5+"),
            },
          }),
        },
      }),
    },
  },
});
