import {
  api,
  arrayOf,
  bool,
  int16,
  int32,
  int64,
  int8,
  records,
  string,
  struct,
  uuid,
} from "./dsl.ts";

/** ShareFetch, API key 78. */
export const shareFetchSchema = api(78, "ShareFetch", {
  request: {
    versions: "1-2",
    flexible: "0+",
    fields: {
      groupId: string("0+", { nullable: true, default: null }),
      memberId: string("0+", { nullable: true }),
      shareSessionEpoch: int32("0+"),
      maxWaitMs: int32("0+"),
      minBytes: int32("0+"),
      maxBytes: int32("0+", { default: 0x7fffffff }),
      maxRecords: int32("1+"),
      batchSize: int32("1+"),
      shareAcquireMode: int8("2+", { default: 0, ignorable: true }),
      isRenewAck: bool("2+", { default: false }),
      topics: arrayOf("FetchTopic", "0+", {
        fields: {
          topicId: uuid("0+", { mapKey: true }),
          partitions: arrayOf("FetchPartition", "0+", {
            fields: {
              partitionIndex: int32("0+", { mapKey: true }),
              partitionMaxBytes: int32("0"),
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
      forgottenTopicsData: arrayOf("ForgottenTopic", "0+", {
        fields: {
          topicId: uuid("0+"),
          partitions: arrayOf("int32", "0+"),
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
      acquisitionLockTimeoutMs: int32("1+"),
      responses: arrayOf("ShareFetchableTopicResponse", "0+", {
        fields: {
          topicId: uuid("0+", { mapKey: true }),
          partitions: arrayOf("PartitionData", "0+", {
            fields: {
              partitionIndex: int32("0+"),
              errorCode: int16("0+"),
              errorMessage: string("0+", { nullable: true, default: null }),
              acknowledgeErrorCode: int16("0+"),
              acknowledgeErrorMessage: string("0+", { nullable: true, default: null }),
              currentLeader: struct("LeaderIdAndEpoch", "0+", {
                fields: {
                  leaderId: int32("0+"),
                  leaderEpoch: int32("0+"),
                },
              }),
              records: records("0+", { nullable: "0" }),
              acquiredRecords: arrayOf("AcquiredRecords", "0+", {
                fields: {
                  firstOffset: int64("0+"),
                  lastOffset: int64("0+"),
                  deliveryCount: int16("0+"),
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
