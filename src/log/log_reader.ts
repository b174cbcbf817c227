import * as layout from "../protocol/records/batch_layout.ts";
import { headerSize } from "./batch_cursor.ts";
import type { SharedBuffer } from "./buffer_pool.ts";
import type { LogEnvironment } from "./log_environment.ts";
import type { LogSegment } from "./log_segment.ts";
import { BufferSlice, EmptySlice, type LogSlice } from "./log_slice.ts";
import type { LogTail } from "./log_tail.ts";
import { ReadPositions } from "./read_positions.ts";
import { PageCacheGuess } from "./page_cache_guess.ts";
import { type BatchPosition, cursorBefore, describe } from "./segment_lookup.ts";
import type { SegmentList } from "./segment_list.ts";

/** Larger reads from files go off the event loop, unless the page cache holds what they read. */
const SYNC_READ_BYTES_MAX = 64 * 1024;
/** Even from the page cache, a read of more than this stops the event loop for too long. */
const CACHED_READ_BYTES_MAX = 2 * 1024 * 1024;

/** What a reader asks of {@link LogReader.read}. */
export interface ReadOptions {
  /** Bytes at most, unless `atLeastOneBatch` needs more. */
  readonly maxBytes: number;
  /** End of what the reader may see: a batch boundary, exclusive. */
  readonly upTo: number;
  /** Return the first batch also when it is larger than `maxBytes`. */
  readonly atLeastOneBatch: boolean;
}

/** A segment file holds something else than it should where a batch was to be read. */
export class CorruptLogError extends Error {
  override readonly name = "CorruptLogError";
  constructor(readonly path: string, readonly position: number, what: string) {
    super(`${path}: ${what} at byte ${position}`);
  }
}

/** Reads batches from the tail in memory or from the segment files. */
export class LogReader {
  readonly #positions = new ReadPositions();
  readonly #cache = new PageCacheGuess();

  constructor(
    private readonly environment: LogEnvironment,
    private readonly segments: SegmentList,
    private readonly tail: LogTail,
  ) {}

  /**
   * Whole batches from the one that holds `offset` on. Synchronous when they are in memory or cheap
   * to get.
   * @throws {CorruptLogError} or rejects with it
   * @throws {DiskError} or rejects with it
   */
  read(
    offset: number,
    options: ReadOptions,
    indexIntervalBytes: number,
  ): LogSlice | Promise<LogSlice> {
    this.tail.noteReader();
    if (offset >= options.upTo) return new EmptySlice(offset);
    if (offset >= this.tail.startOffset) {
      const slice = this.#readTail(offset, options);
      if (slice !== undefined) return slice;
    }
    const slice = this.#readFile(offset, options, indexIntervalBytes);
    return slice instanceof Promise
      ? slice.then((read) => this.#withRecords(read, options, indexIntervalBytes))
      : this.#withRecords(slice, options, indexIntervalBytes);
  }

  /**
   * Goes on where compaction has left nothing but batches without records: they may be all of a
   * segment, and some clients ask for the same offset again when an answer holds no record.
   */
  #withRecords(
    slice: LogSlice,
    options: ReadOptions,
    indexIntervalBytes: number,
  ): LogSlice | Promise<LogSlice> {
    if (!(slice instanceof BufferSlice) || holdsRecords(slice)) return slice;
    const rest = { ...options, maxBytes: Math.max(0, options.maxBytes - slice.bytes) };
    const join = (next: LogSlice): LogSlice => {
      if (next instanceof BufferSlice) slice.join(next);
      return slice;
    };
    const failed = (error: unknown): never => {
      slice.release();
      throw error;
    };
    try {
      const next = this.read(slice.nextOffset, rest, indexIntervalBytes);
      return next instanceof Promise ? next.then(join, failed) : join(next);
    } catch (error) {
      return failed(error);
    }
  }

  /** Called when positions above some offset are no longer what they were. */
  forgetPositions(): void {
    this.#positions.clear();
  }

