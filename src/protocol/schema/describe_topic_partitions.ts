import { api, arrayOf, bool, int16, int32, string, struct, uuid } from "./dsl.ts";

/** DescribeTopicPartitions, API key 75. */
export const describeTopicPartitionsSchema = api(75, "DescribeTopicPartitions", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      topics: arrayOf("TopicRequest", "0+", {
        fields: {
          name: string("0+"),
        },
      }),
      responsePartitionLimit: int32("0+", { default: 2000 }),
      cursor: struct("Cursor", "0+", {
        nullable: true,
        default: null,
        fields: {
          topicName: string("0+"),
          partitionIndex: int32("0+"),
        },
      }),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+", { ignorable: true }),
      topics: arrayOf("DescribeTopicPartitionsResponseTopic", "0+", {
        fields: {
          errorCode: int16("0+"),
          name: string("0+", { nullable: true, mapKey: true }),
          topicId: uuid("0+", { ignorable: true }),
          isInternal: bool("0+", { default: false, ignorable: true }),
          partitions: arrayOf("DescribeTopicPartitionsResponsePartition", "0+", {
            fields: {
              errorCode: int16("0+"),
              partitionIndex: int32("0+"),
              leaderId: int32("0+"),
              leaderEpoch: int32("0+", { default: -1, ignorable: true }),
              replicaNodes: arrayOf("int32", "0+"),
              isrNodes: arrayOf("int32", "0+"),
              eligibleLeaderReplicas: arrayOf("int32", "0+", { nullable: true, default: null }),
              lastKnownElr: arrayOf("int32", "0+", { nullable: true, default: null }),
              offlineReplicas: arrayOf("int32", "0+", { ignorable: true }),
            },
          }),
          topicAuthorizedOperations: int32("0+", { default: -2147483648 }),
        },
      }),
      nextCursor: struct("Cursor", "0+", {
        nullable: true,
        default: null,
        fields: {
          topicName: string("0+"),
          partitionIndex: int32("0+"),
        },
      }),
    },
  },
});
