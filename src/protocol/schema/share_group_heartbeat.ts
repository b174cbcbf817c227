import { api, arrayOf, int16, int32, shared, string, struct, uuid } from "./dsl.ts";

const topicPartitions = shared("TopicPartitions", {
  topicId: uuid("0+"),
  partitions: arrayOf("int32", "0+"),
});

/** ShareGroupHeartbeat, API key 76. */
export const shareGroupHeartbeatSchema = api(76, "ShareGroupHeartbeat", {
  request: {
    versions: "1",
    flexible: "0+",
    fields: {
      groupId: string("0+"),
      memberId: string("0+"),
      memberEpoch: int32("0+"),
      rackId: string("0+", { nullable: true, default: null }),
      subscribedTopicNames: arrayOf("string", "0+", { nullable: true, default: null }),
    },
  },
  response: {
    versions: "1",
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
