/** CreateTopics and DeleteTopics, decided. Pure. */
import { type Uuid, ZERO_UUID } from "../base/uuid.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import type {
  CreatableTopic,
  CreateTopicsRequest,
} from "../protocol/generated/create_topics_request.ts";
import type {
  CreatableTopicConfigsInit,
  CreatableTopicResultInit,
  CreateTopicsResponseInit,
} from "../protocol/generated/create_topics_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import {
  type BrokerConfigLayers,
  type ConfigMap,
  effectiveBrokerText,
  effectiveTopicConfig,
} from "./config/effective.ts";
import { TOPIC_CONFIGS } from "./config/topic_configs.ts";
import { checkNewTopicConfigs } from "./config_validation.ts";
import { type Decision, isRefusal, type Refusal, refuse, repeatedKeys } from "./decision.ts";
import {
  ANY_PARTITIONS,
  type PartitionPermits,
  refuseTooManyChanges,
} from "./partition_permits.ts";
import { partitionRecords, type PlacementContext, placeNewPartitions } from "./partitions.ts";
import type { MetadataRecordInit } from "./records.ts";
import { initialReplicationFactor } from "./replication_growth.ts";
import { type BudgetOfBroker, MinimumsCheck } from "./storage/minimums.ts";
import { checkManualAssignments, PARTITIONS_PER_REQUEST_MAX } from "./assignments.ts";
import { CLUSTER_METADATA_TOPIC, collisionForm, topicNameProblem } from "./topic_names.ts";

/** What the decision on new topics depends on besides the request and the image. */
export interface TopicCreationContext extends PlacementContext {
  /** Settings of the broker that decides: defaults of counts and of topic configuration. */
  readonly layers: BrokerConfigLayers;
  /** A new random id at every call. */
  newTopicId(): Uuid;
  /** For the check that minimums fit. */
  readonly budgetOf?: BudgetOfBroker;
  /** Counts the new partitions. */
  readonly permits?: PartitionPermits;
}

/** A topic that will be made. */
interface PlannedTopic {
  readonly replicas: readonly (readonly number[])[];
  readonly configs: ConfigMap;
  /** Nobody said how many replicas there should be. */
  readonly hasDefaultReplication: boolean;
}

/** -1 in a request: the broker's default counts. */
const USE_DEFAULT = -1;

/** CreateTopics. One topic that fails does not fail the others. */
export function createTopics(
  image: ClusterImage,
  request: CreateTopicsRequest,
  context: TopicCreationContext,
): Decision<CreateTopicsResponseInit> {
  const records: MetadataRecordInit[] = [];
  const results: CreatableTopicResultInit[] = [];
  const repeated = repeatedKeys(request.topics.map(({ name }) => name));
  const newNames = new Map<string, string>();
  const excessive = partitionsAskedFor(request, context.layers) > PARTITIONS_PER_REQUEST_MAX;
  const answered = new Set<string>();
  const minimums = new MinimumsCheck(image, context);
  for (const topic of request.topics) {
    if (answered.has(topic.name)) continue;
    answered.add(topic.name);
    const planned = repeated.has(topic.name)
      ? refuse(ErrorCode.INVALID_REQUEST, `The request names topic '${topic.name}' twice.`)
      : checkNewName(image, topic.name, newNames) ??
        (excessive ? tooManyPartitions() : planTopic(image, topic, context, minimums));
    if (isRefusal(planned)) {
      results.push(failedTopic(topic.name, planned));
      continue;
    }
    newNames.set(collisionForm(topic.name), topic.name);
    const topicId = context.newTopicId();
    if (!request.validateOnly) {
      records.push(...topicRecords(image, topic.name, topicId, planned));
    }
    results.push(createdTopic(topic.name, topicId, planned, context.layers));
  }
  return { records, response: { throttleTimeMs: 0, topics: results } };
}

function partitionsAskedFor(request: CreateTopicsRequest, layers: BrokerConfigLayers): number {
  let count = 0;
  for (const { assignments, numPartitions } of request.topics) {
    if (assignments.length > 0) count += assignments.length;
    else if (numPartitions > 0) count += numPartitions;
    else count += Number(effectiveBrokerText("num.partitions", layers));
  }
  return count;
}

function tooManyPartitions(): Refusal {
  return refuse(
    ErrorCode.POLICY_VIOLATION,
    `A request may make at most ${PARTITIONS_PER_REQUEST_MAX} partitions.`,
  );
}

