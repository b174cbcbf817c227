/** The reading half of Fetch: what each partition of a request is answered with. */
import type { Broker } from "../broker/broker.ts";
import { CLUSTER_LISTENER } from "../broker/cluster/peers.ts";
import type { FetchTarget } from "../broker/fetch_sessions.ts";
import type { PartitionWaiters } from "../broker/fetch_waiters.ts";
import type { Isolation, LogSlice, Partition } from "../broker/partition.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import type { FetchRequest } from "../protocol/generated/fetch_request.ts";
import type {
  AbortedTransaction,
  PartitionDataInit,
} from "../protocol/generated/fetch_response.ts";
import type { RecordsInit } from "../protocol/wire/byte_writer.ts";
import type { RequestContext } from "./route.ts";

/** From this version on topics are named by id. */
export const TOPIC_IDS_FROM = 13;
/** From this version on consumers may be sent to, and read from, followers (KIP-392). */
const READ_FOLLOWERS_FROM = 11;
/** Tools that compare replicas name themselves so, and may read any. */
const DEBUGGING_REPLICA = -2;

/** Who fetches. */
export type FetchReader =
  | {
    readonly kind: "consumer";
    readonly isolation: Isolation;
    /** Empty when it has none. */
    readonly rack: string;
    /** Whether it may be served by a replica that does not lead. */
    readonly readsFollowers: boolean;
  }
  | {
    readonly kind: "follower";
    readonly isolation: "log_end";
    readonly brokerId: number;
    readonly brokerEpoch: number;
  };

/** What one partition is answered with. */
export interface PartitionAnswer {
  readonly target: FetchTarget;
  readonly partition: Partition | undefined;
  readonly fields: PartitionDataInit;
  readonly slice: LogSlice | undefined;
  /** End of what the reader could see. */
  readonly visibleEnd: number;
  /** With a diverging epoch or a preferred replica, which are told at once. */
  readonly redirects: boolean;
}

/** One look at all partitions of a request. */
export interface FetchRound {
  readonly answers: PartitionAnswer[];
  recordBytes: number;
  /** An error or a redirection is told at once. */
  urgent: boolean;
}

/** Who sent the request; undefined for a follower that did not come in by the cluster's port. */
export function readerOf(context: RequestContext, request: FetchRequest): FetchReader | undefined {
  const { replicaState, isolationLevel, rackId } = request;
  const brokerId = replicaState.replicaId >= 0 ? replicaState.replicaId : request.replicaId;
  if (brokerId >= 0) {
    if (context.connection.listenerName !== CLUSTER_LISTENER) return undefined;
    return {
      kind: "follower",
      isolation: "log_end",
      brokerId,
      brokerEpoch: replicaState.replicaEpoch,
    };
  }
  return {
    kind: "consumer",
    isolation: isolationLevel === 1 ? "read_committed" : "read_uncommitted",
    rack: rackId,
    readsFollowers: context.apiVersion >= READ_FOLLOWERS_FROM || brokerId === DEBUGGING_REPLICA,
  };
}

/** Where somebody who waits for more of the partition does so. */
export function waitersOf({ kind }: FetchReader, partition: Partition): PartitionWaiters {
  return kind === "follower" ? partition.followerWaiters : partition.waiters;
}

/** Whether the answer has become wrong since it was made. */
export function isOutdated({ isolation }: FetchReader, answer: PartitionAnswer): boolean {
  const { target, partition, visibleEnd } = answer;
  return partition !== undefined &&
    (partition.visibleEnd(isolation) !== visibleEnd || !partition.isOnline ||
      partition.checkLeaderEpoch(target.currentLeaderEpoch) !== ErrorCode.NONE);
}

function addTo(round: FetchRound, answer: PartitionAnswer): void {
  round.answers.push(answer);
  round.recordBytes += answer.slice === undefined ? 0 : answer.slice.bytes;
  if (answer.redirects || answer.fields.errorCode !== ErrorCode.NONE) round.urgent = true;
}

export function releaseAll(round: FetchRound): void {
  for (const { slice } of round.answers) slice?.release();
}

/** Reads the partitions of one request, again whenever there may be more. */
export class FetchReading {
  /** A follower tells how far it is once, however often its request is looked at. */
  #isFirstRound = true;

  constructor(
    private readonly broker: Broker,
    private readonly apiVersion: number,
    private readonly reader: FetchReader,
  ) {}

