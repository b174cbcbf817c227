/** ElectLeaders, decided (KIP-460). Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import type { ElectLeadersRequest } from "../protocol/generated/elect_leaders_request.ts";
import type {
  ElectLeadersResponseInit,
  PartitionResult,
} from "../protocol/generated/elect_leaders_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import { DEFAULT_LAYERS } from "./config/effective.ts";
import { type Decision, isRefusal, type Refusal, refuse } from "./decision.ts";
import { NO_LEADER, type PartitionRegistration, type Topic } from "./image/topics_image.ts";
import { LeadershipRules } from "./leadership_rules.ts";
import { changePartition } from "./partition_change.ts";
import type { MetadataRecordInit } from "./records.ts";

/** Which replica may lead, as the protocol numbers it. */
const ElectionType = { PREFERRED: 0, UNCLEAN: 1 } as const;
/** Version 0 has no error for the whole response. */
const TOP_LEVEL_ERROR_FROM = 1;

interface NamedPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/**
 * Hands leadership to preferred replicas, or gives leaderless partitions any leader at all. When
 * all partitions are asked for, those that need no election are left out of the response.
 */
export function electLeaders(
  image: ClusterImage,
  { electionType, topicPartitions }: ElectLeadersRequest,
  apiVersion: number,
): Decision<ElectLeadersResponseInit> {
  if (electionType !== ElectionType.PREFERRED && electionType !== ElectionType.UNCLEAN) {
    return refuseAll(electionType, topicPartitions ?? [], apiVersion);
  }
  const records: MetadataRecordInit[] = [];
  const replicaElectionResults = [];
  for (const { topic, partitions } of topicPartitions ?? allPartitions(image)) {
    const partitionResult: PartitionResult[] = [];
    for (const partitionId of partitions) {
      const elected = elect(image, image.topics.byName(topic), partitionId, electionType);
      if (!isRefusal(elected)) records.push(elected);
      const isOmitted = topicPartitions === null && isRefusal(elected) &&
        elected.errorCode === ErrorCode.ELECTION_NOT_NEEDED;
      if (!isOmitted) partitionResult.push(resultOf(partitionId, elected));
    }
    const isOmitted = topicPartitions === null && partitionResult.length === 0;
    if (!isOmitted) replicaElectionResults.push({ topic, partitionResult });
  }
  const errorCode = ErrorCode.NONE;
  return { records, response: { throttleTimeMs: 0, errorCode, replicaElectionResults } };
}

function* allPartitions(image: ClusterImage): Iterable<NamedPartitions> {
  for (const { name: topic, partitions } of image.topics.all()) {
    yield { topic, partitions: partitions.map(({ partitionId }) => partitionId) };
  }
}

function resultOf(partitionId: number, elected: MetadataRecordInit | Refusal): PartitionResult {
  return isRefusal(elected)
    ? { partitionId, errorCode: elected.errorCode, errorMessage: elected.message }
    : { partitionId, errorCode: ErrorCode.NONE, errorMessage: null };
}

function refuseAll(
  electionType: number,
  topics: readonly NamedPartitions[],
  apiVersion: number,
): Decision<ElectLeadersResponseInit> {
  const errorCode = ErrorCode.INVALID_REQUEST;
  const errorMessage = `There is no election type ${electionType}.`;
  const replicaElectionResults = topics.map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions.map((partitionId) => ({ partitionId, errorCode, errorMessage })),
  }));
  const topLevel = apiVersion < TOP_LEVEL_ERROR_FROM ? ErrorCode.NONE : errorCode;
  return {
    records: [],
    response: { throttleTimeMs: 0, errorCode: topLevel, replicaElectionResults },
  };
}

/** The record that makes a leader, or why there is none. */
function elect(
  image: ClusterImage,
  topic: Topic | undefined,
  partitionId: number,
  electionType: number,
): MetadataRecordInit | Refusal {
  const partition = topic?.partitions[partitionId];
  if (topic === undefined || partition === undefined) {
    return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "There is no such partition.");
  }
  return electionType === ElectionType.PREFERRED
    ? electPreferred(image, topic, partition)
    : electAny(image, topic, partition);
}

function electPreferred(
  image: ClusterImage,
  topic: Topic,
  partition: PartitionRegistration,
): MetadataRecordInit | Refusal {
  const preferred = partition.replicas[0]!;
  if (partition.leader === preferred) {
    return refuse(ErrorCode.ELECTION_NOT_NEEDED, "The preferred replica leads already.");
  }
  const rules = new LeadershipRules(image, DEFAULT_LAYERS).of(topic, partition, "preferred");
  const isAble = rules.mayLead(preferred) && isEligible(partition, preferred);
  const record = isAble ? changePartition(topic.id, partition, {}, rules) : undefined;
  return record ?? refuse(
    ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
    `The preferred replica, on broker ${preferred}, is not in sync.`,
  );
}

/** A replica that is in sync, else one that is not: records may be lost with it (KIP-106). */
function electAny(
  image: ClusterImage,
  topic: Topic,
  partition: PartitionRegistration,
): MetadataRecordInit | Refusal {
  const { leader } = partition;
  if (leader !== NO_LEADER) {
    return refuse(ErrorCode.ELECTION_NOT_NEEDED, `Broker ${leader} leads already.`);
  }
  const rules = new LeadershipRules(image, DEFAULT_LAYERS).of(topic, partition, "unclean");
  const record = changePartition(topic.id, partition, {}, rules);
  return record ??
    refuse(ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE, "No replica is on a live broker.");
}

function isEligible({ isr, eligibleLeaderReplicas }: PartitionRegistration, id: number): boolean {
  return isr.includes(id) || (isr.length === 0 && eligibleLeaderReplicas.includes(id));
}
