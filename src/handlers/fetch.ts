/**
 * Fetch (key 1), versions 4 to 18.
 *
 * Record batches of many partitions, whole, from given offsets on, as long poll, with sessions
 * (KIP-227), leader-epoch checks (KIP-320, KIP-595) and topic ids (KIP-516). Partitions are served
 * in the order of the request; the first that has records returns a batch even above the limits.
 *
 * Left out on purpose: preferred read replicas, since one broker has no other to prefer.
 */
import type { FetchPlan, FetchTarget, PartitionOutcome } from "../broker/fetch_sessions.ts";
import type { Broker } from "../broker/broker.ts";
import type { Isolation, LogSlice, Partition } from "../broker/partition.ts";
import type { Uuid } from "../base/uuid.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { fetchApi } from "../protocol/generated/apis/fetch.ts";
import type { FetchRequest } from "../protocol/generated/fetch_request.ts";
import type {
  AbortedTransaction,
  FetchableTopicResponseInit,
  FetchResponseInit,
  NodeEndpointInit,
  PartitionDataInit,
} from "../protocol/generated/fetch_response.ts";
import type { RecordsInit } from "../protocol/wire/byte_writer.ts";
import { endpointFor } from "./endpoints.ts";
import {
  type Answer,
  Leased,
  type Reply,
  type RequestContext,
  type Route,
  route,
  Throttled,
} from "./route.ts";

/** From this version on topics are named by id. */
const TOPIC_IDS_FROM = 13;
/** From this version on a client of an old leader epoch is told the new one (KIP-951). */
const CURRENT_LEADER_FROM = 16;

interface PartitionAnswer {
  readonly target: FetchTarget;
  readonly partition: Partition | undefined;
  readonly fields: PartitionDataInit;
  readonly slice: LogSlice | undefined;
  readonly redirects: boolean;
}

interface Round {
  readonly answers: PartitionAnswer[];
  recordBytes: number;
  /** An error or a redirection is told at once. */
  urgent: boolean;
}

export function fetchRoute(broker: Broker): Route {
  return route(fetchApi, (context, request) => {
    const plan = planOf(broker, context, request);
    if (plan.kind === "refused") return emptyResponse(plan.errorCode);
    return answer(broker, context, request, plan);
  });
}

function planOf(broker: Broker, context: RequestContext, request: FetchRequest): FetchPlan {
  const usesTopicIds = context.apiVersion >= TOPIC_IDS_FROM;
  const targets: FetchTarget[] = [];
  for (const { topic, topicId, partitions } of request.topics) {
    const name = usesTopicIds ? broker.partitions.nameOf(topicId) ?? "" : topic;
    for (const asked of partitions) {
      targets.push({
        topic: name,
        topicId,
        partition: asked.partition,
        currentLeaderEpoch: asked.currentLeaderEpoch,
        fetchOffset: asked.fetchOffset,
        lastFetchedEpoch: asked.lastFetchedEpoch,
        logStartOffset: asked.logStartOffset,
        partitionMaxBytes: asked.partitionMaxBytes,
      });
    }
  }
  const { sessionId, sessionEpoch, forgottenTopicsData: forgotten } = request;
  const session = { sessionId, sessionEpoch, usesTopicIds, targets, forgotten };
  return broker.fetchSessions.plan(session, broker.clock.monotonicMs());
}

async function answer(
  broker: Broker,
  context: RequestContext,
  request: FetchRequest,
  plan: FetchPlan & { kind: "planned" },
): Promise<Answer<FetchResponseInit>> {
  const { clock } = broker;
  const deadlineMs = clock.monotonicMs() + request.maxWaitMs;
  const targets = plan.targets;
  const maxBytes = Math.min(request.maxBytes, bytesMax(broker, context));
  const minBytes = Math.min(request.minBytes, maxBytes);
  let busyMs = 0;
  for (;;) {
    const startMs = clock.monotonicMs();
    const round = await readRound(broker, context, request, targets, maxBytes);
    const nowMs = clock.monotonicMs();
    busyMs += nowMs - startMs;
    const remainingMs = deadlineMs - nowMs;
    const missing = minBytes - round.recordBytes;
    const enough = missing <= 0 || round.urgent || targets.length === 0;
    if (enough || remainingMs <= 0 || broker.isStopping) {
      return throttledByQuota(broker, context, plan, round, busyMs) ??
        respond(broker, context, plan, round);
    }
    releaseAll(round);
    // What happened while other partitions were read has woken nobody.
    if (round.answers.some(isOutdated)) continue;
    const places = round.answers.flatMap(({ partition }) => partition?.waiters ?? []);
    await broker.fetchWaiters.wait(missing, remainingMs, places);
  }
}

