import { ErrorCode } from "../protocol/error_codes.ts";
import type { Uuid } from "../base/uuid.ts";

/**
 * Incremental fetch sessions (KIP-227): the broker remembers what a client fetches, so that a
 * request names only what changed and a response only what is new. Pure: time and ids come in.
 */

/** One partition as a fetch request asks for it. Offsets are record offsets, -1 is "not given". */
export interface FetchTarget {
  /** Empty when the request names topics by id and the id is unknown here. */
  topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  readonly lastFetchedEpoch: number;
  readonly logStartOffset: number;
  readonly partitionMaxBytes: number;
}

/** A topic and some of its partitions that a client no longer wants. */
export interface ForgottenPartitions {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partitions: readonly number[];
}

/** The part of a fetch request that sessions are about. */
export interface SessionRequest {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  /** Fetch v13 and later name topics by id. */
  readonly usesTopicIds: boolean;
  readonly targets: readonly FetchTarget[];
  readonly forgotten: readonly ForgottenPartitions[];
}

/** What of a partition's answer decides whether an incremental response must name it. */
export interface PartitionOutcome {
  readonly errorCode: number;
  readonly recordBytes: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
  /** True with a diverging epoch or a preferred read replica. */
  readonly redirects: boolean;
}

interface CachedTarget {
  target: FetchTarget;
  highWatermark: number;
  logStartOffset: number;
}

/** What a request turns into: either an error for the whole response or partitions to read. */
export type FetchPlan =
  | { readonly kind: "refused"; readonly errorCode: number }
  | {
    readonly kind: "planned";
    readonly sessionId: number;
    readonly targets: readonly FetchTarget[];
    /** True when the response lists only partitions for which {@link FetchSessions.mustReport} holds. */
    readonly incremental: boolean;
  };

interface Session {
  readonly id: number;
  readonly usesTopicIds: boolean;
  readonly partitions: SessionPartitions;
  epoch: number;
  lastUsedMs: number;
}

/** Bounds of the cache. A client that finds no room is served without a session. */
export interface FetchSessionLimits {
  readonly sessions: number;
  /** Partitions over all sessions, since a session is as large as its request. */
  readonly partitions: number;
  /** A session unused for so long gives way to a new one. */
  readonly evictionAgeMs: number;
}

const NO_SESSION = 0;
const FINAL_EPOCH = -1;
const INITIAL_EPOCH = 0;
const EPOCH_MAX = 0x7fffffff;

/** What a session asks for, in the order in which it is served. */
class SessionPartitions {
  readonly #inOrder = new Set<CachedTarget>();
  /** By topic, its id or its name as the session has it, and partition index. */
  readonly #byTopic = new Map<string, Map<number, CachedTarget>>();

  constructor(private readonly usesTopicIds: boolean) {}

  get size(): number {
    return this.#inOrder.size;
  }

