/**
 * AlterPartitionReassignments and ListPartitionReassignments (KIP-455), decided. Pure.
 *
 * A partition can get its replicas in another order. That replicas move to other brokers needs
 * replication, which is not there yet: such a request is refused.
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
import { checkManualAssignments } from "./assignments.ts";
import type { ClusterImage } from "./cluster_image.ts";
import { type Decision, isRefusal, type Refusal, refuse } from "./decision.ts";
import type { PartitionRegistration, Topic } from "./image/topics_image.ts";
import type { MetadataRecordInit } from "./records.ts";

/** AlterPartitionReassignments. Each partition succeeds or fails alone. */
export function alterPartitionReassignments(
  image: ClusterImage,
  { topics, allowReplicationFactorChange }: AlterPartitionReassignmentsRequest,
): Decision<AlterPartitionReassignmentsResponseInit> {
  const records: MetadataRecordInit[] = [];
  const responses = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((asked) => {
      const topic = image.topics.byName(name);
      const altered = alterPartition(image, topic, asked, allowReplicationFactorChange);
      const { partitionIndex } = asked;
      if (isRefusal(altered)) {
        const { errorCode, message: errorMessage } = altered;
        return { partitionIndex, errorCode, errorMessage };
      }
      records.push(...altered);
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
  allowReplicationFactorChange: boolean,
): MetadataRecordInit[] | Refusal {
  const partition = topic?.partitions[partitionIndex];
  if (topic === undefined || partition === undefined) {
    return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "There is no such partition.");
  }
  if (replicas === null) {
    return refuse(ErrorCode.NO_REASSIGNMENT_IN_PROGRESS, "There is nothing to cancel.");
  }
  const bad = checkManualAssignments(image, [replicas], partitionIndex, undefined);
  if (bad !== undefined) return bad;
  const current = partition.replicas;
  if (!allowReplicationFactorChange && replicas.length !== current.length) {
    return refuse(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `The replication factor is ${current.length}, and the request allows no other.`,
    );
  }
  if (replicas.length !== current.length || !replicas.every((id) => current.includes(id))) {
    return refuse(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      "Replicas can't move to other brokers: this broker does not replicate.",
    );
  }
  if (replicas.every((id, place) => id === current[place])) return [];
  const directories = replicas.map((id) => partition.directories[current.indexOf(id)]!);
  return [{
    type: "PartitionChangeRecord",
    value: { partitionId: partitionIndex, topicId: topic.id, replicas, directories },
  }];
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
