import type { LogConfig } from "./log_config.ts";
import { fillsAhead } from "./log_config.ts";
import type { LogEnvironment } from "./log_environment.ts";
import type { PooledFile } from "./file_pool.ts";
import { DiskError } from "../io/disk.ts";
import { OffsetIndex } from "./offset_index.ts";
import { INDEX_SUFFIX, LOG_SUFFIX, offsetFileName } from "./segment_names.ts";
import { DELETED_SUFFIX, SEGMENT_SUFFIXES } from "./segment_names.ts";
import { TIME_INDEX_SUFFIX, TXN_INDEX_SUFFIX } from "./segment_names.ts";
import { TimeIndex, type TimestampOffset } from "./time_index.ts";
import { TransactionIndex } from "./transaction_index.ts";

const INT32_MAX = 2 ** 31 - 1;
const FILL_BYTES_MIN = 64 * 1024;
const FILL_BYTES_MAX = 16 * 1024 * 1024;
const ZEROS = new Uint8Array(256 * 1024);
/**
 * A segment that is written fast grows by so many bytes at a time, at multiples of it. Extending a
 * file by each batch costs the kernel about twice the CPU time of writing into pages that are there
 * (decision 8).
 */
const ROOM_BYTES = ZEROS.length;
/** A smaller segment is not worth the room. */
const ROOMY_SEGMENT_BYTES = 4 * ROOM_BYTES;
/** For smaller writes the system call itself is what costs. */
const ROOMY_WRITE_BYTES = 4 * 1024;

/** Sizes in bytes of the files of a segment; 0 for those that are missing. */
export interface SegmentFileSizes {
  readonly log: number;
  readonly index: number;
  readonly timeIndex: number;
  readonly txnIndex: number;
}

/** No file has any content. */
export const NEW_SEGMENT: SegmentFileSizes = { log: 0, index: 0, timeIndex: 0, txnIndex: 0 };

/**
 * One file of consecutive batches with its indexes. Knows nothing of offsets' meaning beyond their
 * order; which batch may be appended is for the partition log to say.
 */
export class LogSegment {
  readonly file: PooledFile;
  readonly offsetIndex: OffsetIndex;
  readonly timeIndex: TimeIndex;
  readonly txnIndex: TransactionIndex;
  /** Bytes of batches. */
  sizeBytes: number;
  /** True when something was appended since the file was last synced. */
  isDirty = false;
  /** True once the segment is no longer part of the log. */
  isRetired = false;
  /** Timestamp of the first batch, by which the roll by time is reckoned; -1 until known. */
  firstTimestampMs = -1;
  /** Youngest timestamp so far and the last offset of its batch; undefined until it is known. */
  #maxTimestamp: TimestampOffset | undefined;
  /** Size of the file: {@link sizeBytes} and the zeros filled in ahead. */
  #allocatedBytes: number;
  #bytesSinceIndexEntry = 0;
  /** {@link sizeBytes} at the last {@link cutRoom}. */
  #sizeAtRoomCheck = -1;

  constructor(
    private readonly environment: LogEnvironment,
    readonly directory: string,
    readonly baseOffset: number,
    readonly createdMs: number,
    sizes: SegmentFileSizes,
  ) {
    const { files } = environment;
    const path = (suffix: string) => `${directory}/${offsetFileName(baseOffset, suffix)}`;
    this.file = files.file(path(LOG_SUFFIX));
    this.offsetIndex = new OffsetIndex(files, path(INDEX_SUFFIX), baseOffset, sizes.index);
    this.timeIndex = new TimeIndex(files, path(TIME_INDEX_SUFFIX), baseOffset, sizes.timeIndex);
    this.txnIndex = new TransactionIndex(files, path(TXN_INDEX_SUFFIX), sizes.txnIndex);
    this.sizeBytes = sizes.log;
    this.#allocatedBytes = sizes.log;
    if (sizes.log === 0) this.#maxTimestamp = { timestampMs: -1, offset: baseOffset };
  }

