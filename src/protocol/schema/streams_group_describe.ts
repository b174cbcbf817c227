import { api, arrayOf, bool, int16, int32, int64, shared, string, struct, uint16 } from "./dsl.ts";

const endpoint = shared("Endpoint", {
  host: string("0+"),
  port: uint16("0+"),
});

const taskOffset = shared("TaskOffset", {
  subtopologyId: string("0+"),
  partition: int32("0+"),
  offset: int64("0+"),
});

const taskIds = shared("TaskIds", {
  subtopologyId: string("0+"),
  partitions: arrayOf("int32", "0+"),
});

const assignment = shared("Assignment", {
  activeTasks: arrayOf(taskIds, "0+"),
  standbyTasks: arrayOf(taskIds, "0+"),
  warmupTasks: arrayOf(taskIds, "0+"),
});

const keyValue = shared("KeyValue", {
  key: string("0+"),
  value: string("0+"),
});

const topicInfo = shared("TopicInfo", {
  name: string("0+"),
  partitions: int32("0+"),
  replicationFactor: int16("0+"),
  topicConfigs: arrayOf(keyValue, "0+"),
});

/** StreamsGroupDescribe, API key 89. */
export const streamsGroupDescribeSchema = api(89, "StreamsGroupDescribe", {
  request: {
    versions: "0",
    flexible: "0+",
    fields: {
      groupIds: arrayOf("string", "0+"),
      includeAuthorizedOperations: bool("0+"),
    },
  },
  response: {
    versions: "0",
    flexible: "0+",
    fields: {
      throttleTimeMs: int32("0+"),
      groups: arrayOf("DescribedGroup", "0+", {
        fields: {
          errorCode: int16("0+"),
          errorMessage: string("0+", { nullable: true, default: null }),
          groupId: string("0+"),
          groupState: string("0+"),
          groupEpoch: int32("0+"),
          assignmentEpoch: int32("0+"),
          topology: struct("Topology", "0+", {
            nullable: true,
            default: null,
            fields: {
              epoch: int32("0+"),
              subtopologies: arrayOf("Subtopology", "0+", {
                nullable: true,
                default: null,
                fields: {
                  subtopologyId: string("0+"),
                  sourceTopics: arrayOf("string", "0+"),
                  repartitionSinkTopics: arrayOf("string", "0+"),
                  stateChangelogTopics: arrayOf(topicInfo, "0+"),
                  repartitionSourceTopics: arrayOf(topicInfo, "0+"),
                },
              }),
            },
          }),
          members: arrayOf("Member", "0+", {
            fields: {
              memberId: string("0+"),
              memberEpoch: int32("0+"),
              instanceId: string("0+", { nullable: true, default: null }),
              rackId: string("0+", { nullable: true, default: null }),
              clientId: string("0+"),
              clientHost: string("0+"),
              topologyEpoch: int32("0+"),
              processId: string("0+"),
              userEndpoint: struct(endpoint, "0+", { nullable: true, default: null }),
              clientTags: arrayOf(keyValue, "0+"),
              taskOffsets: arrayOf(taskOffset, "0+"),
              taskEndOffsets: arrayOf(taskOffset, "0+"),
              assignment: struct(assignment, "0+"),
              targetAssignment: struct(assignment, "0+"),
              isClassic: bool("0+"),
            },
          }),
          authorizedOperations: int32("0+", { default: -2147483648 }),
        },
      }),
    },
  },
});