  /** At once when all that is asked for is in memory or cheap to get. */
  round(targets: readonly FetchTarget[], maxBytes: number): FetchRound | Promise<FetchRound> {
    const round: FetchRound = { answers: [], recordBytes: 0, urgent: false };
    try {
      for (let index = 0; index < targets.length; index++) {
        const found = this.#next(round, targets[index]!, maxBytes);
        if (found instanceof Promise) return this.#rest(round, targets, index, maxBytes, found);
        addTo(round, found);
      }
    } catch (error) {
      releaseAll(round);
      throw error;
    }
    this.#isFirstRound = false;
    return round;
  }

  /** Finishes a round of which the partition at `index` is still being read. */
  async #rest(
    round: FetchRound,
    targets: readonly FetchTarget[],
    index: number,
    maxBytes: number,
    pending: Promise<PartitionAnswer>,
  ): Promise<FetchRound> {
    try {
      addTo(round, await pending);
      for (let next = index + 1; next < targets.length; next++) {
        const found = this.#next(round, targets[next]!, maxBytes);
        addTo(round, found instanceof Promise ? await found : found);
      }
    } catch (error) {
      releaseAll(round);
      throw error;
    }
    this.#isFirstRound = false;
    return round;
  }

  #next(
    round: FetchRound,
    target: FetchTarget,
    maxBytes: number,
  ): PartitionAnswer | Promise<PartitionAnswer> {
    const remainingBytes = Math.max(0, maxBytes - round.recordBytes);
    return this.#target(target, {
      maxBytes: Math.min(remainingBytes, target.partitionMaxBytes),
      isolation: this.reader.isolation,
      atLeastOneBatch: round.recordBytes === 0,
    });
  }

  #target(target: FetchTarget, limits: ReadLimits): PartitionAnswer | Promise<PartitionAnswer> {
    const { partitions } = this.broker;
    if (this.apiVersion >= TOPIC_IDS_FROM) {
      // The name may have become known, or the topic may be gone, since the session began.
      target.topic = partitions.nameOf(target.topicId) ?? "";
      if (target.topic === "") return failed(target, undefined, ErrorCode.UNKNOWN_TOPIC_ID);
    }
    const partition = partitions.find(target.topic, target.partition);
    if (partition === undefined) {
      const missing = partitions.whyMissing(target.topic, target.partition);
      return failed(target, undefined, this.#storageError(missing));
    }
    const errorCode = this.#refusal(partition) ||
      partition.checkLeaderEpoch(target.currentLeaderEpoch);
    if (errorCode !== ErrorCode.NONE) {
      return failed(target, partition, this.#storageError(errorCode));
    }
    const { leaderEpoch } = partition;
    try {
      const result = this.#partition(partition, target, limits);
      if (!(result instanceof Promise)) return result;
      return result.catch((error) => this.#unreadable(partition, leaderEpoch, target, error));
    } catch (error) {
      return this.#unreadable(partition, leaderEpoch, target, error);
    }
  }

  #refusal(partition: Partition): number {
    const { reader } = this;
    return reader.kind === "consumer" && reader.readsFollowers
      ? partition.availability()
      : partition.leaderAvailability();
  }

  #unreadable(
    partition: Partition,
    leaderEpoch: number,
    target: FetchTarget,
    error: unknown,
  ): PartitionAnswer {
    // A replica that ceased to lead may have cut its log below what was being read.
    const errorCode = partition.leaderEpoch === leaderEpoch
      ? partition.failedWith(error)
      : ErrorCode.NOT_LEADER_OR_FOLLOWER;
    return failed(target, partition, this.#storageError(errorCode));
  }

  /** @throws {DiskError | CorruptLogError} or rejects with it */
  #partition(
    partition: Partition,
    target: FetchTarget,
    limits: ReadLimits,
  ): PartitionAnswer | Promise<PartitionAnswer> {
    const { isolation } = this.reader;
    const { fetchOffset } = target;
    const { log } = partition;
    const diverging = divergingEpoch(partition, target);
    if (diverging !== undefined && diverging.epoch >= 0) {
      return redirected(target, partition, isolation, { divergingEpoch: diverging });
    }
    if (diverging !== undefined || fetchOffset < log.startOffset || fetchOffset > log.endOffset) {
      return this.#outOfRange(target, partition);
    }
    const errorCode = this.#noteProgress(partition, target);
    if (errorCode !== ErrorCode.NONE) return failed(target, partition, errorCode);
    const preferredReadReplica = this.#preferredReplica(partition, fetchOffset);
    if (preferredReadReplica >= 0) {
      return redirected(target, partition, isolation, { preferredReadReplica });
    }
    const isFull = limits.maxBytes <= 0 && !limits.atLeastOneBatch;
    const visibleEnd = partition.visibleEnd(isolation);
    if (isFull || fetchOffset >= visibleEnd || this.#isThrottled(partition)) {
      return succeeded(target, partition, undefined, isolation, visibleEnd);
    }
    const slice = partition.read(fetchOffset, limits);
    if (slice instanceof Promise) {
      return slice.then((read) => succeeded(target, partition, read, isolation, visibleEnd));
    }
    return succeeded(target, partition, slice, isolation, visibleEnd);
  }

  /** A follower is told besides where the log begins, so that it can begin there as well. */
  #outOfRange(target: FetchTarget, partition: Partition): PartitionAnswer {
    const answer = failed(target, partition, ErrorCode.OFFSET_OUT_OF_RANGE);
    if (this.reader.kind === "consumer") return answer;
    const logStartOffset = partition.log.startOffset;
    return { ...answer, fields: { ...answer.fields, logStartOffset } };
  }

  /** A follower that asks for an offset has everything below it. */
  #noteProgress(partition: Partition, { fetchOffset, logStartOffset }: FetchTarget): number {
    const { reader } = this;
    if (reader.kind === "consumer" || !this.#isFirstRound) return ErrorCode.NONE;
    const { brokerId, brokerEpoch } = reader;
    return partition.followerFetched({ brokerId, brokerEpoch, fetchOffset, logStartOffset });
  }

  #preferredReplica(partition: Partition, fetchOffset: number): number {
    const { reader } = this;
    return reader.kind === "consumer" && reader.readsFollowers && partition.leadership !== undefined
      ? this.broker.partitions.readReplicas.preferredFor(partition, reader.rack, fetchOffset)
      : -1;
  }

  /** The follower lags, its replication is capped, and the cap is reached. */
  #isThrottled(partition: Partition): boolean {
    const { reader } = this;
    if (reader.kind === "consumer" || partition.isr.includes(reader.brokerId)) return false;
    return isLeaderThrottled(this.broker, partition) &&
      this.broker.partitions.leaderThrottle.isExceeded;
  }

  #storageError(errorCode: number): number {
    return errorCode === ErrorCode.KAFKA_STORAGE_ERROR && this.apiVersion <= 5
      ? ErrorCode.NOT_LEADER_OR_FOLLOWER
      : errorCode;
  }
}

