import type { Uuid } from "../base/uuid.ts";
import { type AbortedTransaction } from "./transaction_index.ts";
import { findAborted } from "./aborted_transactions.ts";
import { LogCleaning } from "./compaction/log_cleaning.ts";
import { formatPartitionMetadata, PARTITION_METADATA } from "./checkpoint_files.ts";
import type { EpochEnd, EpochStart } from "./leader_epochs.ts";
import { LogAppender } from "./log_appender.ts";
import type { Appended, AppendResult, Rejected } from "./log_appender.ts";
import type { LogConfig } from "./log_config.ts";
import { LogDurability } from "./log_durability.ts";
import type { ReadOptions } from "./log_reader.ts";
import { type LogOpening, openLog } from "./log_recovery.ts";
import type { LogSlice } from "./log_slice.ts";
import { LogState } from "./log_state.ts";
import { LogTrimmer, type SegmentSpan, type Trimmed } from "./log_trimmer.ts";
import type { ProducerStates } from "./producer_states.ts";
import { findByTimestamp, findMaxTimestamp, type FoundRecord } from "./timestamp_search.ts";
import { writeFile } from "./atomic_file.ts";
import type { DiskError } from "../io/disk.ts";

export type { Appended, AppendResult, Duplicate, Rejected } from "./log_appender.ts";
export type { ReadOptions } from "./log_reader.ts";
export type { LogSlice } from "./log_slice.ts";
export type { EpochEnd } from "./leader_epochs.ts";
export type { SegmentSpan } from "./log_trimmer.ts";
export type { AbortedTransaction } from "./transaction_index.ts";

/**
 * The records of one partition on this broker: a sequence of batches in segment files of Kafka's
 * format, with what can be derived from them. One writer; readers at any time.
 *
 * Methods throw {@link DiskError} when the disk fails. After an error that leaves the contents of
 * the disk unknown (a failed sync, a torn write that can't be cut off) every write throws it.
 */
export class PartitionLog {
  readonly #state: LogState;
  readonly #appender: LogAppender;
  readonly #durability: LogDurability;
  readonly #trimmer: LogTrimmer;
  /** Compaction, as far as it is done where the log lives. */
  readonly cleaning: LogCleaning;
  #topicId: Uuid | undefined;
  #isClosed = false;
  /** As the replica last told; kept in the checkpoint of the directory, not used by the log. */
  highWatermark: number;

  /**
   * Opens the log whose directory is there; see `LogDirectory` for how it gets there.
   * @throws {DiskError}
   */
  constructor(opening: LogOpening, highWatermark = 0) {
    const opened = openLog(opening);
    const { environment, directory, config, wasCleanlyShut } = opening;
    const state = new LogState(environment, directory, config, opened, wasCleanlyShut);
    this.#state = state;
    this.#appender = new LogAppender(state);
    this.#durability = new LogDurability(state);
    this.#trimmer = new LogTrimmer(state, this.#durability, () => this.#appender.roll());
    this.cleaning = new LogCleaning(state);
    this.#topicId = opened.topicId;
    this.highWatermark = Math.min(Math.max(highWatermark, state.startOffset), state.endOffset);
  }

  /** Directory of the partition in the data directory, `<topic>-<partition>`. */
  get directory(): string {
    return this.#state.directory;
  }

  get topicId(): Uuid | undefined {
    return this.#topicId;
  }

  /** Log start offset: the first that may be read. */
  get startOffset(): number {
    return this.#state.startOffset;
  }

  /** Log end offset: the next to be given out. */
  get endOffset(): number {
    return this.#state.endOffset;
  }

  /** All below it is durable. */
  get flushedOffset(): number {
    return this.#state.flushedOffset;
  }

  /** All below it is durable, and a start after a crash need not look at it. */
  get recoveryPoint(): number {
    return this.#state.checkpointedOffset;
  }

  /** Bytes of batches in all segments. */
  get sizeBytes(): number {
    return this.#state.segments.sizeBytes;
  }

  get segmentCount(): number {
    return this.#state.segments.count;
  }

