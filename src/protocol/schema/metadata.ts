import { api, arrayOf, bool, int16, int32, string, uuid } from "./dsl.ts";

/** Metadata, API key 3. */
export const metadataSchema = api(3, "Metadata", {
  request: {
    versions: "0-13",
    flexible: "9+",
    fields: {
      topics: arrayOf("MetadataRequestTopic", "0+", {
        nullable: "1+",
        fields: {
          topicId: uuid("10+", { ignorable: true }),
          name: string("0+", { nullable: "10+" }),
        },
      }),
      allowAutoTopicCreation: bool("4+", { default: true }),
      includeClusterAuthorizedOperations: bool("8-10"),
      includeTopicAuthorizedOperations: bool("8+"),
    },
  },
  response: {
    versions: "0-13",
    flexible: "9+",
    fields: {
      throttleTimeMs: int32("3+", { ignorable: true }),
      brokers: arrayOf("MetadataResponseBroker", "0+", {
        fields: {
          nodeId: int32("0+", { mapKey: true }),
          host: string("0+"),
          port: int32("0+"),
          rack: string("1+", { nullable: true, default: null, ignorable: true }),
        },
      }),
      clusterId: string("2+", { nullable: true, default: null, ignorable: true }),
      controllerId: int32("1+", { default: -1, ignorable: true }),
      topics: arrayOf("MetadataResponseTopic", "0+", {
        fields: {
          errorCode: int16("0+"),
          name: string("0+", { nullable: "12+", mapKey: true }),
          topicId: uuid("10+", { ignorable: true }),
          isInternal: bool("1+", { default: false, ignorable: true }),
          partitions: arrayOf("MetadataResponsePartition", "0+", {
            fields: {
              errorCode: int16("0+"),
              partitionIndex: int32("0+"),
              leaderId: int32("0+"),
              leaderEpoch: int32("7+", { default: -1, ignorable: true }),
              replicaNodes: arrayOf("int32", "0+"),
              isrNodes: arrayOf("int32", "0+"),
              offlineReplicas: arrayOf("int32", "5+", { ignorable: true }),
            },
          }),
          topicAuthorizedOperations: int32("8+", { default: -2147483648 }),
        },
      }),
      clusterAuthorizedOperations: int32("8-10", { default: -2147483648 }),
      errorCode: int16("13+", { ignorable: true }),
    },
  },
});
