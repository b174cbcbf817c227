/**
 * AlterPartitionReassignments and ListPartitionReassignments (KIP-455), decided. Pure.
 *
 * While a partition moves, its replicas are those that it shall have and, behind them, those that are
 * to go. When all that come are in sync, the next change of the partition lets the others go.
 */
import { ErrorCode } from "../protocol/error_codes.ts";
import type {
  AlterPartitionReassignmentsRequest,
  ReassignablePartition,
} from "../protocol/generated/alter_partition_reassignments_request.ts";
import type { AlterPartitionReassignmentsResponseInit } from "../protocol/generated/alter_partition_reassignments_response.ts";
import type { ListPartitionReassignmentsRequest } from "../protocol/generated/list_partition_reassignments_request.ts";
import type {
  ListPartitionReassignmentsResponseInit,
  OngoingPartitionReassignment,
} from "../protocol/generated/list_partition_reassignments_response.ts";
import { type Uuid, ZERO_UUID } from "../base/uuid.ts";
import { checkManualAssignments } from "./assignments.ts";
import type { ClusterImage } from "./cluster_image.ts";
import type { BrokerConfigLayers } from "./config/effective.ts";
import { type Decision, isRefusal, type Refusal, refuse } from "./decision.ts";
import type { PartitionRegistration, Topic } from "./image/topics_image.ts";
import { LeadershipRules } from "./leadership_rules.ts";
import { changePartition, without } from "./partition_change.ts";
import { directoryOf } from "./partitions.ts";
import type { MetadataRecordInit } from "./records.ts";

interface ReassignmentContext {
  readonly allowReplicationFactorChange: boolean;
  readonly rules: LeadershipRules;
}

/** AlterPartitionReassignments. Each partition succeeds or fails alone. */
export function alterPartitionReassignments(
  image: ClusterImage,
  { topics, allowReplicationFactorChange }: AlterPartitionReassignmentsRequest,
  layers: BrokerConfigLayers,
): Decision<AlterPartitionReassignmentsResponseInit> {
  const records: MetadataRecordInit[] = [];
  const context = { allowReplicationFactorChange, rules: new LeadershipRules(image, layers) };
  const responses = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((asked) => {
      const topic = image.topics.byName(name);
      const altered = alterPartition(image, topic, asked, context);
      const { partitionIndex } = asked;
      if (altered !== undefined && isRefusal(altered)) {
        const { errorCode, message: errorMessage } = altered;
        return { partitionIndex, errorCode, errorMessage };
      }
      if (altered !== undefined) records.push(altered);
      return { partitionIndex, errorCode: ErrorCode.NONE, errorMessage: null };
    }),
  }));
  const response = {
    throttleTimeMs: 0,
    allowReplicationFactorChange,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    responses,
  };
  return { records, response };
}

function alterPartition(
  image: ClusterImage,
  topic: Topic | undefined,
  { partitionIndex, replicas }: ReassignablePartition,
  context: ReassignmentContext,
): MetadataRecordInit | undefined | Refusal {
  const partition = topic?.partitions[partitionIndex];
  if (topic === undefined || partition === undefined) {
    return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "There is no such partition.");
  }
  if (replicas === null) return cancel(topic, partition, context.rules);
  const bad = checkManualAssignments(image, [replicas], partitionIndex, undefined);
  if (bad !== undefined) return bad;
  const factor = without(partition.replicas, partition.addingReplicas).length;
  if (!context.allowReplicationFactorChange && replicas.length !== factor) {
    return refuse(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `The replication factor is ${factor}, and the request allows no other.`,
    );
  }
  return reassign(image, topic, partition, replicas, context.rules);
}

/**
 * Moves a partition to `replicas`; undefined when it is there. A move that is going on goes on to the
 * new place: replicas that came for it and are not wanted any more go with the others once they are
 * in sync, else at once.
 */
export function reassign(
  image: ClusterImage,
  topic: Topic,
  partition: PartitionRegistration,
  wanted: readonly number[],
  rules: LeadershipRules,
): MetadataRecordInit | undefined {
  const settled = without(partition.replicas, partition.addingReplicas);
  const removingReplicas = without(partition.replicas, wanted)
    .filter((id) => settled.includes(id) || partition.isr.includes(id));
  const replicas = [...wanted, ...removingReplicas];
  const target = {
    replicas,
    addingReplicas: without(wanted, settled),
    removingReplicas,
    isr: partition.isr.filter((id) => replicas.includes(id)),
    directories: replicas.map((id) => directoryFor(image, partition, id)),
  };
  return changePartition(topic.id, partition, target, rules.of(topic, partition));
}

function directoryFor(
  image: ClusterImage,
  partition: PartitionRegistration,
  brokerId: number,
): Uuid {
  const place = partition.replicas.indexOf(brokerId);
  return partition.directories[place] ?? directoryOf(image, brokerId);
}

/** Back to the replicas from before, of which at least one must be in sync. */
function cancel(
  topic: Topic,
  partition: PartitionRegistration,
  rules: LeadershipRules,
): MetadataRecordInit | undefined | Refusal {
  const { addingReplicas, removingReplicas, directories } = partition;
  if (addingReplicas.length === 0 && removingReplicas.length === 0) {
    return refuse(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, "There is nothing to cancel.");
  }
  const replicas = without(partition.replicas, addingReplicas);
  const isr = without(partition.isr, addingReplicas);
  const wouldBeUnclean = isr.length === 0 && partition.isr.length > 0;
  if (wouldBeUnclean && !rules.allowsUnclean(topic)) {
    return refuse(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      "None of the replicas from before is in sync: to go back would need an unclean election.",
    );
  }
  const target = {
    replicas,
    isr,
    addingReplicas: [],
    removingReplicas: [],
    directories: replicas.map((id) => directories[partition.replicas.indexOf(id)] ?? ZERO_UUID),
  };
  return changePartition(topic.id, partition, target, rules.of(topic, partition));
}

/** ListPartitionReassignments: those that are going on. Partitions that are unknown are left out. */
export function listPartitionReassignments(
  image: ClusterImage,
  { topics: asked }: ListPartitionReassignmentsRequest,
): ListPartitionReassignmentsResponseInit {
  const topics = [];
  if (asked === null) {
    for (const { name, partitions } of image.topics.all()) {
      topics.push({ name, partitions: ongoing(partitions) });
    }
  } else {
    for (const { name, partitionIndexes } of asked) {
      const known = image.topics.byName(name)?.partitions ?? [];
      const partitions = partitionIndexes.flatMap((index) => known[index] ?? []);
      topics.push({ name, partitions: ongoing(partitions) });
    }
  }
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topics: topics.filter(({ partitions }) => partitions.length > 0),
  };
}

function ongoing(partitions: readonly PartitionRegistration[]): OngoingPartitionReassignment[] {
  return partitions
    .filter(({ addingReplicas, removingReplicas }) =>
      addingReplicas.length > 0 || removingReplicas.length > 0
    )
    .map(({ partitionId: partitionIndex, replicas, addingReplicas, removingReplicas }) => ({
      partitionIndex,
      replicas,
      addingReplicas,
      removingReplicas,
    }));
}
