/** New partitions: their placement, their records, and CreatePartitions. Pure. */
import { type Uuid, ZERO_UUID } from "../base/uuid.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import type {
  CreatePartitionsRequest,
  CreatePartitionsTopic,
} from "../protocol/generated/create_partitions_request.ts";
import type { CreatePartitionsResponseInit } from "../protocol/generated/create_partitions_response.ts";
import { checkManualAssignments, PARTITIONS_PER_REQUEST_MAX } from "./assignments.ts";
import type { ClusterImage } from "./cluster_image.ts";
import { type Decision, isRefusal, type Refusal, refuse, repeatedKeys } from "./decision.ts";
import { NO_LEADER, type Topic } from "./image/topics_image.ts";
import { ConfigResourceType } from "./image/configs_image.ts";
import { MinimumsCheck, type MinimumsContext } from "./storage/minimums.ts";
import {
  ANY_PARTITIONS,
  type PartitionPermits,
  refuseTooManyChanges,
} from "./partition_permits.ts";
import { isActive } from "./leadership_rules.ts";
import { placeReplicas } from "./placement.ts";
import { without } from "./partition_change.ts";
import type { MetadataRecordInit } from "./records.ts";

/** Chance, for placement: any two non-negative integers. */
export interface PlacementContext {
  readonly startIndex: number;
  readonly startShift: number;
}

/** What the decision on new partitions depends on besides the request and the image. */
export interface GrowthContext extends PlacementContext {
  /** Settings of the broker that decides, and what others have room for: minimums are to fit. */
  readonly minimums?: MinimumsContext;
  /** Counts the new partitions. */
  readonly permits?: PartitionPermits;
}

/**
 * Places new partitions on active brokers, and on fenced ones when those are too few. A broker that
 * has an id but never started is none.
 */
export function placeNewPartitions(
  image: ClusterImage,
  { startIndex, startShift }: PlacementContext,
  counts: { readonly partitionCount: number; readonly replicationFactor: number },
): readonly (readonly number[])[] | Refusal {
  const usable = [];
  for (const { id, rack, incarnationId } of image.brokers.all()) {
    if (incarnationId !== ZERO_UUID) usable.push({ id, rack, fenced: !isActive(image, id) });
  }
  return placeReplicas(usable, { ...counts, startIndex, startShift });
}

/**
 * Records of new partitions, numbered from `firstPartition` on. Replicas on brokers that are not
 * active are not in sync yet; the first that is leads.
 */
export function partitionRecords(
  image: ClusterImage,
  topicId: Uuid,
  firstPartition: number,
  assignments: readonly (readonly number[])[],
): MetadataRecordInit[] {
  return assignments.map((replicas, index) => {
    const isr = replicas.filter((id) => isActive(image, id));
    return {
      type: "PartitionRecord",
      value: {
        partitionId: firstPartition + index,
        topicId,
        replicas,
        isr,
        removingReplicas: [],
        addingReplicas: [],
        leader: isr[0] ?? NO_LEADER,
        leaderEpoch: 0,
        partitionEpoch: 0,
        directories: replicas.map((id) => directoryOf(image, id)),
      },
    };
  });
}

/** The log directory that a new replica on a broker gets. */
export function directoryOf(image: ClusterImage, brokerId: number): Uuid {
  const logDirs = image.brokers.byId(brokerId)?.logDirs ?? [];
  return logDirs.length === 1 ? logDirs[0]! : ZERO_UUID;
}

/** CreatePartitions: one result per topic, also for those that succeed. */
export function createPartitions(
  image: ClusterImage,
  request: CreatePartitionsRequest,
  context: GrowthContext,
): Decision<CreatePartitionsResponseInit> {
  const records: MetadataRecordInit[] = [];
  const repeated = repeatedKeys(request.topics.map(({ name }) => name));
  let partitionsLeft = PARTITIONS_PER_REQUEST_MAX;
  const { minimums: minimumsContext } = context;
  const minimums = minimumsContext && new MinimumsCheck(image, minimumsContext);
  const byName = new Map(request.topics.map((topic) => [topic.name, topic]));
  const results = [...byName.values()].map((topic) => {
    const grown = repeated.has(topic.name)
      ? refuse(ErrorCode.INVALID_REQUEST, `The request names topic '${topic.name}' twice.`)
      : growTopic(image, topic, { ...context, partitionsLeft, check: minimums });
    if (isRefusal(grown)) {
      return { name: topic.name, errorCode: grown.errorCode, errorMessage: grown.message };
    }
    partitionsLeft -= grown.length;
    if (!request.validateOnly) records.push(...grown);
    return { name: topic.name, errorCode: ErrorCode.NONE, errorMessage: null };
  });
  return { records, response: { throttleTimeMs: 0, results } };
}

function growTopic(
  image: ClusterImage,
  { name, count, assignments }: CreatePartitionsTopic,
  context: GrowthContext & {
    readonly partitionsLeft: number;
    readonly check: MinimumsCheck | undefined;
  },
): MetadataRecordInit[] | Refusal {
  const topic = image.topics.byName(name);
  if (topic === undefined) {
    return refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic '${name}'.`);
  }
  const existing = topic.partitions.length;
  const additional = count - existing;
  if (additional <= 0) {
    return refuse(
      ErrorCode.INVALID_PARTITIONS,
      `Topic '${name}' has ${existing} partition(s); ${count} would be no increase.`,
    );
  }
  if (additional > context.partitionsLeft) {
    return refuse(
      ErrorCode.POLICY_VIOLATION,
      `A request may make at most ${PARTITIONS_PER_REQUEST_MAX} partitions.`,
    );
  }
  const replicas = assignments === null
    ? placedReplicas(image, topic, additional, context)
    : assignedReplicas(image, topic, additional, assignments.map(({ brokerIds }) => brokerIds));
  if (isRefusal(replicas)) return replicas;
  const unkept = context.check?.admit({
    name,
    configs: image.configs.of(ConfigResourceType.TOPIC, name),
    replicas: [...topic.partitions.map((partition) => partition.replicas), ...replicas],
  });
  if (unkept !== undefined) return unkept;
  const { permits = ANY_PARTITIONS } = context;
  if (!permits.take(additional)) return refuseTooManyChanges();
  return partitionRecords(image, topic.id, existing, replicas);
}

function placedReplicas(
  image: ClusterImage,
  topic: Topic,
  partitionCount: number,
  context: PlacementContext,
): readonly (readonly number[])[] | Refusal {
  const replicationFactor = replicationFactorOf(topic);
  return placeNewPartitions(image, context, { partitionCount, replicationFactor });
}

function assignedReplicas(
  image: ClusterImage,
  topic: Topic,
  additional: number,
  assigned: readonly (readonly number[])[],
): readonly (readonly number[])[] | Refusal {
  if (assigned.length !== additional) {
    return refuse(
      ErrorCode.INVALID_REPLICA_ASSIGNMENT,
      `${additional} partition(s) are to be added, but ${assigned.length} are assigned.`,
    );
  }
  const { partitions } = topic;
  const replicationFactor = replicationFactorOf(topic);
  return checkManualAssignments(image, assigned, partitions.length, replicationFactor) ?? assigned;
}

/** What the first partition has, or will have when a reassignment is over. */
function replicationFactorOf({ partitions }: Topic): number {
  const { replicas, removingReplicas } = partitions[0]!;
  return without(replicas, removingReplicas).length;
}
