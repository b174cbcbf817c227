import type { Logger } from "../../base/logger.ts";
import type { Clock } from "../../io/clock.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { fetchApi } from "../../protocol/generated/apis/fetch.ts";
import type { FetchResponse } from "../../protocol/generated/fetch_response.ts";
import type { Partition } from "../partition.ts";
import type { PeerConnection, PeerDialer } from "./cluster_calls.ts";
import { type FetchPosition, FetchSession, positionKey } from "./fetch_session.ts";
import { FollowedPartition } from "./followed_partition.ts";
import type { ReplicationThrottle } from "./replication_throttle.ts";

/** The settings of Kafka that fetchers go by, `replica.fetch.*`. */
export interface FetcherSettings {
  readonly minBytes: number;
  readonly partitionMaxBytes: number;
  readonly responseMaxBytes: number;
  readonly maxWaitMs: number;
  /** Longest rest after an error. */
  readonly backoffMs: number;
  /** `replica.socket.timeout.ms`: so long an answer may take. */
  readonly timeoutMs: number;
}

/** What the fetchers of a broker share. */
export interface FetcherEnvironment {
  readonly brokerId: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly peers: PeerDialer;
  readonly settings: FetcherSettings;
  readonly throttle: ReplicationThrottle;
  /** The epoch of this broker's own registration; -1 before it is registered. */
  brokerEpoch(): number;
}

/** The version of Fetch that followers speak: topic ids, and a broker epoch for the replica. */
const FETCH_VERSION = 17;
const RECONNECT_MS_MIN = 20;
/** A leader answers at the latest when its wait is over; one that is silent for longer is gone. */
const SILENCE_MS_MAX = 4000;
/** How long a fetcher without anything to ask for looks the other way. */
const IDLE_MS = 100;

/**
 * Fetches, over one connection, everything that this broker follows one other broker in: asks for
 * all partitions at once in an incremental session, does what the answer says, and asks again.
 */
export class ReplicaFetcher {
  readonly #environment: FetcherEnvironment;
  readonly #followed = new Map<string, FollowedPartition>();
  readonly #session = new FetchSession();
  #connection: PeerConnection | undefined;
  #reconnectMs = RECONNECT_MS_MIN;
  #isRunning = false;
  #isStopped = false;
  #wake: (() => void) | undefined;

  constructor(readonly leaderId: number, environment: FetcherEnvironment) {
    this.#environment = environment;
  }

  /** Partitions that are fetched, or rest after an error. */
  followed(): Iterable<FollowedPartition> {
    return this.#followed.values();
  }

  get size(): number {
    return this.#followed.size;
  }

