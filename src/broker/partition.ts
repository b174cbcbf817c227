import type { Uuid } from "../base/uuid.ts";
import { DiskError } from "../io/disk.ts";
import { CorruptLogError } from "../log/log_reader.ts";
import type { EpochEnd, LogSlice, PartitionLog } from "../log/partition_log.ts";
import { CompressionError } from "../protocol/compression/codec.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { CorruptBatchError } from "../protocol/records/corrupt_batch_error.ts";
import { PartitionWaiters } from "./fetch_waiters.ts";
import type { TopicState } from "./topic_state.ts";

export type { LogSlice } from "../log/partition_log.ts";

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
    readonly appendTimeMs: number;
    readonly durable: Promise<void> | undefined;
  }
  | { readonly kind: "rejected"; readonly errorCode: number; readonly message: string };

/** Why a replica can't serve: the disk failed under its log, or holds something else in it. */
export type StorageFailure = DiskError | CorruptLogError;

/** Which records a reader may see. */
export type Isolation = "read_uncommitted" | "read_committed";

/**
 * One replica of one partition on this broker, and the only writer of its log.
 *
 * With one broker the in-sync set is the leader alone, so the high watermark follows the log end
 * offset; where the topic's flush policy asks for it, it waits for the flush, and a reader never
 * sees a record that the policy does not yet call safe.
 */
export class Partition {
  readonly waiters = new PartitionWaiters();
  #leaderEpoch: number;
  #highWatermark: number;
  #flushing: Promise<void> | undefined;
  #unannouncedBytes = 0;
  #failure: StorageFailure | undefined;
  #removed = false;

  constructor(
    readonly topic: TopicState,
    readonly index: number,
    readonly log: PartitionLog,
    leaderEpoch: number,
    /** Told once when the storage fails under the log, and of every append without room. */
    private readonly onFailure: (partition: Partition, error: StorageFailure) => void,
  ) {
    this.#leaderEpoch = leaderEpoch;
    this.#highWatermark = log.endOffset;
    log.highWatermark = log.endOffset;
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }

