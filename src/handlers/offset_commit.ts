/**
 * OffsetCommit (key 8), versions 2 to 10.
 *
 * Partitions that don't exist and metadata that is too long fail for themselves; the others are
 * committed together, in one batch. From version 10 on topics are named by id.
 */
import type { Uuid } from "../base/uuid.ts";
import type { Broker } from "../broker/broker.ts";
import type { OffsetToCommit } from "../coordinator/group/group_events.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { offsetCommitApi } from "../protocol/generated/apis/offset_commit.ts";
import type {
  OffsetCommitRequest,
  OffsetCommitRequestTopic,
} from "../protocol/generated/offset_commit_request.ts";
import type { OffsetCommitResponseInit } from "../protocol/generated/offset_commit_response.ts";
import { type RequestContext, type Route, route } from "./route.ts";

const TOPIC_IDS_FROM = 10;
/** Before it a group that is unknown looks like an old generation. */
const GROUP_NOT_FOUND_FROM = 9;

const utf8 = new TextEncoder();

export function offsetCommitRoute(broker: Broker): Route {
  return route(offsetCommitApi, (context, request) => offsetCommit(broker, context, request));
}

async function offsetCommit(
  broker: Broker,
  context: RequestContext,
  request: OffsetCommitRequest,
): Promise<OffsetCommitResponseInit> {
  const byId = context.apiVersion >= TOPIC_IDS_FROM;
  const plan = new CommitPlan(broker);
  const planned = request.topics.map((topic) => plan.add(topic, byId));
  const errorCode = await commit(broker, context, request, plan.offsets);
  return {
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, topicId }, index) => ({
      name,
      topicId,
      partitions: planned[index]!.map(({ partitionIndex, refusal, isFinal }) => ({
        partitionIndex,
        errorCode: isFinal || errorCode === ErrorCode.NONE ? refusal : errorCode,
      })),
    })),
  };
}

function commit(
  broker: Broker,
  context: RequestContext,
  request: OffsetCommitRequest,
  offsets: readonly OffsetToCommit[],
): number | Promise<number> {
  const { groupId, memberId, groupInstanceId } = request;
  const shard = broker.groups.find(groupId);
  if (typeof shard === "number") return shard;
  return shard.ask<number>((token) => ({
    type: "commit",
    token,
    groupId,
    memberId,
    groupInstanceId,
    generationId: request.generationIdOrMemberEpoch,
    retentionMs: request.retentionTimeMs,
    producer: undefined,
    unknownGroupError: context.apiVersion >= GROUP_NOT_FOUND_FROM
      ? ErrorCode.GROUP_ID_NOT_FOUND
      : ErrorCode.ILLEGAL_GENERATION,
    offsets,
  }));
}

/** What is known of a partition before the group is asked. */
interface PlannedPartition {
  readonly partitionIndex: number;
  readonly refusal: number;
  /** The refusal stands whatever the group says; else an error of the group comes first. */
  readonly isFinal: boolean;
}

/** Sorts the offsets of a request into those to be committed and those that are refused. */
export class CommitPlan {
  readonly offsets: OffsetToCommit[] = [];

  constructor(private readonly broker: Broker) {}

  add(asked: OffsetCommitRequestTopic, byId: boolean): PlannedPartition[] {
    const { topics } = this.broker.quorum.image;
    const topic = byId ? topics.byId(asked.topicId) : topics.byName(asked.name);
    const missing = byId && topic === undefined
      ? ErrorCode.UNKNOWN_TOPIC_ID
      : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return asked.partitions.map((partition) => {
      const { partitionIndex } = partition;
      if (topic?.partitions[partitionIndex] === undefined) {
        return { partitionIndex, refusal: missing, isFinal: true };
      }
      return this.#addPartition(topic, partition);
    });
  }

  #addPartition(
    topic: { readonly name: string; readonly id: Uuid },
    asked: OffsetCommitRequestTopic["partitions"][number],
  ): PlannedPartition {
    const { partitionIndex } = asked;
    const metadata = asked.committedMetadata ?? "";
    if (isLongerThan(metadata, this.broker.groups.config.offsetMetadataBytesMax)) {
      return { partitionIndex, refusal: ErrorCode.OFFSET_METADATA_TOO_LARGE, isFinal: false };
    }
    this.offsets.push({
      topic: topic.name,
      topicId: topic.id,
      partition: partitionIndex,
      offset: asked.committedOffset,
      leaderEpoch: asked.committedLeaderEpoch,
      metadata,
    });
    return { partitionIndex, refusal: ErrorCode.NONE, isFinal: false };
  }
}

/** Whether `text` takes more than `bytesMax` bytes of UTF-8. */
function isLongerThan(text: string, bytesMax: number): boolean {
  return text.length > bytesMax ||
    (text.length * 3 > bytesMax && utf8.encode(text).length > bytesMax);
}
