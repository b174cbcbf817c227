/**
 * OffsetFetch (key 9), versions 1 to 10.
 *
 * Committed offsets of one group, from version 8 on of several, of some partitions or of all. An
 * unknown group or partition has offset -1. Version 10 names topics by id.
 */
import { ZERO_UUID } from "../base/uuid.ts";
import type { Broker } from "../broker/broker.ts";
import type { GroupCoordinator } from "../coordinator/group/group_coordinator.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { offsetFetchApi } from "../protocol/generated/apis/offset_fetch.ts";
import type {
  OffsetFetchRequest,
  OffsetFetchRequestGroup,
  OffsetFetchRequestTopics,
} from "../protocol/generated/offset_fetch_request.ts";
import type {
  OffsetFetchResponseGroupInit,
  OffsetFetchResponseInit,
  OffsetFetchResponsePartitionsInit,
  OffsetFetchResponseTopicsInit,
} from "../protocol/generated/offset_fetch_response.ts";
import { type RequestContext, type Route, route } from "./route.ts";

const TOP_LEVEL_ERROR_FROM = 2;
const SEVERAL_GROUPS_FROM = 8;
const TOPIC_IDS_FROM = 10;
const NO_OFFSET = -1;
const NO_EPOCH = -1;

export function offsetFetchRoute(broker: Broker): Route {
  return route(
    offsetFetchApi,
    (context, request) =>
      context.apiVersion >= SEVERAL_GROUPS_FROM
        ? fetchSeveral(broker, context, request)
        : fetchOne(broker, context, request),
  );
}

async function fetchSeveral(
  broker: Broker,
  context: RequestContext,
  request: OffsetFetchRequest,
): Promise<OffsetFetchResponseInit> {
  const byId = context.apiVersion >= TOPIC_IDS_FROM;
  const groups: OffsetFetchResponseGroupInit[] = [];
  for (const group of request.groups) {
    groups.push(await fetchGroup(broker, group, { ...request, byId }));
  }
  return { throttleTimeMs: 0, topics: [], groups };
}

async function fetchOne(
  broker: Broker,
  context: RequestContext,
  request: OffsetFetchRequest,
): Promise<OffsetFetchResponseInit> {
  const { groupId } = request;
  const asked = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null;
  const group = { groupId, memberId: null, memberEpoch: -1, topics: asked };
  const found = await fetchGroup(broker, group, { ...request, byId: false });
  const { topics, errorCode = ErrorCode.NONE } = found;
  if (errorCode === ErrorCode.NONE || context.apiVersion >= TOP_LEVEL_ERROR_FROM) {
    return { throttleTimeMs: 0, topics, errorCode, groups: [] };
  }
  // Version 1 has no place for an error of the group but its partitions.
  const failed = (request.topics ?? []).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((index) => withoutOffset(index, errorCode)),
  }));
  return { throttleTimeMs: 0, topics: failed, groups: [] };
}

/** What is asked of all groups of a request. */
interface FetchTerms {
  readonly requireStable: boolean;
  /** Topics are named by id. */
  readonly byId: boolean;
}

async function fetchGroup(
  broker: Broker,
  group: OffsetFetchRequestGroup,
  terms: FetchTerms,
): Promise<OffsetFetchResponseGroupInit> {
  const { groupId } = group;
  const shard = broker.groups.find(groupId);
  if (typeof shard === "number") return { groupId, topics: [], errorCode: shard };
  return await shard.query<OffsetFetchResponseGroupInit>(
    (machine) => {
      const topics = group.topics === null
        ? allOffsets(broker, machine, groupId, terms)
        : group.topics.map((topic) => someOffsets(broker, machine, groupId, topic, terms));
      return { groupId, topics, errorCode: ErrorCode.NONE };
    },
    (errorCode) => ({ groupId, topics: [], errorCode }),
  );
}

function allOffsets(
  broker: Broker,
  machine: GroupCoordinator,
  groupId: string,
  terms: FetchTerms,
): OffsetFetchResponseTopicsInit[] {
  const found: OffsetFetchResponseTopicsInit[] = [];
  for (const [name, partitions] of machine.offsetsOf(groupId)) {
    const topicId = broker.quorum.image.topics.byName(name)?.id ?? ZERO_UUID;
    if (terms.byId && topicId === ZERO_UUID) continue;
    const answers = Array.from(
      partitions.keys(),
      (index) => offsetOf(machine, groupId, { name, index, requireStable: terms.requireStable }),
    );
    found.push({ name, topicId, partitions: answers });
  }
  return found;
}

function someOffsets(
  broker: Broker,
  machine: GroupCoordinator,
  groupId: string,
  topic: OffsetFetchRequestTopics,
  { requireStable, byId }: FetchTerms,
): OffsetFetchResponseTopicsInit {
  const { topicId, partitionIndexes } = topic;
  const name = byId ? broker.quorum.image.topics.byId(topicId)?.name : topic.name;
  const partitions = partitionIndexes.map((index) =>
    name === undefined
      ? withoutOffset(index, ErrorCode.UNKNOWN_TOPIC_ID)
      : offsetOf(machine, groupId, { name, index, requireStable })
  );
  return { name: name ?? "", topicId, partitions };
}

function offsetOf(
  machine: GroupCoordinator,
  groupId: string,
  asked: { readonly name: string; readonly index: number; readonly requireStable: boolean },
): OffsetFetchResponsePartitionsInit {
  const { name, index, requireStable } = asked;
  if (requireStable && machine.isOffsetPending(groupId, name, index)) {
    return withoutOffset(index, ErrorCode.UNSTABLE_OFFSET_COMMIT);
  }
  const committed = machine.offset(groupId, name, index);
  if (committed === undefined) return withoutOffset(index, ErrorCode.NONE);
  return {
    partitionIndex: index,
    committedOffset: committed.offset,
    committedLeaderEpoch: committed.leaderEpoch,
    metadata: committed.metadata,
    errorCode: ErrorCode.NONE,
  };
}

function withoutOffset(
  partitionIndex: number,
  errorCode: number,
): OffsetFetchResponsePartitionsInit {
  return {
    partitionIndex,
    committedOffset: NO_OFFSET,
    committedLeaderEpoch: NO_EPOCH,
    metadata: "",
    errorCode,
  };
}
