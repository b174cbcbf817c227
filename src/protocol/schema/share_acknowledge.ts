import { api, arrayOf, bool, int16, int32, int64, string, struct, uuid } from "./dsl.ts";

/** ShareAcknowledge, API key 79. */
export const shareAcknowledgeSchema = api(79, "ShareAcknowledge", {
  request: {
    versions: "1-2",
    flexible: "0+",
    fields: {
      groupId: string("0+", { nullable: true, default: null }),
      memberId: string("0+", { nullable: true }),
      shareSessionEpoch: int32("0+"),
      isRenewAck: bool("2+", { default: false }),
      topics: arrayOf("AcknowledgeTopic", "0+", {
        fields: {
          topicId: uuid("0+", { mapKey: true }),
          partitions: arrayOf("AcknowledgePartition", "0+", {
            fields: {
              partitionIndex: int32("0+", { mapKey: true }),
              acknowledgementBatches: arrayOf("AcknowledgementBatch", "0+", {
                fields: {
                  firstOffset: int64("0+"),
                  lastOffset: int64("0+"),
                  acknowledgeTypes: arrayOf("int8", "0+"),
                },
              }),
            },
          }),
        },
      }),
    },
  },
  response: {
    versions: "1-2",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true, default: null }),
      acquisitionLockTimeoutMs: int32("2+", { ignorable: true }),
      responses: arrayOf("ShareAcknowledgeTopicResponse", "0+", {
        fields: {
          topicId: uuid("0+", { mapKey: true }),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              errorCode: int16("0+"),
              errorMessage: string("0+", { nullable: true, default: null }),
              currentLeader: struct("LeaderIdAndEpoch", "0+", {
                fields: {
                  leaderId: int32("0+"),
                  leaderEpoch: int32("0+"),
                },
              }),
            },
          }),
        },
      }),
      nodeEndpoints: arrayOf("NodeEndpoint", "0+", {
        fields: {
          nodeId: int32("0+", { mapKey: true }),
          host: string("0+"),
          port: int32("0+"),
          rack: string("0+", { nullable: true, default: null }),
        },
      }),
    },
  },
});