  /** This replica leads in `epoch` from now on. Does nothing when it does already. */
  leadAt(epoch: number): void {
    if (epoch <= this.#leaderEpoch) return;
    this.#leaderEpoch = epoch;
    this.waiters.changed();
  }

  get topicId(): Uuid {
    return this.topic.id;
  }

  /** All below it is committed and visible to consumers. */
  get highWatermark(): number {
    return this.#highWatermark;
  }

  /** The end of what read_committed sees: no open transaction begins below it. */
  get lastStableOffset(): number {
    const unstable = this.log.firstUnstableOffset(this.#highWatermark);
    return unstable === undefined ? this.#highWatermark : Math.min(unstable, this.#highWatermark);
  }

  /** False once the disk has failed or the topic is deleted. */
  get isOnline(): boolean {
    return this.#failure === undefined && !this.#removed;
  }

  /** With one broker, the leader alone. */
  get replicaCount(): number {
    return 1;
  }

  /** With one broker, the leader alone. */
  get inSyncReplicaCount(): number {
    return 1;
  }

  /** Too few replicas are in sync for acks=all; a replica that does not exist is not missed. */
  get isUnderMinInSync(): boolean {
    const wanted = Math.min(this.topic.settings.minInsyncReplicas, this.replicaCount);
    return this.inSyncReplicaCount < wanted;
  }

  visibleEnd(isolation: Isolation): number {
    return isolation === "read_committed" ? this.lastStableOffset : this.#highWatermark;
  }

  /** Why the partition can't serve, or NONE. */
  availability(): number {
    if (this.#removed) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    return this.#failure === undefined ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR;
  }

  /** The check of KIP-320: does the client speak of the leader epoch that we are in? -1 skips. */
  checkLeaderEpoch(currentLeaderEpoch: number): number {
    if (currentLeaderEpoch < 0 || currentLeaderEpoch === this.leaderEpoch) return ErrorCode.NONE;
    return currentLeaderEpoch < this.leaderEpoch
      ? ErrorCode.FENCED_LEADER_EPOCH
      : ErrorCode.UNKNOWN_LEADER_EPOCH;
  }

  /**
   * Appends one validated batch. Its offsets and leader epoch are written into `batch` itself.
   *
   * @param mustStartAtZero a producer that is not known here can begin with sequence 0 alone
   */
  append(batch: Uint8Array, mustStartAtZero = false): ProduceOutcome {
    const unavailable = this.availability();
    if (unavailable !== ErrorCode.NONE) {
      return {
        kind: "rejected",
        errorCode: unavailable,
        message: "The partition is not available.",
      };
    }
    let result;
    try {
      result = this.log.append(batch, this.leaderEpoch, mustStartAtZero);
    } catch (error) {
      return this.#storageError(error);
    }
    if (result.kind === "rejected") return result;
    if (result.kind === "duplicate") {
      const durable = result.lastOffset < this.#highWatermark ? undefined : this.#flushing;
      const { baseOffset, appendTimeMs } = result;
      return { kind: "duplicate", baseOffset, appendTimeMs, durable };
    }
    const { baseOffset, lastOffset } = result;
    const durable = this.#commit(batch.length);
    return { kind: "appended", baseOffset, lastOffset, durable };
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
      if (error instanceof DiskError && error.kind === "noSpace") this.onFailure(this, error);
      else this.markFailed(error);
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
    const target = offset === -1 ? this.#highWatermark : offset;
    if (target < 0 || target > this.#highWatermark) {
      return { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE, lowWatermark: -1 };
    }
    try {
      if (target > this.log.startOffset) this.log.advanceStartOffset(target);
    } catch (error) {
      return { errorCode: this.failedWith(error), lowWatermark: -1 };
    }
    return { errorCode: ErrorCode.NONE, lowWatermark: this.log.startOffset };
  }

  /** The topic is gone: nothing is accepted any more and those who wait are answered. */
  markRemoved(): void {
    this.#removed = true;
    this.waiters.changed();
  }

  /** The storage failed outside of an append; the partition stops serving. */
  markFailed(error: StorageFailure): void {
    // The files of a deleted topic may be gone under a read that is still on its way.
    if (this.#failure !== undefined || this.#removed) return;
    this.#failure = error;
    this.onFailure(this, error);
    this.waiters.changed();
  }

  #commit(appendedBytes: number): Promise<void> | undefined {
    this.#unannouncedBytes += appendedBytes;
    const unflushed = this.log.endOffset - this.log.flushedOffset;
    if (this.#flushing === undefined && unflushed < this.log.config.flushMessages) {
      this.#advanceHighWatermark(this.log.endOffset);
      return undefined;
    }
    // A flush that is under way began before this append and does not cover it.
    const flush = this.#flushAndAdvance();
    // Nobody may be waiting for it (acks=0), and its failure has been reported by then.
    flush.catch(() => undefined);
    this.#flushing = flush;
    return flush;
  }

  async #flushAndAdvance(): Promise<void> {
    try {
      await this.log.flush();
    } catch (error) {
      if (error instanceof DiskError) this.markFailed(error);
      throw error;
    }
    if (this.log.flushedOffset >= this.log.endOffset) this.#flushing = undefined;
    this.#advanceHighWatermark(this.log.flushedOffset);
  }

  #advanceHighWatermark(offset: number): void {
    if (offset <= this.#highWatermark) return;
    this.#highWatermark = offset;
    this.log.highWatermark = offset;
    const bytes = this.#unannouncedBytes;
    this.#unannouncedBytes = 0;
    this.waiters.advanced(bytes);
  }

  #storageError(error: unknown): ProduceOutcome {
    return {
      kind: "rejected",
      errorCode: this.failedWith(error),
      message: "The record batch could not be written to the log.",
    };
  }
}