  targets(): FetchTarget[] {
    const targets: FetchTarget[] = [];
    for (const { target } of this.#inOrder) targets.push(target);
    return targets;
  }

  find(topic: string, topicId: Uuid, partition: number): CachedTarget | undefined {
    return this.#byTopic.get(this.usesTopicIds ? topicId : topic)?.get(partition);
  }

  add(target: FetchTarget): void {
    const topic = this.usesTopicIds ? target.topicId : target.topic;
    let partitions = this.#byTopic.get(topic);
    if (partitions === undefined) this.#byTopic.set(topic, partitions = new Map());
    const cached = { target, highWatermark: -1, logStartOffset: -1 };
    partitions.set(target.partition, cached);
    this.#inOrder.add(cached);
  }

  /** @returns whether it was there */
  remove(topic: string, topicId: Uuid, partition: number): boolean {
    const cached = this.find(topic, topicId, partition);
    if (cached === undefined) return false;
    const key = this.usesTopicIds ? topicId : topic;
    const partitions = this.#byTopic.get(key)!;
    partitions.delete(partition);
    if (partitions.size === 0) this.#byTopic.delete(key);
    return this.#inOrder.delete(cached);
  }

  moveToEnd(cached: CachedTarget): void {
    if (this.#inOrder.size === 1) return;
    this.#inOrder.delete(cached);
    this.#inOrder.add(cached);
  }
}

/** The sessions of one broker, least recently used first. */
export class FetchSessions {
  readonly #sessions = new Map<number, Session>();
  #cachedPartitions = 0;
  #evictions = 0;

  /** @param newId yields a random positive int32 */
  constructor(
    private readonly limits: FetchSessionLimits,
    private readonly newId: () => number,
  ) {}

  get sessionCount(): number {
    return this.#sessions.size;
  }

  get partitionCount(): number {
    return this.#cachedPartitions;
  }

  get evictionCount(): number {
    return this.#evictions;
  }

  /** Applies the session part of a request. The epoch advances here, whatever is answered. */
  plan(request: SessionRequest, nowMs: number): FetchPlan {
    const { sessionId, sessionEpoch, targets } = request;
    if (sessionEpoch === INITIAL_EPOCH) {
      this.#close(sessionId);
      return {
        kind: "planned",
        sessionId: this.#open(request, nowMs),
        targets,
        incremental: false,
      };
    }
    if (sessionEpoch === FINAL_EPOCH) {
      this.#close(sessionId);
      return { kind: "planned", sessionId: NO_SESSION, targets, incremental: false };
    }
    return this.#continue(request, nowMs);
  }

  /** Closes a session that the client was never told of. */
  abandon(sessionId: number): void {
    this.#close(sessionId);
  }

  /** Whether an incremental response must name the partition; remembers what was reported. */
  mustReport(sessionId: number, target: FetchTarget, outcome: PartitionOutcome): boolean {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return true;
    const cached = session.partitions.find(target.topic, target.topicId, target.partition);
    if (cached === undefined) return true;
    const news = outcome.recordBytes > 0 || outcome.redirects ||
      cached.highWatermark !== outcome.highWatermark ||
      cached.logStartOffset !== outcome.logStartOffset;
    cached.highWatermark = outcome.highWatermark;
    cached.logStartOffset = outcome.logStartOffset;
    if (outcome.errorCode !== ErrorCode.NONE) {
      // So that the first answer after the error is reported even if nothing else changed.
      cached.highWatermark = -1;
      return true;
    }
    if (outcome.recordBytes > 0) {
      // Partitions that had their turn queue up again behind those that were passed over.
      session.partitions.moveToEnd(cached);
    }
    return news;
  }

  #open(request: SessionRequest, nowMs: number): number {
    const size = request.targets.length;
    if (this.limits.sessions <= 0 || size > this.limits.partitions) return NO_SESSION;
    while (
      this.#sessions.size >= this.limits.sessions ||
      this.#cachedPartitions + size > this.limits.partitions
    ) {
      const oldest: Session = this.#sessions.values().next().value!;
      if (nowMs - oldest.lastUsedMs < this.limits.evictionAgeMs) return NO_SESSION;
      this.#close(oldest.id);
      this.#evictions++;
    }
    let id = this.newId();
    while (this.#sessions.has(id) || id <= 0) id = this.newId();
    const session: Session = {
      id,
      usesTopicIds: request.usesTopicIds,
      partitions: new SessionPartitions(request.usesTopicIds),
      epoch: 1,
      lastUsedMs: nowMs,
    };
    this.#sessions.set(id, session);
    for (const target of request.targets) this.#remember(session, target);
    return id;
  }

  #continue(request: SessionRequest, nowMs: number): FetchPlan {
    const session = this.#sessions.get(request.sessionId);
    if (session === undefined) return refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    if (session.epoch !== request.sessionEpoch) {
      return refused(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
    }
    if (session.usesTopicIds !== request.usesTopicIds) {
      return refused(ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR);
    }
    if (this.#cachedPartitions + request.targets.length > this.limits.partitions) {
      this.#close(session.id);
      return refused(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    }
    for (const target of request.targets) this.#remember(session, target);
    for (const { topic, topicId, partitions } of request.forgotten) {
      for (const partition of partitions) {
        if (session.partitions.remove(topic, topicId, partition)) this.#cachedPartitions--;
      }
    }
    if (session.partitions.size === 0) {
      this.#close(session.id);
      return { kind: "planned", sessionId: NO_SESSION, targets: [], incremental: false };
    }
    session.epoch = session.epoch === EPOCH_MAX ? 1 : session.epoch + 1;
    session.lastUsedMs = nowMs;
    this.#sessions.delete(session.id);
    this.#sessions.set(session.id, session);
    const targets = session.partitions.targets();
    return { kind: "planned", sessionId: session.id, targets, incremental: true };
  }

  #remember(session: Session, target: FetchTarget): void {
    const cached = session.partitions.find(target.topic, target.topicId, target.partition);
    if (cached !== undefined) {
      cached.target = target;
      return;
    }
    session.partitions.add(target);
    this.#cachedPartitions++;
  }

  #close(sessionId: number): void {
    const session = this.#sessions.get(sessionId);
    if (session === undefined) return;
    this.#sessions.delete(sessionId);
    this.#cachedPartitions -= session.partitions.size;
  }
}

function refused(errorCode: number): FetchPlan {
  return { kind: "refused", errorCode };
}
