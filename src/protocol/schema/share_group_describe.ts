import { api, arrayOf, bool, int16, int32, shared, string, struct, uuid } from "./dsl.ts";

const topicPartitions = shared("TopicPartitions", {
  topicId: uuid("0+"),
  topicName: string("0+"),
  partitions: arrayOf("int32", "0+"),
});

const assignment = shared("Assignment", {
  topicPartitions: arrayOf(topicPartitions, "0+"),
});

/** ShareGroupDescribe, API key 77. */
export const shareGroupDescribeSchema = api(77, "ShareGroupDescribe", {
  request: {
    versions: "1",
    flexible: "0+",
    fields: {
      groupIds: arrayOf("string", "0+"),
      includeAuthorizedOperations: bool("0+"),
    },
  },
  response: {
    versions: "1",
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
          assignorName: string("0+"),
          members: arrayOf("Member", "0+", {
            fields: {
              memberId: string("0+"),
              rackId: string("0+", { nullable: true, default: null }),
              memberEpoch: int32("0+"),
              clientId: string("0+"),
              clientHost: string("0+"),
              subscribedTopicNames: arrayOf("string", "0+"),
              assignment: struct(assignment, "0+"),
            },
          }),
          authorizedOperations: int32("0+", { default: -2147483648 }),
        },
      }),
    },
  },
});