function isOutdated({ target, partition, fields }: PartitionAnswer): boolean {
  return partition !== undefined &&
    (partition.highWatermark !== fields.highWatermark || !partition.isOnline ||
      partition.checkLeaderEpoch(target.currentLeaderEpoch) !== ErrorCode.NONE);
}

/** What one response may hold at most, whatever the client asks for. */
function bytesMax({ quotas, settings }: Broker, { clientId }: RequestContext): number {
  return quotas.isActive
    ? Math.min(settings.fetchMaxBytes, quotas.fetchBytesMax(clientId))
    : settings.fetchMaxBytes;
}

/**
 * The answer to a client that is above its quotas: it gets no records, and its session stays as it
 * is, except that one that the same request has opened is gone (KIP-219). Undefined when it isn't.
 */
function throttledByQuota(
  { quotas, fetchSessions }: Broker,
  { clientId }: RequestContext,
  plan: FetchPlan & { kind: "planned" },
  round: Round,
  busyMs: number,
): Throttled<FetchResponseInit> | undefined {
  if (!quotas.isActive) return undefined;
  const throttleTimeMs = quotas.fetched(clientId, round.recordBytes, busyMs);
  if (throttleTimeMs === 0) return undefined;
  releaseAll(round);
  if (!plan.incremental) fetchSessions.abandon(plan.sessionId);
  const sessionId = plan.incremental ? plan.sessionId : 0;
  const response = { throttleTimeMs, errorCode: ErrorCode.NONE, sessionId, responses: [] };
  return new Throttled(response, throttleTimeMs);
}

async function readRound(
  broker: Broker,
  context: RequestContext,
  request: FetchRequest,
  targets: readonly FetchTarget[],
  maxBytes: number,
): Promise<Round> {
  const round: Round = { answers: [], recordBytes: 0, urgent: false };
  const isolation: Isolation = request.isolationLevel === 1 ? "read_committed" : "read_uncommitted";
  for (const target of targets) {
    const remainingBytes = Math.max(0, maxBytes - round.recordBytes);
    let result: PartitionAnswer;
    try {
      const found = readTarget(broker, context, target, {
        isolation,
        maxBytes: Math.min(remainingBytes, target.partitionMaxBytes),
        atLeastOneBatch: round.recordBytes === 0,
      });
      result = found instanceof Promise ? await found : found;
    } catch (error) {
      releaseAll(round);
      throw error;
    }
    round.answers.push(result);
    round.recordBytes += result.slice?.bytes ?? 0;
    if (result.fields.errorCode !== ErrorCode.NONE || result.redirects) round.urgent = true;
  }
  return round;
}

interface ReadLimits {
  readonly isolation: Isolation;
  readonly maxBytes: number;
  readonly atLeastOneBatch: boolean;
}