  get activeSegmentBaseOffset(): number {
    return this.#state.segments.active.baseOffset;
  }

  /** The latest leader epoch that the log knows of; -1 when there is none. */
  get latestEpoch(): number {
    return this.#state.epochs.latestEpoch;
  }

  get producers(): ProducerStates {
    return this.#state.producers;
  }

  get config(): LogConfig {
    return this.#state.config;
  }

  set config(config: LogConfig) {
    this.#state.config = config;
  }

  /** Why the log accepts nothing any more; undefined while it does. */
  get failure(): DiskError | undefined {
    return this.#state.failure;
  }

  /**
   * Appends as leader exactly one validated batch. Its base offset and leader epoch are written
   * into `batch` itself, both outside of the CRC. Sequence numbers, producer epochs and the epochs
   * of transaction coordinators are checked here, CRC and records before.
   *
   * @param mustStartAtZero see {@link ProducerStates.check}
   * @throws {DiskError} nothing was appended
   */
  append(batch: Uint8Array, leaderEpoch: number, mustStartAtZero = false): AppendResult {
    return this.#appender.append(batch, leaderEpoch, mustStartAtZero);
  }

  /**
   * Appends what a leader gave out, with its offsets and epochs; their CRCs have been verified. A
   * batch that is cut off at the end is left out.
   *
   * @throws {DiskError} a part of the batches may have been appended: see {@link endOffset}
   */
  appendAsFollower(batches: Uint8Array): Appended | Rejected {
    return this.#appender.appendAsFollower(batches);
  }

  /**
   * Whole batches from the one that holds `offset` on, or the next one where there is none. Empty
   * when nothing at or above `offset` is below `upTo` or fits. Synchronous from memory.
   *
   * @throws {CorruptLogError} or rejects with it, when the file holds something else
   */
  read(offset: number, options: ReadOptions): LogSlice | Promise<LogSlice> {
    const { reader, config } = this.#state;
    return reader.read(offset, options, config.indexIntervalBytes);
  }