  /**
   * Writes `bytes`, whole batches, behind the last one. The caller notes each batch by
   * {@link noteBatch} afterwards.
   * @throws {DiskError} part of the bytes may be in the file: {@link cutExcess} is to be called
   */
  write(bytes: Uint8Array, config: LogConfig): void {
    this.offsetIndex.spill();
    this.timeIndex.spill();
    if (this.sizeBytes + bytes.length > this.#allocatedBytes) {
      if (fillsAhead(config)) this.fillAhead(config, bytes.length);
      else this.#makeRoom(config, bytes.length);
    }
    const file = this.file.open();
    file.write(bytes, this.sizeBytes);
    this.sizeBytes += bytes.length;
    this.environment.meter.appendedBytes += bytes.length;
    if (this.sizeBytes > this.#allocatedBytes) this.#allocatedBytes = this.sizeBytes;
    this.isDirty = true;
  }

  /** Takes up what the indexes need to know of a batch at `position`, before it is forgotten. */
  noteBatch(
    position: number,
    size: number,
    lastOffset: number,
    maxTimestampMs: number,
    indexIntervalBytes: number,
  ): void {
    if (position === 0) this.firstTimestampMs = maxTimestampMs;
    const youngest = this.#maxTimestamp;
    if (youngest === undefined || maxTimestampMs > youngest.timestampMs) {
      this.#maxTimestamp = { timestampMs: maxTimestampMs, offset: lastOffset };
    }
    if (this.#bytesSinceIndexEntry > indexIntervalBytes) {
      this.offsetIndex.add(lastOffset, position);
      this.addTimeIndexEntry();
      this.#bytesSinceIndexEntry = 0;
    }
    this.#bytesSinceIndexEntry += size;
  }

  /** Whether a batch of these properties goes to the next segment. */
  mustRoll(
    batchBytes: number,
    lastOffset: number,
    config: LogConfig,
  ): boolean {
    if (this.sizeBytes === 0) return false;
    return this.sizeBytes + batchBytes > config.segmentBytes ||
      lastOffset - this.baseOffset > INT32_MAX ||
      this.offsetIndex.sizeBytes + this.offsetIndex.entryBytes > config.segmentIndexBytes ||
      this.timeIndex.sizeBytes + 2 * this.timeIndex.entryBytes > config.segmentIndexBytes;
  }

  /**
   * Whether the segment covers `segment.ms` already: from the timestamp of its first batch to
   * `timestampMs` of a new one, or from its making to `nowMs` when the batches have no timestamps.
   */
  isOver(timestampMs: number, nowMs: number, config: LogConfig): boolean {
    if (this.sizeBytes === 0 || config.segmentMs < 0) return false;
    const span = this.firstTimestampMs >= 0 && timestampMs >= 0
      ? timestampMs - this.firstTimestampMs
      : nowMs - this.createdMs;
    return span > config.segmentMs - this.#rollJitterMs(config);
  }

  /** Extends the file by zeros so that `bytes` more and some to spare fit in. */
  fillAhead(config: LogConfig, bytes: number): void {
    const step = Math.min(FILL_BYTES_MAX, Math.max(FILL_BYTES_MIN, this.sizeBytes));
    const end = Math.max(
      this.sizeBytes + bytes,
      Math.min(config.segmentBytes, this.sizeBytes + bytes + step),
    );
    const file = this.file.open();
    while (this.#allocatedBytes < end) {
      const zeros = ZEROS.subarray(0, Math.min(ZEROS.length, end - this.#allocatedBytes));
      file.write(zeros, this.#allocatedBytes);
      this.#allocatedBytes += zeros.length;
    }
  }

  /**
   * Extends the file by zeros to a multiple of {@link ROOM_BYTES}, where that pays. The room is cut
   * off again by {@link cutRoom} once nothing is written any more.
   */
  #makeRoom(config: LogConfig, bytes: number): void {
    if (this.sizeBytes < ROOMY_SEGMENT_BYTES || bytes < ROOMY_WRITE_BYTES) return;
    const allocated = Math.max(this.#allocatedBytes, this.sizeBytes);
    const end = allocated - allocated % ROOM_BYTES + ROOM_BYTES;
    // A batch that is larger than the room, or the last ones of a segment, extend it themselves.
    if (this.sizeBytes + bytes > end || end > config.segmentBytes) return;
    // Even when it fails the file may have grown; whether the batch has a place, its own write tells.
    this.#allocatedBytes = end;
    try {
      this.file.open().write(ZEROS.subarray(0, end - allocated), allocated);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
    }
  }

  /**
   * Cuts off room that nothing was written into since the last call.
   * @throws {DiskError}
   */
  cutRoom(config: LogConfig): void {
    const isIdle = this.sizeBytes === this.#sizeAtRoomCheck;
    this.#sizeAtRoomCheck = this.sizeBytes;
    if (isIdle && this.hasExcess && !fillsAhead(config)) this.cutExcess();
  }

  /** True when less than half of the usual fill is left: a good moment is before a sync. */
  wantsFill(config: LogConfig): boolean {
    if (!fillsAhead(config)) return false;
    const step = Math.min(FILL_BYTES_MAX, Math.max(FILL_BYTES_MIN, this.sizeBytes));
    const left = this.#allocatedBytes - this.sizeBytes;
    return left < step / 2 && this.#allocatedBytes < config.segmentBytes;
  }

  /**
   * Cuts the file at the end of the batches: a torn write, or zeros filled in ahead.
   * @throws {DiskError}
   */
  cutExcess(): void {
    this.file.open().truncate(this.sizeBytes);
    this.#allocatedBytes = this.sizeBytes;
    this.isDirty = true;
  }

  get hasExcess(): boolean {
    return this.#allocatedBytes > this.sizeBytes;
  }

  addTimeIndexEntry(): void {
    const youngest = this.#maxTimestamp;
    if (youngest === undefined || youngest.timestampMs < 0) return;
    this.timeIndex.add(youngest.timestampMs, youngest.offset);
  }

  /** False until {@link maxTimestamp} was found in the batches or believed from the index. */
  get isMaxTimestampKnown(): boolean {
    return this.#maxTimestamp !== undefined;
  }

  /** Youngest timestamp, from the time index when this segment was not written by this run. */
  get maxTimestamp(): TimestampOffset {
    this.#maxTimestamp ??= this.timeIndex.last() ??
      { timestampMs: -1, offset: this.baseOffset };
    return this.#maxTimestamp;
  }

  /**
   * Forgets all batches from byte `position` and `offset` on; the file itself is not cut. The
   * youngest timestamp is that of the time index then: the caller scans from an index entry on.
   */
  rewindTo(position: number, offset: number): void {
    this.sizeBytes = position;
    this.offsetIndex.truncateBelow(offset);
    this.timeIndex.truncateBelow(offset);
    const indexed = this.offsetIndex.entry(this.offsetIndex.count - 1);
    this.#bytesSinceIndexEntry = position - (indexed?.position ?? 0);
    this.#maxTimestamp = this.timeIndex.last() ?? { timestampMs: -1, offset: this.baseOffset };
    if (position === 0) this.firstTimestampMs = -1;
  }

  /** Writes the indexes out, complete; the segment gets no more batches. Zeros are cut off. */
  finish(): void {
    if (this.hasExcess) this.cutExcess();
    this.addTimeIndexEntry();
    this.offsetIndex.write();
    this.timeIndex.write();
    this.offsetIndex.shrink();
    this.timeIndex.shrink();
  }

  /** Makes everything durable as it is; the event loop waits. */
  syncNow(): void {
    if (this.isDirty) this.file.open().syncNow();
    this.isDirty = false;
    this.offsetIndex.syncNow();
    this.timeIndex.syncNow();
    this.txnIndex.syncNow();
  }

  /** Whether files were made since the last call, whose names are not durable. */
  takeNewNames(): boolean {
    const index = this.offsetIndex.takeNewName();
    const timeIndex = this.timeIndex.takeNewName();
    return this.txnIndex.takeNewName() || index || timeIndex;
  }

  get hasDirtyIndexes(): boolean {
    return this.offsetIndex.isDirty || this.timeIndex.isDirty || this.txnIndex.isDirty;
  }

  /** Makes the indexes durable, as far as the segment is in use. */
  async syncIndexes(): Promise<void> {
    for (const index of [this.offsetIndex, this.timeIndex, this.txnIndex]) {
      if (!this.isRetired) await index.sync();
    }
  }

  /** Makes the batches durable, as far as the segment is in use; the indexes can wait. */
  async sync(): Promise<void> {
    if (!this.isDirty || this.isRetired) return;
    this.isDirty = false;
    const file = this.file.pin();
    try {
      await file.sync();
    } finally {
      this.file.unpin();
    }
  }

  close(): void {
    this.file.close();
    this.offsetIndex.close();
    this.timeIndex.close();
    this.txnIndex.close();
  }

  /** Ends the use of the segment's files; reads and syncs under way finish. */
  retire(): void {
    this.isRetired = true;
    this.file.retire();
    this.offsetIndex.retire();
    this.timeIndex.retire();
    this.txnIndex.retire();
  }

  /**
   * Takes the files out of the log by renaming them, not yet durably.
   * @param there the names in the directory, where they are known
   * @returns their new paths
   */
  markDeleted(there = this.#namesInDirectory()): string[] {
    this.retire();
    const { disk } = this.environment;
    const paths: string[] = [];
    for (const suffix of SEGMENT_SUFFIXES) {
      const name = offsetFileName(this.baseOffset, suffix);
      if (!there.has(name)) continue;
      const to = `${this.directory}/${name}${DELETED_SUFFIX}`;
      disk.rename(`${this.directory}/${name}`, to);
      paths.push(to);
    }
    return paths;
  }

  #namesInDirectory(): ReadonlySet<string> {
    const entries = this.environment.disk.list(this.directory) ?? [];
    return new Set(entries.map(({ name }) => name));
  }

  /** A part of `segment.jitter.ms` that is this segment's own, the same after a restart. */
  #rollJitterMs(config: LogConfig): number {
    const jitterMs = Math.min(config.segmentJitterMs, config.segmentMs);
    if (jitterMs <= 0) return 0;
    let hash = this.baseOffset | 0;
    for (let i = 0; i < this.directory.length; i++) {
      hash = Math.imul(hash ^ this.directory.charCodeAt(i), 0x01000193);
    }
    return jitterMs * ((hash >>> 0) / 2 ** 32);
  }
}
