import type { Uuid } from "../base/uuid.ts";
import { DiskError } from "../io/disk.ts";
import { CorruptLogError } from "../log/log_reader.ts";
import type { EpochEnd, LogSlice, PartitionLog } from "../log/partition_log.ts";
import type { PartitionRegistration } from "../metadata/image/topics_image.ts";
import { CompressionError } from "../protocol/compression/codec.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { CorruptBatchError } from "../protocol/records/corrupt_batch_error.ts";
import { PartitionWaiters } from "./fetch_waiters.ts";
import type { PartitionEnvironment, StorageFailure } from "./partition_environment.ts";
import { CommittedEnd } from "./replication/committed_end.ts";
import { FollowerLog } from "./replication/follower_log.ts";
import type { FollowerFetch } from "./replication/follower_progress.ts";
import { type IsrProposal, Leadership } from "./replication/leadership.ts";
import { type OffsetWait, OffsetWaiters } from "./replication/offset_waiters.ts";
import type { TopicState } from "./topic_state.ts";

export type { LogSlice } from "../log/partition_log.ts";
export type { StorageFailure } from "./partition_environment.ts";

/** What became of a batch that a producer sent. */
export type ProduceOutcome =
  | {
    readonly kind: "appended";
    readonly baseOffset: number;
    readonly lastOffset: number;
    /** Settles when the flush policy of the topic is met; undefined when it already is. */
    readonly durable: Promise<void> | undefined;
  }
  | {
    readonly kind: "duplicate";
    readonly baseOffset: number;
    readonly lastOffset: number;
    readonly appendTimeMs: number;
    readonly durable: Promise<void> | undefined;
  }
  | { readonly kind: "rejected"; readonly errorCode: number; readonly message: string };

/** Which records a reader may see; replicas see all, to the log end. */
export type Isolation = "read_uncommitted" | "read_committed" | "log_end";

const NO_FOLLOWERS: ReadonlyMap<number, never> = new Map<number, never>();

/**
 * One replica of one partition on this broker, and the only writer of its log. The metadata give it
 * its role by {@link assume}: it leads in a leader epoch, or follows who does.
 *
 * A leader of one replica commits what it has appended; where the topic's flush policy asks for it,
 * it waits for the flush, and a reader never sees a record that the policy does not yet call safe.
 * With more replicas the high watermark waits for all that are in sync: see {@link Leadership}.
 */
export class Partition {
  /** Those who wait for records to become visible. */
  readonly waiters = new PartitionWaiters();
  /** Followers that wait for records at the log end. */
  readonly followerWaiters = new PartitionWaiters();
  /** What this replica does while it follows. */
  readonly following: FollowerLog;
  readonly #committed: CommittedEnd;
  readonly #lowWatermarks = new OffsetWaiters();
  #leaderId = -1;
  #leaderEpoch = -1;
  #isLeader = false;
  /** Set while this replica leads others. */
  #leadership: Leadership | undefined;
  #replicas: readonly number[] = [];
  #isr: readonly number[] = [];
  /** What of a leader's log counts for the high watermark, by the flush policy. */
  #ownEndOffset = 0;
  #flushing: Promise<void> | undefined;
  #failure: StorageFailure | undefined;
  #removed = false;

  constructor(
    readonly topic: TopicState,
    readonly index: number,
    readonly log: PartitionLog,
    private readonly environment: PartitionEnvironment<Partition>,
  ) {
    this.#committed = new CommittedEnd(log, this.waiters);
    this.following = new FollowerLog(this, log, this.#committed, environment.logger);
  }

  get topicId(): Uuid {
    return this.topic.id;
  }

  /** Of the leader that this replica is or follows; -1 before the first. */
  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }

  /** Broker id of the leader; -1 when there is none. */
  get leaderId(): number {
    return this.#leaderId;
  }

  get isLeader(): boolean {
    return this.#isLeader;
  }

  /** What this replica knows as the leader of others; undefined when it is not. */
  get leadership(): Leadership | undefined {
    return this.#leadership;
  }

  /** All below it is committed and visible to consumers. */
  get highWatermark(): number {
    return this.#committed.offset;
  }

