/**
 * Fetch (key 1), versions 4 to 18.
 *
 * Record batches of many partitions, whole, from given offsets on, as long poll, with sessions
 * (KIP-227), leader-epoch checks (KIP-320, KIP-595) and topic ids (KIP-516). Partitions are served
 * in the order of the request; the first that has records returns a batch even above the limits.
 *
 * Followers fetch by the cluster's port, up to the log end, and tell by it how far they are.
 * Consumers are served by leaders, by followers up to what these know to be committed, and are
 * sent to the nearest replica where the broker is set up to (KIP-392). Whoever asked the wrong
 * broker is told the right one (KIP-951).
 */
import type { FetchPlan, FetchTarget, PartitionOutcome } from "../broker/fetch_sessions.ts";
import type { Broker } from "../broker/broker.ts";
import type { Uuid } from "../base/uuid.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { fetchApi } from "../protocol/generated/apis/fetch.ts";
import type { FetchRequest } from "../protocol/generated/fetch_request.ts";
import type {
  FetchableTopicResponseInit,
  FetchResponseInit,
  PartitionDataInit,
} from "../protocol/generated/fetch_response.ts";
import {
  failed,
  type FetchReader,
  FetchReading,
  type FetchRound,
  isLeaderThrottled,
  isOutdated,
  type PartitionAnswer,
  readerOf,
  releaseAll,
  TOPIC_IDS_FROM,
  waitersOf,
} from "./fetch_reading.ts";
import { LeaderHints, NO_ENDPOINTS } from "./leader_hints.ts";
import {
  type Answer,
  Leased,
  type Reply,
  type RequestContext,
  type Route,
  route,
  Throttled,
} from "./route.ts";

/** From this version on a client of an old leader epoch is told the new one (KIP-951). */
const CURRENT_LEADER_FROM = 16;

/** A request that is to be answered, with what it asks for after its session was applied. */
interface Fetching {
  readonly context: RequestContext;
  readonly request: FetchRequest;
  readonly reader: FetchReader;
  readonly plan: FetchPlan & { kind: "planned" };
}

/** How a request is read, and until when. */
interface Look {
  readonly reading: FetchReading;
  readonly maxBytes: number;
  readonly minBytes: number;
  readonly deadlineMs: number;
}

export function fetchRoute(broker: Broker): Route {
  return route(fetchApi, (context, request) => {
    const plan = planOf(broker, context, request);
    if (plan.kind === "refused") return emptyResponse(plan.errorCode);
    const reader = readerOf(context, request);
    if (reader === undefined) return refuseFollower(broker, context, plan);
    return answer(broker, { context, request, reader, plan });
  });
}

