import type { Disk, DiskFile } from "../../io/disk.ts";
import { DiskError } from "../../io/disk.ts";
import * as layout from "../../protocol/records/batch_layout.ts";
import { FilePool } from "../file_pool.ts";
import { OffsetIndex } from "../offset_index.ts";
import * as names from "../segment_names.ts";
import { TimeIndex } from "../time_index.ts";
import { type AbortedTransaction, TransactionIndex } from "../transaction_index.ts";
import type { BatchSink } from "./batch_filter.ts";

const INT32_MAX = 2 ** 31 - 1;
const FILES_OPEN_MAX = 8;

/** Where a cleaned segment is written. */
export interface CleanedSegmentPlace {
  readonly disk: Disk;
  /** Of the partition. */
  readonly directory: string;
  readonly baseOffset: number;
  readonly indexIntervalBytes: number;
  readonly bufferBytes: number;
}

/** Sizes of the files of a cleaned segment. */
export interface CleanedSizes {
  readonly logBytes: number;
  readonly offsetIndexBytes: number;
  readonly timeIndexBytes: number;
  readonly txnIndexBytes: number;
}

/** Writes a segment and its indexes under names with `.cleaned`, which no start-up takes up. */
export class CleanedSegmentWriter implements BatchSink {
  readonly #place: CleanedSegmentPlace;
  readonly #path: string;
  readonly #file: DiskFile;
  readonly #offsetIndex: OffsetIndex;
  readonly #timeIndex: TimeIndex;
  readonly #txnIndex: TransactionIndex;
  #buffer: Uint8Array;
  #used = 0;
  #flushedBytes = 0;
  #bytesSinceIndexEntry = 0;
  #maxTimestampMs = -1;
  #maxTimestampOffset = -1;

  /** @throws {DiskError} */
  constructor(place: CleanedSegmentPlace) {
    const { disk, directory, baseOffset } = place;
    this.#place = place;
    const files = new FilePool(disk, FILES_OPEN_MAX);
    const path = (suffix: string) =>
      `${directory}/${names.offsetFileName(baseOffset, suffix)}${names.CLEANED_SUFFIX}`;
    this.#path = path(names.LOG_SUFFIX);
    this.#file = disk.open(this.#path, { create: true });
    this.#offsetIndex = new OffsetIndex(files, path(names.INDEX_SUFFIX), baseOffset, 0);
    this.#timeIndex = new TimeIndex(files, path(names.TIME_INDEX_SUFFIX), baseOffset, 0);
    this.#txnIndex = new TransactionIndex(files, path(names.TXN_INDEX_SUFFIX), 0);
    this.#buffer = new Uint8Array(place.bufferBytes);
  }

  /** Bytes of batches so far. */
  get sizeBytes(): number {
    return this.#flushedBytes + this.#used;
  }

  add(buffer: Uint8Array, at: number, size: number): void {
    const position = this.sizeBytes;
    if (position + size > INT32_MAX) {
      throw new DiskError("other", this.#path, "the cleaned segment is too large");
    }
    this.#index(buffer, at, size, position);
    if (this.#used + size > this.#buffer.length) this.#flush();
    if (size > this.#buffer.length) this.#buffer = new Uint8Array(size);
    copyBytes(buffer, at, size, this.#buffer, this.#used);
    this.#used += size;
  }

  /** The transaction index of the segment is to know of it: its marker is in the segment. */
  addAborted(transaction: AbortedTransaction): void {
    this.#txnIndex.add(transaction);
  }

  /**
   * Completes the files and makes their contents durable; the event loop waits.
   * @throws {DiskError}
   */
  finish(): CleanedSizes {
    this.#flush();
    this.#addTimeIndexEntry();
    this.#file.syncNow();
    for (const index of [this.#offsetIndex, this.#timeIndex, this.#txnIndex]) index.syncNow();
    const sizes = {
      logBytes: this.#flushedBytes,
      offsetIndexBytes: this.#offsetIndex.sizeBytes,
      timeIndexBytes: this.#timeIndex.sizeBytes,
      txnIndexBytes: this.#txnIndex.sizeBytes,
    };
    this.close();
    return sizes;
  }

  close(): void {
    this.#file.close();
    for (const index of [this.#offsetIndex, this.#timeIndex, this.#txnIndex]) index.close();
  }

  #index(buffer: Uint8Array, at: number, size: number, position: number): void {
    const lastOffset = layout.lastOffset(buffer, at);
    const timestampMs = layout.maxTimestamp(buffer, at);
    if (timestampMs > this.#maxTimestampMs) {
      this.#maxTimestampMs = timestampMs;
      this.#maxTimestampOffset = lastOffset;
    }
    if (this.#bytesSinceIndexEntry > this.#place.indexIntervalBytes) {
      this.#offsetIndex.spill();
      this.#timeIndex.spill();
      this.#offsetIndex.add(lastOffset, position);
      this.#addTimeIndexEntry();
      this.#bytesSinceIndexEntry = 0;
    }
    this.#bytesSinceIndexEntry += size;
  }

  #addTimeIndexEntry(): void {
    if (this.#maxTimestampMs < 0) return;
    this.#timeIndex.add(this.#maxTimestampMs, this.#maxTimestampOffset);
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#file.write(this.#buffer.subarray(0, this.#used), this.#flushedBytes);
    this.#flushedBytes += this.#used;
    this.#used = 0;
  }
}

/** A view is an object: for the many small batches a loop is cheaper. */
const COPY_BY_VIEW_FROM_BYTES = 96;

function copyBytes(
  from: Uint8Array,
  at: number,
  size: number,
  to: Uint8Array,
  position: number,
): void {
  if (size >= COPY_BY_VIEW_FROM_BYTES) {
    to.set(from.subarray(at, at + size), position);
    return;
  }
  for (let i = 0; i < size; i++) to[position + i] = from[at + i]!;
}
