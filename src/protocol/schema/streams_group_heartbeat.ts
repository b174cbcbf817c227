import {
  api,
  arrayOf,
  bool,
  int16,
  int32,
  int64,
  int8,
  shared,
  string,
  struct,
  uint16,
} from "./dsl.ts";

const requestKeyValue = shared("KeyValue", {
  key: string("0+"),
  value: string("0+"),
});

const requestTopicInfo = shared("TopicInfo", {
  name: string("0+"),
  partitions: int32("0+"),
  replicationFactor: int16("0+"),
  topicConfigs: arrayOf(requestKeyValue, "0+"),
});

const requestEndpoint = shared("Endpoint", {
  host: string("0+"),
  port: uint16("0+"),
});

const requestTaskOffset = shared("TaskOffset", {
  subtopologyId: string("0+"),
  partition: int32("0+"),
  offset: int64("0+"),
});

const requestTaskIds = shared("TaskIds", {
  subtopologyId: string("0+"),
  partitions: arrayOf("int32", "0+"),
});

const responseStatus = shared("Status", {
  statusCode: int8("0+"),
  statusDetail: string("0+"),
});

const responseTopicPartition = shared("TopicPartition", {
  topic: string("0+"),
  partitions: arrayOf("int32", "0+"),
});

const responseTaskIds = shared("TaskIds", {
  subtopologyId: string("0+"),
  partitions: arrayOf("int32", "0+"),
});

const responseEndpoint = shared("Endpoint", {
  host: string("0+"),
  port: uint16("0+"),
});

/** StreamsGroupHeartbeat, API key 88. */
export const streamsGroupHeartbeatSchema = api(88, "StreamsGroupHeartbeat", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      groupId: string("0+"),
      memberId: string("0+"),
      memberEpoch: int32("0+"),
      endpointInformationEpoch: int32("0+"),
      instanceId: string("0+", { nullable: true, default: null }),
      rackId: string("0+", { nullable: true, default: null }),
      rebalanceTimeoutMs: int32("0+", { default: -1 }),
      topology: struct("Topology", "0+", {
        nullable: true,
        default: null,
        fields: {
          epoch: int32("0+"),
          subtopologies: arrayOf("Subtopology", "0+", {
            fields: {
              subtopologyId: string("0+"),
              sourceTopics: arrayOf("string", "0+"),
              sourceTopicRegex: arrayOf("string", "0+"),
              stateChangelogTopics: arrayOf(requestTopicInfo, "0+"),
              repartitionSinkTopics: arrayOf("string", "0+"),
              repartitionSourceTopics: arrayOf(requestTopicInfo, "0+"),
              copartitionGroups: arrayOf("CopartitionGroup", "0+", {
                fields: {
                  sourceTopics: arrayOf("int16", "0+"),
                  sourceTopicRegex: arrayOf("int16", "0+"),
                  repartitionSourceTopics: arrayOf("int16", "0+"),
                },
              }),
            },
          }),
        },
      }),
      activeTasks: arrayOf(requestTaskIds, "0+", { nullable: true, default: null }),
      standbyTasks: arrayOf(requestTaskIds, "0+", { nullable: true, default: null }),
      warmupTasks: arrayOf(requestTaskIds, "0+", { nullable: true, default: null }),
      processId: string("0+", { nullable: true, default: null }),
      userEndpoint: struct(requestEndpoint, "0+", { nullable: true, default: null }),
      clientTags: arrayOf(requestKeyValue, "0+", { nullable: true, default: null }),
      taskOffsets: arrayOf(requestTaskOffset, "0+", { nullable: true, default: null }),
      taskEndOffsets: arrayOf(requestTaskOffset, "0+", { nullable: true, default: null }),
      shutdownApplication: bool("0+", { default: false }),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      errorCode: int16("0+"),
      errorMessage: string("0+", { nullable: true, default: null }),
      memberId: string("0+"),
      memberEpoch: int32("0+"),
      heartbeatIntervalMs: int32("0+"),
      acceptableRecoveryLag: int32("0+"),
      taskOffsetIntervalMs: int32("0+"),
      status: arrayOf(responseStatus, "0+", { nullable: true }),
      activeTasks: arrayOf(responseTaskIds, "0+", { nullable: true, default: null }),
      standbyTasks: arrayOf(responseTaskIds, "0+", { nullable: true, default: null }),
      warmupTasks: arrayOf(responseTaskIds, "0+", { nullable: true, default: null }),
      endpointInformationEpoch: int32("0+"),
      partitionsByUserEndpoint: arrayOf("EndpointToPartitions", "0+", {
        nullable: true,
        default: null,
        fields: {
          userEndpoint: struct(responseEndpoint, "0+"),
          activePartitions: arrayOf(responseTopicPartition, "0+"),
          standbyPartitions: arrayOf(responseTopicPartition, "0+"),
        },
      }),
    },
  },
});