  /** The earliest record at or above the log start with at least that timestamp. */
  offsetForTimestamp(timestampMs: number): FoundRecord | undefined {
    return findByTimestamp(this.#search(), timestampMs);
  }

  /** The first record with the largest timestamp; undefined in an empty log. */
  maxTimestampOffset(): FoundRecord | undefined {
    return findMaxTimestamp(this.#search());
  }

  /** The largest known epoch up to `epoch` and where it ends; -1 and -1 when there is none. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.#state.epochs.endOffsetFor(epoch, this.#state.endOffset);
  }

  /** The leader epoch that wrote the record at `offset`; undefined when unknown. */
  epochAt(offset: number): number | undefined {
    const epoch = this.#state.epochs.epochFor(offset);
    return epoch < 0 ? undefined : epoch;
  }

  /** Where each known leader epoch began, in order. */
  leaderEpochs(): readonly EpochStart[] {
    return this.#state.epochs.entries();
  }

  /** Notes that a leader of `epoch` begins at the log end, before it has appended anything. */
  assignEpoch(epoch: number): void {
    this.#state.epochs.assign(epoch, this.#state.endOffset);
  }

  /**
   * The aborted transactions with a record below `upTo` and a marker at or above `from`, for a
   * reader of that range.
   */
  abortedTransactions(from: number, upTo: number): AbortedTransaction[] {
    const { environment, segments, snapshots, endOffset, config } = this.#state;
    this.#state.ensureProducers();
    const { indexIntervalBytes } = config;
    const sources = { environment, segments, snapshots, endOffset, indexIntervalBytes };
    return findAborted(sources, from, upTo);
  }

  /**
   * Start of the earliest transaction that is open or whose marker is not below `highWatermark`;
   * undefined when there is none.
   */
  firstUnstableOffset(highWatermark: number): number | undefined {
    return this.#state.producers.firstUnstableOffset(highWatermark);
  }

  /**
   * Makes `offset`, at most the log end, the log start; removes segments wholly below it. Does
   * nothing when the start is there already. Durable with the directory's next checkpoint.
   */
  advanceStartOffset(offset: number): Trimmed {
    return this.#trimmer.advanceStartOffset(offset);
  }

  /**
   * Removes the batches that hold `offset` and those after them (a follower parts from its leader).
   * At or above the log end, forgets an epoch that has written nothing yet, and no more; at or
   * below the first segment, as {@link restartAt}.
   */
  truncateTo(offset: number): void {
    this.#trimmer.truncateTo(offset);
  }

  /** Removes all records; the next is to have `offset` (a follower that fell below the leader). */
  restartAt(offset: number): void {
    this.#trimmer.restartAt(offset);
  }

  /**
   * Settles when all that was appended before the call is durable. Calls that come while a flush
   * runs share the next one.
   */
  flush(): Promise<void> {
    return this.#durability.flush();
  }

  /** Whether `flush.ms` has passed for something in the log; monotonic `nowMs`. */
  isFlushDue(nowMs: number): boolean {
    return this.#durability.isFlushDue(nowMs);
  }

  /** Cuts off what was filled in ahead and has not been written into since the last call. */
  cutRoom(): void {
    this.#state.segments.active.cutRoom(this.#state.config);
  }

  /** Whether {@link checkpoint} would change anything. */
  get isCheckpointDue(): boolean {
    return this.#durability.isCheckpointDue;
  }

  /** Flushes the log and all that is derived from it, and moves the {@link recoveryPoint} up. */
  checkpoint(): Promise<void> {
    return this.#durability.checkpoint();
  }

  /** The segments in order, the active one last, as far as `upTo` reaches. */
  segmentSpans(upTo: number): SegmentSpan[] {
    this.#state.settle();
    return this.#trimmer.segmentSpans(upTo);
  }

  /** Ends the active segment, so that its records can go; does nothing when it has none. */
  roll(): void {
    this.#appender.roll();
  }

  /**
   * Removes segments below `upTo`, the high watermark, by `retention.ms`, `retention.bytes` and the
   * log start; the log start moves along.
   */
  applyRetention(nowMs: number, upTo: number): Trimmed {
    this.#state.settle();
    return this.#trimmer.applyRetention(nowMs, upTo);
  }

  /** Ends the active segment when it has lasted for `segment.ms`; else the next append does. */
  rollIfDue(nowMs: number): void {
    const { segments, config } = this.#state;
    this.#state.settle();
    if (segments.active.isOver(nowMs, nowMs, config)) this.#appender.roll();
  }

  /** Forgets producers that wrote nothing for `producer.id.expiration.ms`. */
  expireProducers(nowMs: number): void {
    this.#state.producers.expire(nowMs, this.#state.config.producerIdExpirationMs);
  }

  /** Keeps the topic id in `partition.metadata`, durable with the next flush or checkpoint. */
  assignTopicId(topicId: Uuid): void {
    const { environment, directory } = this.#state;
    const path = `${directory}/${PARTITION_METADATA}`;
    writeFile(environment.disk, path, formatPartitionMetadata(topicId));
    this.#topicId = topicId;
    this.#state.names.changed();
    this.#state.hasDirtyMetadata = true;
  }

  /**
   * Makes everything complete and durable and gives all memory and files back. Nothing else may be
   * called after it.
   * @throws {DiskError} the shutdown was not clean
   */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#state.tail.clear();
    if (this.#state.failure !== undefined) this.#closeFiles();
    else this.#durability.close();
  }

  /** Gives memory and files back and writes nothing: the directory is deleted. */
  abandon(): void {
    this.#isClosed = true;
    this.#state.tail.clear();
    this.#state.isRetired = true;
    this.#durability.abandon();
    for (const segment of this.#state.segments.all()) segment.retire();
  }

  #closeFiles(): void {
    for (const segment of this.#state.segments.all()) segment.close();
  }

  #search() {
    const { environment, segments, startOffset, config } = this.#state;
    return { environment, segments, startOffset, indexIntervalBytes: config.indexIntervalBytes };
  }
}
