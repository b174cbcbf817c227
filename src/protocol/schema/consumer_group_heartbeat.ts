import { api, arrayOf, int16, int32, shared, string, struct, uuid } from "./dsl.ts";

const topicPartitions = shared("TopicPartitions", {
  topicId: uuid("0+"),
  partitions: arrayOf("int32", "0+"),
});

/** ConsumerGroupHeartbeat, API key 68. */
export const consumerGroupHeartbeatSchema = api(68, "ConsumerGroupHeartbeat", {
  request: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      groupId: string("0+"),
      memberId: string("0+"),
      memberEpoch: int32("0+"),
      instanceId: string("0+", { nullable: true, default: null }),
      rackId: string("0+", { nullable: true, default: null }),
      rebalanceTimeoutMs: int32("0+", { default: -1 }),
      subscribedTopicNames: arrayOf("string", "0+", { nullable: true, default: null }),
      subscribedTopicRegex: string("1+", { nullable: true, default: null }),
      serverAssignor: string("0+", { nullable: true, default: null }),
      topicPartitions: arrayOf("TopicPartitions", "0+", {
        nullable: true,
        default: null,
        fields: {
          topicId: uuid("0+"),
          partitions: arrayOf("int32", "0+"),
        },
      }),
    },
  },
  response: {
    versions: "0-1",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true, default: null }),
      memberId: string("0+", { nullable: true, default: null }),
      memberEpoch: int32("0+"),
      heartbeatIntervalMs: int32("0+"),
      assignment: struct("Assignment", "0+", {
        nullable: true,
        default: null,
        fields: {
          topicPartitions: arrayOf(topicPartitions, "0+"),
        },
      }),
    },
  },
});
