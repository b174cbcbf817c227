/**
 * Metadata (key 3), versions 0 to 13.
 *
 * Brokers, and topics by name or id. A topic that is named, is missing and may be created is
 * created before the answer leaves, where Kafka answers UNKNOWN_TOPIC_OR_PARTITION first and lets
 * the client ask again.
 */
import { type Uuid, ZERO_UUID } from "../base/uuid.ts";
import type { Broker } from "../broker/broker.ts";
import type { ClusterImage } from "../metadata/cluster_image.ts";
import type { PartitionRegistration, Topic } from "../metadata/image/topics_image.ts";
import { NO_LEADER } from "../metadata/image/topics_image.ts";
import { isInternalTopic, topicNameProblem } from "../metadata/topic_names.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { metadataApi } from "../protocol/generated/apis/metadata.ts";
import type { MetadataRequest } from "../protocol/generated/metadata_request.ts";
import type {
  MetadataResponseBrokerInit,
  MetadataResponseInit,
  MetadataResponsePartitionInit,
  MetadataResponseTopicInit,
} from "../protocol/generated/metadata_response.ts";
import {
  CLUSTER_OPERATIONS,
  OPERATIONS_NOT_REQUESTED,
  TOPIC_OPERATIONS,
} from "./authorized_operations.ts";
import { controllerId, offlineReplicas } from "./cluster_facts.ts";
import { endpointFor } from "./endpoints.ts";
import {
  CLOSE_CONNECTION,
  type ConnectionContext,
  type Reply,
  type RequestContext,
  type Route,
  route,
} from "./route.ts";

/** Before it, a topic can only be named, and the name can't be missing. */
const TOPIC_IDS_FROM = 12;
/** Before it, an empty list stands for all topics. */
const NULL_IS_ALL_FROM = 1;

export function metadataRoute(broker: Broker): Route {
  return route(metadataApi, (context, request) => metadata(broker, context, request));
}

function metadata(
  broker: Broker,
  context: RequestContext,
  request: MetadataRequest,
): Reply<MetadataResponseInit> {
  const { topics } = request;
  const wantsAll = topics === null ||
    (context.apiVersion < NULL_IS_ALL_FROM && topics.length === 0);
  const answerWith = (answers: MetadataResponseTopicInit[]) =>
    response(broker, context.connection, request, answers);
  if (wantsAll) {
    const all = Array.from(
      broker.quorum.image.topics.all(),
      (topic) => described(broker, topic, request.includeTopicAuthorizedOperations),
    );
    return answerWith(all);
  }
  const names = new Set<string>();
  const ids = new Set<Uuid>();
  for (const { name, topicId } of topics) {
    const named = name !== null && topicId === ZERO_UUID;
    if (!named && context.apiVersion < TOPIC_IDS_FROM) return CLOSE_CONNECTION;
    if (named) names.add(name);
    else ids.add(topicId);
  }
  const missing = [...names].filter((name) =>
    broker.quorum.image.topics.byName(name) === undefined
  );
  const answer = () => answerWith(answersFor(broker, request, names, ids));
  if (missing.length === 0 || !request.allowAutoTopicCreation || !broker.autoCreatesTopics()) {
    return answer();
  }
  const creatable = missing.filter((name) => topicNameProblem(name) === undefined);
  if (creatable.length === 0) return answer();
  return create(broker, creatable).then((refused) => {
    return answerWith(answersFor(broker, request, names, ids, refused));
  });
}

/**
 * Creates topics on first use, those of coordinators in the shape that these want.
 * @returns the error codes of those that were refused
 */
async function create(
  broker: Broker,
  names: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const ordinary = names.filter((name) => !isInternalTopic(name));
  const refused = new Map(ordinary.length > 0 ? await broker.topicCreation.create(ordinary) : []);
  for (const topic of [broker.groups.topic, broker.transactions.topic]) {
    if (!names.includes(topic.name)) continue;
    const errorCode = await topic.ensureTopic();
    if (errorCode !== ErrorCode.NONE) refused.set(topic.name, errorCode);
  }
  return refused;
}

function answersFor(
  broker: Broker,
  request: MetadataRequest,
  names: ReadonlySet<string>,
  ids: ReadonlySet<Uuid>,
  refused: ReadonlyMap<string, number> = new Map(),
): MetadataResponseTopicInit[] {
  const { topics } = broker.quorum.image;
  const operations = request.includeTopicAuthorizedOperations;
  const answers: MetadataResponseTopicInit[] = [];
  for (const name of names) {
    const topic = topics.byName(name);
    if (topic !== undefined) answers.push(described(broker, topic, operations));
    else if (topicNameProblem(name) !== undefined) {
      answers.push(failed(name, ZERO_UUID, ErrorCode.INVALID_TOPIC_EXCEPTION));
    } else {
      const errorCode = refused.get(name) ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      answers.push(failed(name, ZERO_UUID, errorCode));
    }
  }
  for (const id of ids) {
    const topic = topics.byId(id);
    if (topic === undefined) answers.push(failed(null, id, ErrorCode.UNKNOWN_TOPIC_ID));
    else if (!names.has(topic.name)) answers.push(described(broker, topic, operations));
  }
  return answers;
}

function response(
  broker: Broker,
  connection: ConnectionContext,
  request: MetadataRequest,
  topics: MetadataResponseTopicInit[],
): MetadataResponseInit {
  const brokers: MetadataResponseBrokerInit[] = [];
  for (const registration of broker.quorum.image.brokers.all()) {
    if (registration.fenced) continue;
    const endpoint = endpointFor(broker, connection, registration);
    if (endpoint === undefined) continue;
    const { host, port } = endpoint;
    brokers.push({ nodeId: registration.id, host, port, rack: registration.rack });
  }
  return {
    throttleTimeMs: 0,
    brokers,
    clusterId: broker.identity.clusterId,
    controllerId: controllerId(broker),
    topics,
    clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
      ? CLUSTER_OPERATIONS
      : OPERATIONS_NOT_REQUESTED,
    errorCode: ErrorCode.NONE,
  };
}

function described(
  { quorum: { image } }: Broker,
  topic: Topic,
  includeOperations: boolean,
): MetadataResponseTopicInit {
  return {
    errorCode: ErrorCode.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition) => describedPartition(image, partition)),
    topicAuthorizedOperations: includeOperations ? TOPIC_OPERATIONS : OPERATIONS_NOT_REQUESTED,
  };
}

function describedPartition(
  image: ClusterImage,
  partition: PartitionRegistration,
): MetadataResponsePartitionInit {
  return {
    errorCode: partition.leader === NO_LEADER ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.NONE,
    partitionIndex: partition.partitionId,
    leaderId: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    offlineReplicas: offlineReplicas(image, partition),
  };
}

function failed(
  name: string | null,
  topicId: Uuid,
  errorCode: number,
): MetadataResponseTopicInit {
  return { errorCode, name, topicId, partitions: [] };
}