  /** The end of what read_committed sees: no open transaction begins below it. */
  get lastStableOffset(): number {
    const unstable = this.log.firstUnstableOffset(this.#committed.offset);
    return unstable === undefined
      ? this.#committed.offset
      : Math.min(unstable, this.#committed.offset);
  }

  /** False once the disk has failed or the topic is deleted. */
  get isOnline(): boolean {
    return this.#failure === undefined && !this.#removed;
  }

  /** Broker ids, the preferred leader first. */
  get replicas(): readonly number[] {
    return this.#replicas;
  }

  get replicaCount(): number {
    return this.#replicas.length;
  }

  /** Broker ids of the committed in-sync set. */
  get isr(): readonly number[] {
    return this.#leadership?.isr ?? this.#isr;
  }

  get inSyncReplicaCount(): number {
    return this.isr.length;
  }

  /** Too few replicas are in sync for acks=all; a replica that does not exist is not missed. */
  get isUnderMinInSync(): boolean {
    const wanted = Math.min(this.topic.settings.minInsyncReplicas, this.#replicas.length);
    return this.isr.length < wanted;
  }

  /**
   * The smallest log start offset of the replicas that are up, as far as they have told.
   * @param isUp whether the broker is registered and not fenced
   */
  lowWatermark(isUp: (brokerId: number) => boolean): number {
    let lowest = this.log.startOffset;
    for (const [id, { logStartOffset }] of this.#leadership?.followers ?? NO_FOLLOWERS) {
      if (logStartOffset < lowest && isUp(id)) lowest = logStartOffset;
    }
    return lowest;
  }

  visibleEnd(isolation: Isolation): number {
    switch (isolation) {
      case "read_committed":
        return this.lastStableOffset;
      case "read_uncommitted":
        return this.#committed.offset;
      case "log_end":
        return this.log.endOffset;
    }
  }

  /** Why the replica can't serve, whatever its role, or NONE. */
  availability(): number {
    if (this.#removed) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return this.#failure === undefined ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR;
  }

  /** Why the replica can't do what a leader does, or NONE. */
  leaderAvailability(): number {
    const unavailable = this.availability();
    if (unavailable !== ErrorCode.NONE) return unavailable;
    return this.#isLeader ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /** The check of KIP-320: does the client speak of the leader epoch that we are in? -1 skips. */
  checkLeaderEpoch(currentLeaderEpoch: number): number {
    if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.#leaderEpoch) return ErrorCode.NONE;
    return currentLeaderEpoch < this.#leaderEpoch
      ? ErrorCode.FENCED_LEADER_EPOCH
      : ErrorCode.UNKNOWN_LEADER_EPOCH;
  }

  /**
   * Takes the role that the metadata give this replica. Does nothing when it has it already.
   * @returns whether the leader or its epoch is another than before
   */
  assume(registration: PartitionRegistration): boolean {
    const { leader, leaderEpoch, replicas, isr } = registration;
    if (leaderEpoch < this.#leaderEpoch) return false;
    const isNew = leaderEpoch > this.#leaderEpoch || leader !== this.#leaderId;
    this.#leaderId = leader;
    this.#leaderEpoch = leaderEpoch;
    this.#replicas = replicas;
    this.#isr = isr;
    if (leader === this.environment.brokerId) this.#lead(registration, isNew);
    else if (isNew) this.#resign();
    if (isNew) this.#wakeAll();
    return isNew;
  }

  /**
   * Appends one validated batch as leader. Its offsets and leader epoch are written into `batch`
   * itself.
   *
   * @param mustStartAtZero a producer that is not known here can begin with sequence 0 alone
   */
  append(batch: Uint8Array, mustStartAtZero = false): ProduceOutcome {
    const unavailable = this.leaderAvailability();
    if (unavailable !== ErrorCode.NONE) return notAppended(unavailable);
    let result;
    try {
      result = this.log.append(batch, this.#leaderEpoch, mustStartAtZero);
    } catch (error) {
      return this.#storageError(error);
    }
    if (result.kind === "rejected") return result;
    if (result.kind === "duplicate") {
      const durable = result.lastOffset < this.#committed.offset ? undefined : this.#flushing;
      const { baseOffset, lastOffset, appendTimeMs } = result;
      return { kind: "duplicate", baseOffset, lastOffset, appendTimeMs, durable };
    }
    const { baseOffset, lastOffset } = result;
    const durable = this.#appended(batch.length);
    return { kind: "appended", baseOffset, lastOffset, durable };
  }

  /**
   * Waits until everything below `offset` is committed: NONE, or NOT_LEADER_OR_FOLLOWER when this
   * replica ceases to lead before that (the records may be committed or lost then),
   * KAFKA_STORAGE_ERROR or UNKNOWN_TOPIC_OR_PARTITION. Undefined when it is committed already.
   */
  whenCommitted(offset: number): OffsetWait | undefined {
    return offset <= this.#committed.offset ? undefined : this.#committed.commits.add(offset);
  }

  /** Waits until the log start of every replica that is up may have reached `offset`. */
  whenStartReaches(offset: number): OffsetWait {
    return this.#lowWatermarks.add(offset);
  }

  /**
   * A follower has fetched from this replica: notes how far it is, which may move the high
   * watermark, and may make it a candidate for the in-sync set.
   *
   * @returns NONE, or why the broker is no follower of this replica
   */
  followerFetched(fetch: FollowerFetch): number {
    const leadership = this.#leadership;
    if (leadership === undefined) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    const { clock } = this.environment;
    const { brokerId, brokerEpoch } = fetch;
    // What a broker sent before it was registered anew may tell of another log (KIP-903).
    const isStale = brokerEpoch >= 0 && brokerEpoch < this.environment.registeredEpoch(brokerId);
    if (isStale || !leadership.fetched(fetch, this.log.endOffset, clock.monotonicMs())) {
      return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    }
    if (leadership.mayJoin(brokerId, this.#committed.offset)) {
      this.#propose(leadership, [...leadership.isr, brokerId]);
    }
    this.#advanceCommitted(leadership);
    if (this.#lowWatermarks.count > 0) this.#lowWatermarks.reached(this.lowWatermark(() => true));
    return ErrorCode.NONE;
  }

  /** Proposes to drop members of the in-sync set that have lagged for too long. */
  dropLaggards(): void {
    const leadership = this.#leadership;
    if (leadership === undefined || leadership.proposal !== undefined) return;
    const nowMs = this.environment.clock.monotonicMs();
    const laggards = leadership.laggards(this.log.endOffset, nowMs);
    if (laggards.length === 0) return;
    this.#propose(leadership, leadership.isr.filter((id) => !laggards.includes(id)));
  }

  /** The controller has committed the in-sync set, in whichever way this broker heard of it. */
  isrCommitted(leaderEpoch: number, isr: readonly number[], partitionEpoch: number): void {
    const leadership = this.#leadership;
    if (leadership === undefined || leaderEpoch !== this.#leaderEpoch) return;
    leadership.commitIsr(isr, partitionEpoch);
    this.#advanceCommitted(leadership);
  }

  /** The controller has refused the change: the set is as it was. */
  isrRefused(proposal: IsrProposal): void {
    this.#leadership?.withdraw(proposal);
    if (this.#leadership !== undefined) this.#advanceCommitted(this.#leadership);
  }

  /** Whole batches from the one that holds `offset` on, up to what `isolation` may see. */
  read(
    offset: number,
    options: {
      readonly maxBytes: number;
      readonly isolation: Isolation;
      readonly atLeastOneBatch: boolean;
    },
  ): LogSlice | Promise<LogSlice> {
    const { maxBytes, atLeastOneBatch } = options;
    const upTo = this.visibleEnd(options.isolation);
    return this.log.read(offset, { maxBytes, upTo, atLeastOneBatch });
  }

  /** Where `epoch` ends: see `PartitionLog.endOffsetForEpoch`. Ours ends with the log. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    // An epoch that has written nothing yet is not in the log, and clients know it all the same.
    return epoch === this.#leaderEpoch
      ? { epoch, endOffset: this.log.endOffset }
      : this.log.endOffsetForEpoch(epoch);
  }

  /**
   * What those are to be answered with for whom the log threw `error`. Where the storage is to
   * blame the partition stops serving, but a full disk may have room again; a batch whose records
   * make no sense is its producer's fault.
   *
   * @throws {unknown} `error` itself when it is about something else
   */
  failedWith(error: unknown): number {
    if (error instanceof DiskError || error instanceof CorruptLogError) {
      if (error instanceof DiskError && error.kind === "noSpace") {
        this.environment.storageFailed(this, error);
      } else this.markFailed(error);
      return this.#removed ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.KAFKA_STORAGE_ERROR;
    }
    if (error instanceof CorruptBatchError || error instanceof CompressionError) {
      return ErrorCode.CORRUPT_MESSAGE;
    }
    throw error;
  }

  /** Moves the log start offset up (DeleteRecords); -1 stands for the high watermark. */
  deleteRecordsBefore(
    offset: number,
  ): { readonly errorCode: number; readonly lowWatermark: number } {
    const target = offset === -1 ? this.#committed.offset : offset;
    if (target < 0 || target > this.#committed.offset) {
      return { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, lowWatermark: -1 };
    }
    try {
      if (target > this.log.startOffset) this.log.advanceStartOffset(target);
    } catch (error) {
      return { errorCode: this.failedWith(error), lowWatermark: -1 };
    }
    // Followers hear of it with their next answer.
    this.followerWaiters.changed();
    return { errorCode: ErrorCode.NONE, lowWatermark: this.log.startOffset };
  }

  /** The topic is gone: nothing is accepted any more and those who wait are answered. */
  markRemoved(): void {
    this.#removed = true;
    this.#endWaits(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    this.#wakeAll();
  }

  /** The storage failed outside of an append; the partition stops serving. */
  markFailed(error: StorageFailure): void {
    // The files of a deleted topic may be gone under a read that is still on its way.
    if (this.#failure !== undefined || this.#removed) return;
    this.#failure = error;
    this.environment.storageFailed(this, error);
    this.#endWaits(ErrorCode.KAFKA_STORAGE_ERROR);
    this.#wakeAll();
  }

  #lead(registration: PartitionRegistration, isNew: boolean): void {
    const wasLeader = this.#isLeader;
    this.#isLeader = true;
    if (isNew && !wasLeader) this.#ownEndOffset = this.log.endOffset;
    if (registration.replicas.length === 1) {
      this.#leadership = undefined;
      this.#committed.advance(this.#ownEndOffset);
      return;
    }
    const nowMs = this.environment.clock.monotonicMs();
    if (this.#leadership === undefined) {
      if (!this.#beginEpoch()) return;
      const { brokerId } = this.environment;
      const { endOffset } = this.log;
      const { leaderEpoch } = registration;
      this.#leadership = new Leadership(brokerId, leaderEpoch, endOffset, this.environment);
      this.#leadership.adopt(registration, nowMs);
    } else if (isNew) {
      if (!this.#beginEpoch()) return;
      this.#leadership.renew(registration, this.log.endOffset, nowMs);
    } else {
      this.#leadership.adopt(registration, nowMs);
    }
    this.#advanceCommitted(this.#leadership);
  }

  /** So that followers can tell where the records of the leader before us end. */
  #beginEpoch(): boolean {
    if (this.log.failure !== undefined) return false;
    try {
      this.log.assignEpoch(this.#leaderEpoch);
      return true;
    } catch (error) {
      this.failedWith(error);
      return false;
    }
  }

  #resign(): void {
    if (this.#isLeader) this.following.leaveLeadership();
    this.#isLeader = false;
    this.#leadership = undefined;
    this.#endWaits(ErrorCode.NOT_LEADER_OR_FOLLOWER);
  }

  #endWaits(errorCode: number): void {
    this.#committed.commits.fail(errorCode);
    this.#lowWatermarks.fail(errorCode);
  }

  #wakeAll(): void {
    this.waiters.changed();
    this.followerWaiters.changed();
  }

  #propose(leadership: Leadership, isr: readonly number[]): void {
    this.environment.isrProposed(this, leadership.propose(isr));
  }

  #appended(bytes: number): Promise<void> | undefined {
    this.#committed.appended(bytes);
    const unflushed = this.log.endOffset - this.log.flushedOffset;
    let flush: Promise<void> | undefined;
    if (this.#flushing === undefined && unflushed < this.log.config.flushMessages) {
      this.#ownEndReached(this.log.endOffset);
    } else {
      // A flush that is under way began before this append and does not cover it.
      flush = this.#flushAndAdvance(this.#leaderEpoch);
      // Nobody may be waiting for it (acks=0), and its failure has been reported by then.
      flush.catch(() => undefined);
      this.#flushing = flush;
    }
    if (this.#leadership !== undefined) this.followerWaiters.advanced(bytes);
    return flush;
  }

  async #flushAndAdvance(leaderEpoch: number): Promise<void> {
    try {
      await this.log.flush();
    } catch (error) {
      if (error instanceof DiskError) this.markFailed(error);
      throw error;
    }
    if (this.log.flushedOffset >= this.log.endOffset) this.#flushing = undefined;
    if (this.#isLeader && leaderEpoch === this.#leaderEpoch) {
      this.#ownEndReached(this.log.flushedOffset);
    }
  }

  /** The leader's own log counts up to `offset`. */
  #ownEndReached(offset: number): void {
    this.#ownEndOffset = offset;
    if (this.#leadership === undefined) this.#committed.advance(offset);
    else this.#advanceCommitted(this.#leadership);
  }

  /** Below min.insync.replicas nothing is committed (KIP-966). */
  #advanceCommitted(leadership: Leadership): void {
    if (this.isUnderMinInSync) return;
    const nowMs = this.environment.clock.monotonicMs();
    const { endOffset } = this.log;
    this.#committed.advance(leadership.committedOffset(this.#ownEndOffset, endOffset, nowMs));
  }

  #storageError(error: unknown): ProduceOutcome {
    return {
      kind: "rejected",
      errorCode: this.failedWith(error),
      message: "The record batch could not be written to the log.",
    };
  }
}

function notAppended(errorCode: number): ProduceOutcome {
  const message = errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER
    ? "This broker does not lead the partition."
    : "The partition is not available.";
  return { kind: "rejected", errorCode, message };
}
