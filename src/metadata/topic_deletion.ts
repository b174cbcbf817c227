/** DeleteTopics, decided. Pure. */
import { type Uuid, ZERO_UUID } from "../base/uuid.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import type { DeleteTopicsRequest } from "../protocol/generated/delete_topics_request.ts";
import type {
  DeletableTopicResultInit,
  DeleteTopicsResponseInit,
} from "../protocol/generated/delete_topics_response.ts";
import type { ClusterImage } from "./cluster_image.ts";
import { type Decision, type Refusal, refuse, repeatedKeys } from "./decision.ts";
import type { Topic } from "./image/topics_image.ts";
import {
  ANY_PARTITIONS,
  type PartitionPermits,
  refuseTooManyChanges,
} from "./partition_permits.ts";
import type { MetadataRecordInit } from "./records.ts";

interface TopicReference {
  readonly name: string | null;
  readonly topicId: Uuid;
}

/**
 * DeleteTopics, by name or (version 6) by id.
 *
 * @param isEnabled `delete.topic.enable`
 * @param permits counts the partitions that go
 */
export function deleteTopics(
  image: ClusterImage,
  request: DeleteTopicsRequest,
  isEnabled: boolean,
  permits: PartitionPermits = ANY_PARTITIONS,
): Decision<DeleteTopicsResponseInit> {
  const references: readonly TopicReference[] = [
    ...request.topics,
    ...request.topicNames.map((name) => ({ name, topicId: ZERO_UUID })),
  ];
  const records: MetadataRecordInit[] = [];
  const responses: DeletableTopicResultInit[] = [];
  const repeatedNames = repeatedKeys(namesOf(references));
  const repeatedIds = repeatedKeys(idsOf(references));
  const deleted = new Set<Topic>();
  for (const reference of withoutRepeats(references)) {
    const repeated = reference.name === null
      ? repeatedIds.has(reference.topicId)
      : repeatedNames.has(reference.name);
    const topic = find(image, reference);
    const refusal = checkReference(reference) ??
      (repeated || (topic !== undefined && deleted.has(topic)) ? namedTwice() : undefined) ??
      (isEnabled ? undefined : deletionDisabled());
    if (refusal !== undefined || topic === undefined) {
      responses.push(failed(reference, refusal ?? unknown(reference)));
      continue;
    }
    if (!permits.take(topic.partitions.length)) {
      responses.push(failed(reference, refuseTooManyChanges()));
      continue;
    }
    deleted.add(topic);
    records.push({ type: "RemoveTopicRecord", value: { topicId: topic.id } });
    const { name, id: topicId } = topic;
    responses.push({ name, topicId, errorCode: ErrorCode.NONE, errorMessage: null });
  }
  return { records, response: { throttleTimeMs: 0, responses } };
}

function namesOf(references: readonly TopicReference[]): string[] {
  return references.flatMap(({ name }) => name === null ? [] : [name]);
}

function idsOf(references: readonly TopicReference[]): Uuid[] {
  return references.flatMap(({ topicId }) => topicId === ZERO_UUID ? [] : [topicId]);
}

/** What is named twice is answered once. */
function withoutRepeats(references: readonly TopicReference[]): TopicReference[] {
  const seen = new Set<string>();
  return references.filter(({ name, topicId }) => {
    const identity = JSON.stringify([name, topicId]);
    const isNew = !seen.has(identity);
    seen.add(identity);
    return isNew;
  });
}

function find(image: ClusterImage, { name, topicId }: TopicReference): Topic | undefined {
  return name === null ? image.topics.byId(topicId) : image.topics.byName(name);
}

function checkReference({ name, topicId }: TopicReference): Refusal | undefined {
  if (name === null && topicId === ZERO_UUID) {
    return refuse(ErrorCode.INVALID_REQUEST, "Neither the name nor the id of a topic is given.");
  }
  if (name !== null && topicId !== ZERO_UUID) {
    return refuse(ErrorCode.INVALID_REQUEST, "Both the name and the id of a topic are given.");
  }
  return undefined;
}

function namedTwice(): Refusal {
  return refuse(ErrorCode.INVALID_REQUEST, "The request names the topic twice.");
}

function deletionDisabled(): Refusal {
  return refuse(ErrorCode.TOPIC_DELETION_DISABLED, "delete.topic.enable is false.");
}

function unknown({ name, topicId }: TopicReference): Refusal {
  return name === null
    ? refuse(ErrorCode.UNKNOWN_TOPIC_ID, `There is no topic with the id ${topicId}.`)
    : refuse(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `There is no topic '${name}'.`);
}

function failed(
  { name, topicId }: TopicReference,
  { errorCode, message }: Refusal,
): DeletableTopicResultInit {
  return { name, topicId, errorCode, errorMessage: message };
}