  add(partition: Partition): void {
    const followed = new FollowedPartition(partition, this.#environment.settings.backoffMs);
    this.#followed.set(followed.key, followed);
    this.#wake?.();
    if (this.#isRunning || this.#isStopped) return;
    this.#isRunning = true;
    // Many partitions are added in the same turn.
    queueMicrotask(() => void this.#run());
  }

  remove(partition: Partition): void {
    this.#followed.delete(positionKey(partition.topicId, partition.index));
    if (this.#followed.size === 0) this.#end();
  }

  stop(): void {
    this.#isStopped = true;
    this.#followed.clear();
    this.#end();
  }

  /** With nothing left to fetch the request under way is of no interest. */
  #end(): void {
    this.#connection?.close();
    this.#wake?.();
  }

  async #run(): Promise<void> {
    while (this.#followed.size > 0) {
      try {
        await this.#fetch();
        this.#reconnectMs = RECONNECT_MS_MIN;
      } catch (error) {
        this.#connection?.close();
        this.#connection = undefined;
        this.#session.reset();
        if (this.#followed.size === 0) break;
        const { logger, settings } = this.#environment;
        const fields = { leader: this.leaderId, retryMs: this.#reconnectMs, error: String(error) };
        logger.warn("fetching from the leader failed", fields);
        await this.#sleep(this.#reconnectMs);
        this.#reconnectMs = Math.min(2 * this.#reconnectMs, Math.max(1, settings.backoffMs));
      }
    }
    this.#connection?.close();
    this.#connection = undefined;
    this.#session.reset();
    this.#isRunning = false;
  }

  /** @throws when the leader can't be reached or does not answer */
  async #fetch(): Promise<void> {
    const positions = this.#positions();
    if (positions.size === 0) return await this.#sleep(this.#idleMs());
    const { settings, brokerId, peers } = this.#environment;
    this.#connection ??= await peers.dial(this.leaderId, settings.maxWaitMs + SILENCE_MS_MAX);
    const response = await this.#connection.send(fetchApi, FETCH_VERSION, {
      replicaState: { replicaId: brokerId, replicaEpoch: this.#environment.brokerEpoch() },
      maxWaitMs: settings.maxWaitMs,
      minBytes: settings.minBytes,
      maxBytes: settings.responseMaxBytes,
      ...this.#session.request(positions),
    }, settings.timeoutMs);
    if (!this.#session.answered(response)) return;
    await this.#take(response, positions);
  }

  /** What is to be asked for now, in the order in which it was added. */
  #positions(): Map<string, FetchPosition> {
    const { clock, settings, throttle, brokerId } = this.#environment;
    const nowMs = clock.monotonicMs();
    const isCapped = throttle.isExceeded;
    const positions = new Map<string, FetchPosition>();
    for (const [key, followed] of this.#followed) {
      if (followed.restsUntilMs > nowMs || !followed.isCurrent) continue;
      if (isCapped && followed.lag !== 0 && isThrottled(followed.partition, brokerId)) continue;
      positions.set(key, followed.position(settings.partitionMaxBytes));
    }
    return positions;
  }

  #idleMs(): number {
    const nowMs = this.#environment.clock.monotonicMs();
    let idleMs = IDLE_MS;
    for (const { restsUntilMs } of this.#followed.values()) {
      if (restsUntilMs > nowMs) idleMs = Math.min(idleMs, restsUntilMs - nowMs);
    }
    return idleMs;
  }

  /** The records are views of the connection's buffer: they are appended before anything waits. */
  async #take(
    response: FetchResponse,
    positions: ReadonlyMap<string, FetchPosition>,
  ): Promise<void> {
    const { clock, throttle, brokerId, logger } = this.#environment;
    const nowMs = clock.monotonicMs();
    const flushes: Promise<void>[] = [];
    let throttledBytes = 0;
    for (const { topicId, partitions } of response.responses) {
      for (const answer of partitions) {
        const key = positionKey(topicId, answer.partitionIndex);
        const followed = this.#followed.get(key);
        const position = positions.get(key);
        if (followed === undefined || position === undefined || !followed.isCurrent) continue;
        if (position.currentLeaderEpoch !== followed.leaderEpoch) continue;
        const before = followed.errorCode;
        const bytes = followed.take(answer, position.fetchOffset, nowMs);
        const { partition, errorCode } = followed;
        if (errorCode !== ErrorCode.NONE && errorCode !== before) {
          const fields = { topic: partition.topic.name, partition: partition.index, errorCode };
          logger.debug("a follower waits for its leader", { ...fields, leader: this.leaderId });
        }
        if (bytes === 0) continue;
        if (isThrottled(partition, brokerId)) throttledBytes += bytes;
        if (isFlushWanted(partition)) flushes.push(flush(partition));
      }
    }
    throttle.record(throttledBytes);
    // The next request tells the leader what is safe here: by the policy, what is flushed.
    if (flushes.length > 0) await Promise.all(flushes);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        this.#wake = undefined;
        resolve();
      };
      const timer = this.#environment.clock.schedule(ms, done);
      this.#wake = done;
    });
  }
}

function isThrottled({ topic, index }: Partition, brokerId: number): boolean {
  return topic.settings.followerThrottled.has(index, brokerId);
}

function isFlushWanted({ log }: Partition): boolean {
  return log.endOffset - log.flushedOffset >= log.config.flushMessages;
}

/** A failure takes the replica offline, which ends its fetching. */
async function flush(partition: Partition): Promise<void> {
  try {
    await partition.log.flush();
  } catch (error) {
    partition.failedWith(error);
  }
}
