/** AlterPartition, decided: in-sync sets as their leaders want them (KIP-497, KIP-903). Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import type {
  AlterPartitionRequest,
  PartitionData,
} from "../protocol/generated/alter_partition_request.ts";
import type {
  AlterPartitionResponseInit,
  PartitionDataInit,
} from "../protocol/generated/alter_partition_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import type { BrokerConfigLayers } from "./config/effective.ts";
import type { Decision } from "./decision.ts";
import { type PartitionRegistration, type Topic, withChange } from "./image/topics_image.ts";
import { LeadershipRules } from "./leadership_rules.ts";
import { changePartition, LeaderRecovery } from "./partition_change.ts";
import type { MetadataRecordInit } from "./records.ts";

/** From this version on, members of the in-sync set come with their broker epochs. */
const BROKER_EPOCHS_FROM = 3;
/** The epoch of a member is not to be checked. */
const ANY_EPOCH = -1;

interface Member {
  readonly brokerId: number;
  readonly brokerEpoch: number;
}

/**
 * Changes in-sync sets, each partition for itself. A change that completes a reassignment may take
 * leadership from the asker; it is then answered NEW_LEADER_ELECTED, though it was carried out.
 */
export function alterPartition(
  image: ClusterImage,
  request: AlterPartitionRequest,
  apiVersion: number,
  layers: BrokerConfigLayers,
): Decision<AlterPartitionResponseInit> {
  const { brokerId, brokerEpoch } = request;
  const broker = image.brokers.byId(brokerId);
  const isStale = broker === undefined || broker.epoch !== brokerEpoch;
  if (isStale) return answer([], ErrorCode.STALE_BROKER_EPOCH, []);
  const records: MetadataRecordInit[] = [];
  const rules = new LeadershipRules(image, layers);
  const topics = request.topics.map(({ topicId, partitions }) => {
    const topic = image.topics.byId(topicId);
    const altered = partitions.map((asked) => {
      if (topic === undefined) return failed(asked, ErrorCode.UNKNOWN_TOPIC_ID);
      const members = membersOf(asked, apiVersion);
      const problem = partitionProblem(image, brokerId, topic, asked, members);
      if (problem !== ErrorCode.NONE) return failed(asked, problem);
      return alter(topic, asked, members, brokerId, rules, records);
    });
    return { topicId, partitions: altered };
  });
  return answer(records, ErrorCode.NONE, topics);
}

function membersOf(
  { newIsr, newIsrWithEpochs }: PartitionData,
  apiVersion: number,
): readonly Member[] {
  if (apiVersion >= BROKER_EPOCHS_FROM) return newIsrWithEpochs;
  return newIsr.map((brokerId) => ({ brokerId, brokerEpoch: ANY_EPOCH }));
}

function alter(
  topic: Topic,
  asked: PartitionData,
  members: readonly Member[],
  leader: number,
  rules: LeadershipRules,
  records: MetadataRecordInit[],
): PartitionDataInit {
  const before = topic.partitions[asked.partitionIndex]!;
  const target = {
    isr: members.map(({ brokerId }) => brokerId),
    leaderRecoveryState: asked.leaderRecoveryState,
  };
  const record = changePartition(topic.id, before, target, rules.of(topic, before));
  if (record?.type !== "PartitionChangeRecord") return described(before);
  records.push(record);
  const after = withChange(before, record.value);
  return after.leader === leader ? described(after) : failed(asked, ErrorCode.NEW_LEADER_ELECTED);
}

/** Why an in-sync set can't be. */
function partitionProblem(
  image: ClusterImage,
  askerId: number,
  topic: Topic,
  asked: PartitionData,
  members: readonly Member[],
): ErrorCode {
  const partition = topic.partitions[asked.partitionIndex];
  if (partition === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  const { leader, leaderEpoch, partitionEpoch, replicas, leaderRecoveryState } = partition;
  // The asker knows of epochs that this image has not: there must be a newer controller.
  if (asked.leaderEpoch > leaderEpoch || asked.partitionEpoch > partitionEpoch) {
    return ErrorCode.NOT_CONTROLLER;
  }
  if (asked.leaderEpoch < leaderEpoch) return ErrorCode.FENCED_LEADER_EPOCH;
  if (leader !== askerId) return ErrorCode.INVALID_REQUEST;
  if (asked.partitionEpoch < partitionEpoch) return ErrorCode.INVALID_UPDATE_VERSION;
  const ids = members.map(({ brokerId }) => brokerId);
  const isSet = new Set(ids).size === ids.length && ids.every((id) => replicas.includes(id));
  if (!isSet || !ids.includes(leader)) return ErrorCode.INVALID_REQUEST;
  const { RECOVERED, RECOVERING } = LeaderRecovery;
  const asksRecovering = asked.leaderRecoveryState === RECOVERING;
  if (!asksRecovering && asked.leaderRecoveryState !== RECOVERED) return ErrorCode.INVALID_REQUEST;
  if (asksRecovering && (ids.length > 1 || leaderRecoveryState === RECOVERED)) {
    return ErrorCode.INVALID_REQUEST;
  }
  const areEligible = members.every((member) => isEligible(image, partition, member));
  return areEligible ? ErrorCode.NONE : ErrorCode.INELIGIBLE_REPLICA;
}

/** A broker that is gone, going, or not the incarnation that the leader means is not in sync. */
function isEligible(
  image: ClusterImage,
  { leader, isr }: PartitionRegistration,
  { brokerId, brokerEpoch }: Member,
): boolean {
  const broker = image.brokers.byId(brokerId);
  if (broker === undefined || broker.fenced) return false;
  if (brokerEpoch !== ANY_EPOCH && broker.epoch !== brokerEpoch) return false;
  // A leader that shuts down stays in the set while it leads; nobody else who does may come in.
  return !broker.inControlledShutdown || (brokerId === leader && isr.includes(brokerId));
}

function described(partition: PartitionRegistration): PartitionDataInit {
  return {
    partitionIndex: partition.partitionId,
    errorCode: ErrorCode.NONE,
    leaderId: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    isr: partition.isr,
    leaderRecoveryState: partition.leaderRecoveryState,
    partitionEpoch: partition.partitionEpoch,
  };
}

function failed({ partitionIndex }: PartitionData, errorCode: ErrorCode): PartitionDataInit {
  return { partitionIndex, errorCode, leaderId: 0, leaderEpoch: 0, isr: [], partitionEpoch: 0 };
}

function answer(
  records: readonly MetadataRecordInit[],
  errorCode: ErrorCode,
  topics: AlterPartitionResponseInit["topics"],
): Decision<AlterPartitionResponseInit> {
  return { records, response: { throttleTimeMs: 0, errorCode, topics } };
}
