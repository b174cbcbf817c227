/**
 * DescribeTopicPartitions (key 75), version 0.
 *
 * Topics in the order of their names, a page of partitions at a time; the cursor of a response
 * asks for the next page (KIP-966).
 */
import { ZERO_UUID } from "../base/uuid.ts";
import type { Broker } from "../broker/broker.ts";
import type { ClusterImage } from "../metadata/cluster_image.ts";
import type { PartitionRegistration, Topic } from "../metadata/image/topics_image.ts";
import { NO_LEADER } from "../metadata/image/topics_image.ts";
import { isInternalTopic, topicNameProblem } from "../metadata/topic_names.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { describeTopicPartitionsApi } from "../protocol/generated/apis/describe_topic_partitions.ts";
import type { DescribeTopicPartitionsRequest } from "../protocol/generated/describe_topic_partitions_request.ts";
import type {
  CursorInit,
  DescribeTopicPartitionsResponseInit,
  DescribeTopicPartitionsResponsePartitionInit,
  DescribeTopicPartitionsResponseTopicInit,
} from "../protocol/generated/describe_topic_partitions_response.ts";
import { TOPIC_OPERATIONS } from "./authorized_operations.ts";
import { offlineReplicas } from "./cluster_facts.ts";
import { type Reply, type Route, route } from "./route.ts";

/** A page is never larger, whatever the client asks for. */
const PARTITIONS_PER_PAGE_MAX = 2000;

export function describeTopicPartitionsRoute(broker: Broker): Route {
  return route(describeTopicPartitionsApi, (_context, request) => describe(broker, request));
}

function describe(
  broker: Broker,
  request: DescribeTopicPartitionsRequest,
): Reply<DescribeTopicPartitionsResponseInit> {
  const { cursor } = request;
  const { topics } = broker.quorum.image;
  const wantsAll = request.topics.length === 0;
  const asked = wantsAll
    ? Array.from(topics.all(), ({ name }) => name)
    : [...new Set(request.topics.map(({ name }) => name))];
  if (
    cursor !== null && (cursor.partitionIndex < 0 || !wantsAll && !asked.includes(cursor.topicName))
  ) {
    return refused(asked);
  }
  const names = asked.filter((name) => cursor === null || name >= cursor.topicName).sort();
  const pageMax = Math.max(1, Math.min(request.responsePartitionLimit, PARTITIONS_PER_PAGE_MAX));
  const answers: DescribeTopicPartitionsResponseTopicInit[] = [];
  let nextCursor: CursorInit | null = null;
  let left = pageMax;
  for (const name of names) {
    const topic = topics.byName(name);
    const first = cursor !== null && cursor.topicName === name ? cursor.partitionIndex : 0;
    if (left === 0) {
      nextCursor = { topicName: name, partitionIndex: 0 };
      break;
    }
    if (topic === undefined) {
      answers.push(missing(name));
      continue;
    }
    const page = topic.partitions.slice(first, first + left);
    answers.push(described(broker.quorum.image, topic, page));
    left -= page.length;
    if (first + page.length < topic.partitions.length) {
      nextCursor = { topicName: name, partitionIndex: first + page.length };
      break;
    }
  }
  return { throttleTimeMs: 0, topics: answers, nextCursor };
}

function refused(names: readonly string[]): DescribeTopicPartitionsResponseInit {
  const topics = names.map((name) => ({
    errorCode: ErrorCode.INVALID_REQUEST,
    name,
    topicId: ZERO_UUID,
    partitions: [],
  }));
  return { throttleTimeMs: 0, topics };
}

function missing(name: string): DescribeTopicPartitionsResponseTopicInit {
  const errorCode = topicNameProblem(name) === undefined
    ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    : ErrorCode.INVALID_TOPIC_EXCEPTION;
  return { errorCode, name, topicId: ZERO_UUID, partitions: [] };
}

function described(
  image: ClusterImage,
  topic: Topic,
  partitions: readonly PartitionRegistration[],
): DescribeTopicPartitionsResponseTopicInit {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: partitions.map((partition) => describedPartition(image, partition)),
    topicAuthorizedOperations: TOPIC_OPERATIONS,
  };
}

function describedPartition(
  image: ClusterImage,
  partition: PartitionRegistration,
): DescribeTopicPartitionsResponsePartitionInit {
  return {
    errorCode: partition.leader === NO_LEADER ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
    partitionIndex: partition.partitionId,
    leaderId: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    eligibleLeaderReplicas: partition.eligibleLeaderReplicas,
    lastKnownElr: partition.lastKnownElr,
    offlineReplicas: offlineReplicas(image, partition),
  };
}