function checkNewName(
  image: ClusterImage,
  name: string,
  newNames: ReadonlyMap<string, string>,
): Refusal | undefined {
  if (name === CLUSTER_METADATA_TOPIC) {
    return refuse(ErrorCode.INVALID_REQUEST, `The topic '${name}' can't be made by clients.`);
  }
  const problem = topicNameProblem(name);
  if (problem !== undefined) return refuse(ErrorCode.INVALID_TOPIC_EXCEPTION, problem);
  if (image.topics.byName(name) !== undefined) {
    return refuse(ErrorCode.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`);
  }
  const collidesWith = image.topics.nameLike(name) ?? newNames.get(collisionForm(name));
  if (collidesWith === undefined) return undefined;
  return refuse(
    ErrorCode.INVALID_TOPIC_EXCEPTION,
    `Topic '${name}' collides with topic '${collidesWith}': '.' and '_' count as the same.`,
  );
}

function planTopic(
  image: ClusterImage,
  topic: CreatableTopic,
  context: TopicCreationContext,
  minimums: MinimumsCheck,
): PlannedTopic | Refusal {
  const configs = checkNewTopicConfigs(topic.configs, context.layers);
  if (isRefusal(configs)) return configs;
  const replicas = topic.assignments.length > 0
    ? manualReplicas(image, topic)
    : placedReplicas(image, topic, context);
  if (isRefusal(replicas)) return replicas;
  const unkept = minimums.admit({ name: topic.name, configs, replicas });
  if (unkept !== undefined) return unkept;
  const { permits = ANY_PARTITIONS } = context;
  if (!permits.take(replicas.length)) return refuseTooManyChanges();
  const { assignments, replicationFactor } = topic;
  const hasDefaultReplication = assignments.length === 0 && replicationFactor === USE_DEFAULT;
  return { replicas, configs, hasDefaultReplication };
}

function manualReplicas(
  image: ClusterImage,
  { assignments, numPartitions, replicationFactor }: CreatableTopic,
): readonly (readonly number[])[] | Refusal {
  if (replicationFactor !== USE_DEFAULT) {
    return refuse(
      ErrorCode.INVALID_REQUEST,
      "The replication factor must be -1 when replicas are assigned by hand.",
    );
  }
  if (numPartitions !== USE_DEFAULT) {
    return refuse(
      ErrorCode.INVALID_REQUEST,
      "The number of partitions must be -1 when replicas are assigned by hand.",
    );
  }
  const replicas: (readonly number[])[] = [];
  const sorted = [...assignments].sort((a, b) => a.partitionIndex - b.partitionIndex);
  for (const [index, { partitionIndex, brokerIds }] of sorted.entries()) {
    if (partitionIndex !== index) {
      return refuse(
        ErrorCode.INVALID_REPLICA_ASSIGNMENT,
        `The assigned partitions must be 0 to ${sorted.length - 1}, each once.`,
      );
    }
    replicas.push(brokerIds);
  }
  return checkManualAssignments(image, replicas, 0, undefined) ?? replicas;
}

function placedReplicas(
  image: ClusterImage,
  topic: CreatableTopic,
  context: TopicCreationContext,
): readonly (readonly number[])[] | Refusal {
  const { numPartitions, replicationFactor } = topic;
  if (replicationFactor === 0 || replicationFactor < USE_DEFAULT) {
    return refuse(
      ErrorCode.INVALID_REPLICATION_FACTOR,
      `The replication factor is ${replicationFactor}; it must be positive, or -1 for the default.`,
    );
  }
  if (numPartitions === 0 || numPartitions < USE_DEFAULT) {
    return refuse(
      ErrorCode.INVALID_PARTITIONS,
      `The number of partitions is ${numPartitions}; it must be positive, or -1 for the default.`,
    );
  }
  return placeNewPartitions(image, context, {
    partitionCount: numPartitions === USE_DEFAULT
      ? Number(effectiveBrokerText("num.partitions", context.layers))
      : numPartitions,
    replicationFactor: replicationFactor === USE_DEFAULT
      ? initialReplicationFactor(image, context.layers)
      : replicationFactor,
  });
}

function topicRecords(
  image: ClusterImage,
  name: string,
  topicId: Uuid,
  { replicas, configs, hasDefaultReplication }: PlannedTopic,
): MetadataRecordInit[] {
  const records: MetadataRecordInit[] = [
    {
      type: "TopicRecord",
      value: { name, topicId, ...(hasDefaultReplication ? { hasDefaultReplication } : {}) },
    },
  ];
  for (const [key, value] of configs) {
    records.push({
      type: "ConfigRecord",
      value: { resourceType: 2, resourceName: name, name: key, value },
    });
  }
  records.push(...partitionRecords(image, topicId, 0, replicas));
  return records;
}

function createdTopic(
  name: string,
  topicId: Uuid,
  { replicas, configs }: PlannedTopic,
  layers: BrokerConfigLayers,
): CreatableTopicResultInit {
  return {
    name,
    topicId,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    numPartitions: replicas.length,
    replicationFactor: replicas[0]!.length,
    configs: createdConfigs(configs, layers),
  };
}

/** In order of name: the table has it. */
function createdConfigs(
  overrides: ConfigMap,
  layers: BrokerConfigLayers,
): CreatableTopicConfigsInit[] {
  return TOPIC_CONFIGS.map((definition) => {
    const { value, source } = effectiveTopicConfig(definition, overrides, layers);
    return {
      name: definition.name,
      value,
      readOnly: false,
      configSource: source,
      isSensitive: false,
    };
  });
}

function failedTopic(name: string, { errorCode, message }: Refusal): CreatableTopicResultInit {
  return { name, topicId: ZERO_UUID, errorCode, errorMessage: message, configs: [] };
}