  #readTail(offset: number, options: ReadOptions): LogSlice | undefined {
    const hint = this.#positions.find(offset);
    const slice = this.tail.read(
      offset,
      hint < 0 ? -1 : this.#positions.segmentAt(hint),
      hint < 0 ? -1 : this.#positions.positionAt(hint),
      options.maxBytes,
      options.upTo,
      options.atLeastOneBatch,
    );
    if (slice === undefined) return undefined;
    if (slice.bytes > 0) {
      const { generation } = this.#positions;
      this.#positions.add(generation, slice.nextOffset, slice.endSegment, slice.endPosition);
    }
    return slice;
  }

  #readFile(
    offset: number,
    options: ReadOptions,
    indexIntervalBytes: number,
  ): LogSlice | Promise<LogSlice> {
    const hint = this.#positions.find(offset);
    if (hint >= 0) {
      const segment = this.segments.withBase(this.#positions.segmentAt(hint));
      const position = this.#positions.positionAt(hint);
      if (segment !== undefined && position < segment.sizeBytes) {
        return this.#readAt(segment, position, offset, options);
      }
    }
    let index = this.segments.indexOf(offset);
    for (;;) {
      const segment = this.segments.at(index++);
      if (segment === undefined) return new EmptySlice(offset);
      if (segment.sizeBytes === 0) continue;
      const found = this.#locate(segment, offset, indexIntervalBytes);
      if (found === undefined) continue;
      if (found.baseOffset >= options.upTo) return new EmptySlice(offset);
      return this.#readAt(segment, found.position, offset, options);
    }
  }

  /** The batch that holds `offset`, or the next one in the segment; undefined at its end. */
  #locate(
    segment: LogSegment,
    offset: number,
    indexIntervalBytes: number,
  ): BatchPosition | undefined {
    const cursor = cursorBefore(this.environment, segment, offset, indexIntervalBytes);
    try {
      while (cursor.next()) {
        if (cursor.lastOffset >= offset) return describe(cursor);
      }
      // To pass over what is damaged would be to lose it without a word.
      if (cursor.endPosition === segment.sizeBytes) return undefined;
      throw new CorruptLogError(segment.file.path, cursor.endPosition, "no sound batch header");
    } finally {
      cursor.close();
    }
  }

  #readAt(
    segment: LogSegment,
    position: number,
    offset: number,
    options: ReadOptions,
  ): LogSlice | Promise<LogSlice> {
    const left = segment.sizeBytes - position;
    const length = Math.min(left, Math.max(options.maxBytes, layout.HEADER_BYTES));
    const isCached = this.#cache.holdsNext && length <= CACHED_READ_BYTES_MAX;
    const isSync = isCached || length <= SYNC_READ_BYTES_MAX;
    const buffer = this.environment.buffers.take(length);
    const { generation } = this.#positions;
    const wanted: FileRead = { segment, position, offset, options, generation, length };
    if (!isSync) return this.#readLater(wanted, buffer);
    let taken = buffer;
    const startedMs = this.environment.clock.monotonicMs();
    try {
      const file = segment.file.open();
      let count = file.read(taken.bytes.subarray(0, length), position);
      const needed = this.#bytesNeeded(wanted, taken.bytes, count);
      if (needed > count) {
        taken.release();
        taken = this.environment.buffers.take(needed);
        count = file.read(taken.bytes.subarray(0, needed), position);
      }
      this.#cache.observe(this.environment.clock.monotonicMs() - startedMs);
      return this.#sliceOf(wanted, taken, count);
    } catch (error) {
      taken.release();
      throw error;
    }
  }

  async #readLater(wanted: FileRead, buffer: SharedBuffer): Promise<LogSlice> {
    const { segment, position, length } = wanted;
    let taken = buffer;
    let isPinned = false;
    const startedMs = this.environment.clock.monotonicMs();
    try {
      const file = segment.file.pin();
      isPinned = true;
      let count = await file.readLater(taken.bytes.subarray(0, length), position);
      const needed = this.#bytesNeeded(wanted, taken.bytes, count);
      if (needed > count) {
        taken.release();
        taken = this.environment.buffers.take(needed);
        count = await file.readLater(taken.bytes.subarray(0, needed), position);
      }
      this.#cache.observe(this.environment.clock.monotonicMs() - startedMs);
      return this.#sliceOf(wanted, taken, count);
    } catch (error) {
      taken.release();
      throw error;
    } finally {
      if (isPinned) segment.file.unpin();
    }
  }

  /** Bytes that the first batch needs when it did not fit and must be returned; else 0. */
  #bytesNeeded(wanted: FileRead, bytes: Uint8Array, count: number): number {
    if (!wanted.options.atLeastOneBatch) return 0;
    const size = this.#checkedSize(wanted, bytes.subarray(0, count), 0);
    const { segment, position } = wanted;
    if (position + size > segment.sizeBytes) {
      throw new CorruptLogError(segment.file.path, position, "batch longer than the segment");
    }
    return size;
  }

  /** The whole batches among the bytes read; takes the buffer over. */
  #sliceOf(wanted: FileRead, buffer: SharedBuffer, count: number): LogSlice {
    const { segment, position, offset, options } = wanted;
    const bytes = buffer.bytes.subarray(0, count);
    let end = 0;
    let expected = segment.baseOffset;
    while (end + layout.HEADER_BYTES <= count) {
      const size = this.#checkedSize(wanted, bytes, end);
      const first = layout.baseOffset(bytes, end);
      if (first < expected) {
        throw new CorruptLogError(segment.file.path, position + end, "offset out of order");
      }
      if (first >= options.upTo || end + size > count) break;
      if (end + size > options.maxBytes && !(end === 0 && options.atLeastOneBatch)) break;
      expected = layout.lastOffset(bytes, end) + 1;
      end += size;
    }
    if (end === 0) {
      buffer.release();
      return new EmptySlice(offset);
    }
    if (expected <= offset) {
      throw new CorruptLogError(segment.file.path, position, "batches end below the offset asked");
    }
    const slice = new BufferSlice(expected);
    slice.add(buffer, 0, end);
    this.#positions.add(wanted.generation, expected, segment.baseOffset, position + end);
    return slice;
  }

  #checkedSize(wanted: FileRead, bytes: Uint8Array, at: number): number {
    const size = headerSize(bytes, at);
    if (size <= 0) {
      const { segment, position } = wanted;
      throw new CorruptLogError(segment.file.path, position + at, "no sound batch header");
    }
    return size;
  }
}

function holdsRecords({ chunks }: BufferSlice): boolean {
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += layout.sizeInBytes(chunk, at)) {
      if (layout.recordCount(chunk, at) > 0) return true;
    }
  }
  return false;
}

interface FileRead {
  readonly segment: LogSegment;
  readonly position: number;
  readonly offset: number;
  readonly options: ReadOptions;
  /** Of the read positions, when the read began. */
  readonly generation: number;
  readonly length: number;
}