/** Whether what followers fetch from the partition counts against the cap of this broker. */
export function isLeaderThrottled({ identity }: Broker, { topic, index }: Partition): boolean {
  return topic.settings.leaderThrottled.has(index, identity.brokerId);
}

interface ReadLimits {
  readonly maxBytes: number;
  readonly isolation: Isolation;
  readonly atLeastOneBatch: boolean;
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

/** An answer that tells an error and no records. */
export function failed(
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
  return { target, partition, fields, slice: undefined, visibleEnd: -1, redirects: false };
}

function redirected(
  target: FetchTarget,
  partition: Partition,
  isolation: Isolation,
  where: Pick<PartitionDataInit, "divergingEpoch" | "preferredReadReplica">,
): PartitionAnswer {
  const fields = { ...fieldsOf(partition, target, EMPTY, null), ...where };
  const visibleEnd = partition.visibleEnd(isolation);
  return { target, partition, fields, slice: undefined, visibleEnd, redirects: true };
}

function succeeded(
  target: FetchTarget,
  partition: Partition,
  slice: LogSlice | undefined,
  isolation: Isolation,
  visibleEnd: number,
): PartitionAnswer {
  const upTo = slice === undefined ? target.fetchOffset : slice.nextOffset;
  try {
    const aborted = isolation === "read_committed"
      ? partition.log.abortedTransactions(target.fetchOffset, upTo)
      : null;
    const records = slice === undefined ? EMPTY : slice.chunks;
    const fields = fieldsOf(partition, target, records, aborted);
    return { target, partition, fields, slice, visibleEnd, redirects: false };
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