function readTarget(
  broker: Broker,
  context: RequestContext,
  target: FetchTarget,
  limits: ReadLimits,
): PartitionAnswer | Promise<PartitionAnswer> {
  const usesTopicIds = context.apiVersion >= TOPIC_IDS_FROM;
  if (usesTopicIds) {
    // The name may have become known, or the topic may be gone, since the session began.
    target.topic = broker.partitions.nameOf(target.topicId) ?? "";
    if (target.topic === "") return failed(target, undefined, ErrorCode.UNKNOWN_TOPIC_ID);
  }
  const partition = broker.partitions.find(target.topic, target.partition);
  if (partition === undefined) {
    const missing = broker.partitions.whyMissing(target.topic, target.partition);
    return failed(target, undefined, storageErrorFor(context.apiVersion, missing));
  }
  const errorCode = partition.availability() ||
    partition.checkLeaderEpoch(target.currentLeaderEpoch);
  if (errorCode !== ErrorCode.NONE) {
    const answer = failed(target, partition, storageErrorFor(context.apiVersion, errorCode));
    const isTold = errorCode === ErrorCode.FENCED_LEADER_EPOCH &&
      context.apiVersion >= CURRENT_LEADER_FROM;
    return isTold ? withLeader(answer, broker.identity.brokerId, partition.leaderEpoch) : answer;
  }
  try {
    const result = readPartition(partition, target, limits);
    if (!(result instanceof Promise)) return result;
    return result.catch((error) => unreadable(context.apiVersion, partition, target, error));
  } catch (error) {
    return unreadable(context.apiVersion, partition, target, error);
  }
}

function withLeader(
  answer: PartitionAnswer,
  leaderId: number,
  leaderEpoch: number,
): PartitionAnswer {
  return { ...answer, fields: { ...answer.fields, currentLeader: { leaderId, leaderEpoch } } };
}

function unreadable(
  apiVersion: number,
  partition: Partition,
  target: FetchTarget,
  error: unknown,
): PartitionAnswer {
  return failed(target, partition, storageErrorFor(apiVersion, partition.failedWith(error)));
}

/** @throws {DiskError | CorruptLogError} or rejects with it */
function readPartition(
  partition: Partition,
  target: FetchTarget,
  limits: ReadLimits,
): PartitionAnswer | Promise<PartitionAnswer> {
  const diverging = divergingEpoch(partition, target);
  if (diverging !== undefined) {
    return diverging.epoch < 0
      ? failed(target, partition, ErrorCode.OFFSET_OUT_OF_RANGE)
      : redirected(target, partition, diverging);
  }
  const { fetchOffset } = target;
  const { log } = partition;
  if (fetchOffset < log.startOffset || fetchOffset > log.endOffset) {
    return failed(target, partition, ErrorCode.OFFSET_OUT_OF_RANGE);
  }
  const isFull = limits.maxBytes <= 0 && !limits.atLeastOneBatch;
  if (isFull || fetchOffset >= partition.visibleEnd(limits.isolation)) {
    return succeeded(target, partition, undefined, limits.isolation);
  }
  const slice = partition.read(fetchOffset, limits);
  if (slice instanceof Promise) {
    return slice.then((read) => succeeded(target, partition, read, limits.isolation));
  }
  return succeeded(target, partition, slice, limits.isolation);
}

/**
 * KIP-595: the reader's last epoch ended, in our log, before the offset that it wants to go on at.
 * The epoch is -1 when the log knows nothing of the reader's.
 */
function divergingEpoch(
  partition: Partition,
  target: FetchTarget,
): { epoch: number; endOffset: number } | undefined {
  if (target.lastFetchedEpoch < 0) return undefined;
  const end = partition.endOffsetForEpoch(target.lastFetchedEpoch);
  const agrees = end.endOffset >= target.fetchOffset && end.epoch >= target.lastFetchedEpoch;
  return agrees ? undefined : end;
}

function storageErrorFor(apiVersion: number, errorCode: number): number {
  return errorCode === ErrorCode.KAFKA_STORAGE_ERROR && apiVersion <= 5
    ? ErrorCode.NOT_LEADER_OR_FOLLOWER
    : errorCode;
}

function failed(
  target: FetchTarget,
  partition: Partition | undefined,
  errorCode: number,
): PartitionAnswer {
  const fields: PartitionDataInit = {
    partitionIndex: target.partition,
    errorCode,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: null,
    records: EMPTY,
  };
  return { target, partition, fields, slice: undefined, redirects: false };
}