/** As Kafka answers a follower that may not be one. */
function refuseFollower(
  broker: Broker,
  context: RequestContext,
  plan: FetchPlan & { kind: "planned" },
): Reply<FetchResponseInit> {
  const answers = plan.targets.map((target) =>
    failed(target, undefined, ErrorCode.TOPIC_AUTHORIZATION_FAILED)
  );
  return respond(broker, context, plan, { answers, recordBytes: 0, urgent: true });
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

/** At once where that can be, which is the common case: nothing is waited for then. */
function answer(broker: Broker, fetching: Fetching): Reply<FetchResponseInit> {
  const { context, request, reader, plan } = fetching;
  const startMs = broker.clock.monotonicMs();
  const maxBytes = Math.min(request.maxBytes, bytesMax(broker, context));
  const look: Look = {
    reading: new FetchReading(broker, context.apiVersion, reader),
    maxBytes,
    minBytes: Math.min(request.minBytes, maxBytes),
    deadlineMs: startMs + request.maxWaitMs,
  };
  const round = look.reading.round(plan.targets, maxBytes);
  if (round instanceof Promise) return answerLater(broker, fetching, look, round, startMs);
  const nowMs = broker.clock.monotonicMs();
  return isFinal(broker, fetching, look, round, nowMs)
    ? answerOf(broker, fetching, round, nowMs - startMs)
    : answerLater(broker, fetching, look, round, startMs);
}

/** Reads again until there is enough, or the wait is over. */
async function answerLater(
  broker: Broker,
  fetching: Fetching,
  look: Look,
  first: FetchRound | Promise<FetchRound>,
  firstStartMs: number,
): Promise<Answer<FetchResponseInit>> {
  const { clock } = broker;
  const { reader, plan: { targets } } = fetching;
  const { reading, maxBytes, minBytes, deadlineMs } = look;
  let found = first;
  let startMs = firstStartMs;
  let busyMs = 0;
  for (;;) {
    const round = found instanceof Promise ? await found : found;
    const nowMs = clock.monotonicMs();
    busyMs += nowMs - startMs;
    if (isFinal(broker, fetching, look, round, nowMs)) {
      return answerOf(broker, fetching, round, busyMs);
    }
    const remainingMs = deadlineMs - nowMs;
    const missing = minBytes - round.recordBytes;
    releaseAll(round);
    // What happened while other partitions were read has woken nobody.
    if (!round.answers.some((each) => isOutdated(reader, each))) {
      const places = round.answers.flatMap(({ partition }) =>
        partition === undefined ? [] : waitersOf(reader, partition)
      );
      if (reader.kind === "follower") {
        // It may have to ask for more partitions by now: it is let go after one wait.
        const { partitions, fetchWaiters } = broker;
        const waitMs = partitions.followerWaitMs(remainingMs);
        await fetchWaiters.wait(missing, waitMs, [...places, partitions.elections]);
        return answerOf(broker, fetching, await reading.round(targets, maxBytes), busyMs);
      }
      await broker.fetchWaiters.wait(missing, remainingMs, places);
    }
    startMs = clock.monotonicMs();
    found = reading.round(targets, maxBytes);
  }
}

/** Whether `round` is what the request is answered with. */
function isFinal(
  broker: Broker,
  { plan }: Fetching,
  { minBytes, deadlineMs }: Look,
  round: FetchRound,
  nowMs: number,
): boolean {
  return round.recordBytes >= minBytes || round.urgent || plan.targets.length === 0 ||
    nowMs >= deadlineMs || broker.isStopping;
}

function answerOf(
  broker: Broker,
  { context, reader, plan }: Fetching,
  round: FetchRound,
  busyMs: number,
): Answer<FetchResponseInit> {
  if (reader.kind === "consumer") {
    return throttledByQuota(broker, context, plan, round, busyMs) ??
      respond(broker, context, plan, round);
  }
  let throttledBytes = 0;
  for (const { partition, slice } of round.answers) {
    if (partition === undefined || slice === undefined) continue;
    if (isLeaderThrottled(broker, partition)) throttledBytes += slice.bytes;
  }
  broker.partitions.leaderThrottle.record(throttledBytes);
  return respond(broker, context, plan, round);
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
  round: FetchRound,
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

function respond(
  broker: Broker,
  context: RequestContext,
  plan: FetchPlan & { kind: "planned" },
  round: FetchRound,
): Leased<FetchResponseInit> {
  const responses: FetchableTopicResponseInit[] = [];
  let current: { topic: string; topicId: Uuid; partitions: PartitionDataInit[] } | undefined;
  // Made when somebody asked the wrong broker.
  let hints: LeaderHints | undefined;
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
    if (fields.errorCode !== ErrorCode.NONE && context.apiVersion >= CURRENT_LEADER_FROM) {
      hints ??= new LeaderHints(broker, context.connection);
      current!.partitions.push(withHint(hints, answer));
    } else current!.partitions.push(fields);
  }
  const response: FetchResponseInit = {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    sessionId: plan.sessionId,
    responses,
    nodeEndpoints: hints === undefined ? NO_ENDPOINTS : hints.endpoints(),
  };
  return new Leased(response, () => releaseAll(round));
}

function withHint(hints: LeaderHints, { target, fields }: PartitionAnswer): PartitionDataInit {
  const currentLeader = hints.for(fields.errorCode, target.topic, target.partition);
  return currentLeader === undefined ? fields : { ...fields, currentLeader };
}

/** Once per request, however often its partitions were looked at. */
function count({ partition, fields, slice }: PartitionAnswer): void {
  if (partition === undefined) return;
  const { counters } = partition.topic;
  counters.fetchRequests++;
  counters.bytesOut += slice?.bytes ?? 0;
  if (fields.errorCode !== ErrorCode.NONE) counters.failedFetchRequests++;
}

function emptyResponse(errorCode: number): Reply<FetchResponseInit> {
  return { throttleTimeMs: 0, errorCode, sessionId: 0, responses: [] };
}