function redirected(
  target: FetchTarget,
  partition: Partition,
  divergingEpoch: { readonly epoch: number; readonly endOffset: number },
): PartitionAnswer {
  const fields = { ...fieldsOf(partition, target, EMPTY, null), divergingEpoch };
  return { target, partition, fields, slice: undefined, redirects: true };
}

function succeeded(
  target: FetchTarget,
  partition: Partition,
  slice: LogSlice | undefined,
  isolation: Isolation,
): PartitionAnswer {
  const upTo = slice === undefined ? target.fetchOffset : slice.nextOffset;
  try {
    const aborted = isolation === "read_committed"
      ? partition.log.abortedTransactions(target.fetchOffset, upTo)
      : null;
    const records = slice === undefined ? EMPTY : slice.chunks;
    const fields = fieldsOf(partition, target, records, aborted);
    return { target, partition, fields, slice, redirects: false };
  } catch (error) {
    slice?.release();
    throw error;
  }
}

const EMPTY = new Uint8Array(0);

function fieldsOf(
  partition: Partition,
  target: FetchTarget,
  records: RecordsInit,
  abortedTransactions: AbortedTransaction[] | null,
): PartitionDataInit {
  return {
    partitionIndex: target.partition,
    errorCode: ErrorCode.NONE,
    highWatermark: partition.highWatermark,
    lastStableOffset: partition.lastStableOffset,
    logStartOffset: partition.log.startOffset,
    abortedTransactions,
    records,
  };
}

function respond(
  broker: Broker,
  context: RequestContext,
  plan: FetchPlan & { kind: "planned" },
  round: Round,
): Leased<FetchResponseInit> {
  const responses: FetchableTopicResponseInit[] = [];
  let current: { topic: string; topicId: Uuid; partitions: PartitionDataInit[] } | undefined;
  for (const answer of round.answers) {
    const { target, fields, slice, redirects } = answer;
    count(answer);
    const outcome: PartitionOutcome = {
      errorCode: fields.errorCode,
      recordBytes: slice?.bytes ?? 0,
      highWatermark: fields.highWatermark,
      logStartOffset: fields.logStartOffset ?? -1,
      redirects,
    };
    const news = broker.fetchSessions.mustReport(plan.sessionId, target, outcome);
    if (plan.incremental && !news) continue;
    const sameTopic = current !== undefined && current.topic === target.topic &&
      current.topicId === target.topicId;
    if (!sameTopic) {
      const topic = { topic: target.topic, topicId: target.topicId, partitions: [] };
      responses.push(topic);
      current = topic;
    }
    current!.partitions.push(fields);
  }
  const response: FetchResponseInit = {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    sessionId: plan.sessionId,
    responses,
    nodeEndpoints: round.answers.some(({ fields }) => fields.currentLeader !== undefined)
      ? leaderEndpoints(broker, context)
      : NO_ENDPOINTS,
  };
  return new Leased(response, () => releaseAll(round));
}

const NO_ENDPOINTS: NodeEndpointInit[] = [];

/** This broker leads all that it is asked for, so that it alone is told. */
function leaderEndpoints(broker: Broker, { connection }: RequestContext): NodeEndpointInit[] {
  const registration = broker.quorum.image.brokers.byId(broker.identity.brokerId);
  const endpoint = registration && endpointFor(broker, connection, registration);
  if (registration === undefined || endpoint === undefined) return NO_ENDPOINTS;
  const { host, port } = endpoint;
  return [{ nodeId: registration.id, host, port, rack: registration.rack }];
}

/** Once per request, however often its partitions were looked at. */
function count({ partition, fields, slice }: PartitionAnswer): void {
  if (partition === undefined) return;
  const { counters } = partition.topic;
  counters.fetchRequests++;
  counters.bytesOut += slice?.bytes ?? 0;
  if (fields.errorCode !== ErrorCode.NONE) counters.failedFetchRequests++;
}

function releaseAll(round: Round): void {
  for (const { slice } of round.answers) slice?.release();
}

function emptyResponse(errorCode: number): Reply<FetchResponseInit> {
  return { throttleTimeMs: 0, errorCode, sessionId: 0, responses: [] };
}
