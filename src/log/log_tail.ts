import { invariant } from "../base/invariant.ts";
import { baseOffset, lastOffset, sizeInBytes } from "../protocol/records/batch_layout.ts";
import type { BufferPool, SharedBuffer } from "./buffer_pool.ts";
import { SMALLEST_BUFFER_BYTES } from "./buffer_pool.ts";
import { BufferSlice } from "./log_slice.ts";

/** Larger batches pass by the tail. */
const BATCH_BYTES_MAX = 2 * 1024 * 1024;
const CHUNK_BYTES_MAX = 1024 * 1024;

/** Consecutive batches of one segment in memory. */
interface TailChunk {
  readonly owner: LogTail;
  readonly buffer: SharedBuffer;
  readonly segmentBaseOffset: number;
  /** Where the first byte is in the segment's file. */
  readonly filePosition: number;
  readonly firstOffset: number;
  nextOffset: number;
  usedBytes: number;
  /** {@link TailBudget.age} at the last append. */
  age: number;
}

/**
 * The memory that all tails of a data directory share. The oldest chunk goes when there are too
 * many bytes, and any that got no append for two {@link trim}s in a row.
 */
export class TailBudget {
  /** In the order of their making, as a Set keeps it. */
  readonly #chunks = new Set<TailChunk>();
  #usedBytes = 0;
  age = 0;

  constructor(readonly pool: BufferPool, readonly bytesMax: number) {}

  get usedBytes(): number {
    return this.#usedBytes;
  }

  added(chunk: TailChunk): void {
    this.#chunks.add(chunk);
    this.#usedBytes += chunk.buffer.bytes.length;
    for (const oldest of this.#chunks) {
      if (this.#usedBytes <= this.bytesMax || oldest === chunk) break;
      oldest.owner.dropThrough(oldest);
    }
  }

  removed(chunk: TailChunk): void {
    this.#chunks.delete(chunk);
    this.#usedBytes -= chunk.buffer.bytes.length;
    chunk.buffer.release();
  }

  /** Called every few seconds: gives back what idle partitions hold. */
  trim(): void {
    this.age++;
    for (const chunk of this.#chunks) {
      if (chunk.age < this.age - 1 && chunk.owner.isIdle) chunk.owner.clear();
    }
  }
}

/**
 * The newest batches of one partition, so that readers that keep up cost no disk call and no copy.
 * Its batches are contiguous up to the log end offset; it may be empty at any time, and is while
 * nobody reads: see {@link noteReader}.
 */
export class LogTail {
  #chunks: TailChunk[] = [];
  #nextChunkBytes = SMALLEST_BUFFER_BYTES;
  /** {@link TailBudget.age} when somebody last read the log. */
  #readAge = -Infinity;

  constructor(readonly budget: TailBudget) {}

  /** Somebody reads the log: what is appended from now on is worth keeping for a while. */
  noteReader(): void {
    this.#readAge = this.budget.age;
  }

  /** First offset in memory; Infinity when there is none. */
  get startOffset(): number {
    return this.#chunks.length === 0 ? Infinity : this.#chunks[0]!.firstOffset;
  }

  get isIdle(): boolean {
    const last = this.#chunks.at(-1);
    return last === undefined || last.age < this.budget.age - 1;
  }

  /** Copies `bytes`, whole batches of the offsets given, that were just appended to the log. */
  append(
    bytes: Uint8Array,
    segmentBaseOffset: number,
    filePosition: number,
    firstOffset: number,
    nextOffset: number,
  ): void {
    if (this.#readAge < this.budget.age - 1) return this.clear();
    let chunk = this.#chunks.length === 0 ? undefined : this.#chunks[this.#chunks.length - 1]!;
    if (
      chunk === undefined || chunk.segmentBaseOffset !== segmentBaseOffset ||
      chunk.usedBytes + bytes.length > chunk.buffer.bytes.length
    ) {
      if (bytes.length > BATCH_BYTES_MAX) return this.clear();
      chunk = this.#addChunk(bytes.length, segmentBaseOffset, filePosition, firstOffset);
    }
    chunk.buffer.bytes.set(bytes, chunk.usedBytes);
    chunk.usedBytes += bytes.length;
    chunk.nextOffset = nextOffset;
    chunk.age = this.budget.age;
  }

  /**
   * Batches from the one that holds `offset` on, which is not below {@link startOffset}.
   *
   * @param hintPosition file position of that batch where it is known, else -1
   * @param upTo end of what may be seen, a batch boundary
   * @returns undefined when `offset` is not in memory
   */
  read(
    offset: number,
    hintSegment: number,
    hintPosition: number,
    maxBytes: number,
    upTo: number,
    atLeastOneBatch: boolean,
  ): TailSlice | undefined {
    let index = this.#chunkIndexOf(offset);
    if (index < 0) return undefined;
    const slice = new TailSlice(offset);
    let chunk = this.#chunks[index]!;
    let start = hintSegment === chunk.segmentBaseOffset && hintPosition >= chunk.filePosition &&
        hintPosition <= chunk.filePosition + chunk.usedBytes
      ? hintPosition - chunk.filePosition
      : positionOf(chunk, offset);
    for (;;) {
      const firstBatch = atLeastOneBatch && slice.bytes === 0;
      const end = boundary(chunk, start, maxBytes - slice.bytes, upTo, firstBatch);
      if (end > start) {
        chunk.buffer.retain();
        slice.add(chunk.buffer, start, end);
        slice.nextOffset = end === chunk.usedBytes
          ? chunk.nextOffset
          : baseOffset(chunk.buffer.bytes, end);
        slice.endSegment = chunk.segmentBaseOffset;
        slice.endPosition = chunk.filePosition + end;
      }
      if (end < chunk.usedBytes || ++index === this.#chunks.length) return slice;
      chunk = this.#chunks[index]!;
      start = 0;
    }
  }

  /** Drops the chunks of which all offsets are below `offset`. */
  dropBelow(offset: number): void {
    while (this.#chunks.length > 0 && this.#chunks[0]!.nextOffset <= offset) {
      this.dropThrough(this.#chunks[0]!);
    }
  }

  /** Drops `chunk` and those before it. */
  dropThrough(chunk: TailChunk): void {
    while (this.#chunks.length > 0) {
      const first = this.#chunks.shift()!;
      this.budget.removed(first);
      if (first === chunk) break;
    }
    if (this.#chunks.length === 0) this.#nextChunkBytes = SMALLEST_BUFFER_BYTES;
  }

  clear(): void {
    for (const chunk of this.#chunks) this.budget.removed(chunk);
    this.#chunks = [];
    this.#nextChunkBytes = SMALLEST_BUFFER_BYTES;
  }

  #addChunk(
    bytes: number,
    segmentBaseOffset: number,
    filePosition: number,
    firstOffset: number,
  ): TailChunk {
    const buffer = this.budget.pool.take(Math.max(bytes, this.#nextChunkBytes));
    this.#nextChunkBytes = Math.min(CHUNK_BYTES_MAX, buffer.bytes.length * 2);
    const chunk: TailChunk = {
      owner: this,
      buffer,
      segmentBaseOffset,
      filePosition,
      firstOffset,
      nextOffset: firstOffset,
      usedBytes: 0,
      age: this.budget.age,
    };
    this.#chunks.push(chunk);
    this.budget.added(chunk);
    return chunk;
  }

  #chunkIndexOf(offset: number): number {
    for (let i = this.#chunks.length - 1; i >= 0; i--) {
      if (this.#chunks[i]!.firstOffset <= offset) return i;
    }
    return -1;
  }
}

/** What {@link LogTail.read} found, and where a reader goes on. */
export class TailSlice extends BufferSlice {
  endSegment = -1;
  endPosition = -1;
}

/** Position in the chunk of the batch that holds `offset`, or of the next one. */
function positionOf(chunk: TailChunk, offset: number): number {
  const buffer = chunk.buffer.bytes;
  let position = 0;
  while (position < chunk.usedBytes && lastOffset(buffer, position) < offset) {
    position += sizeInBytes(buffer, position);
  }
  invariant(position <= chunk.usedBytes, "a batch ends outside of its tail chunk");
  return position;
}

/** The end of the batches from `start` on that fit. */
function boundary(
  chunk: TailChunk,
  start: number,
  maxBytes: number,
  upTo: number,
  atLeastOneBatch: boolean,
): number {
  if (chunk.nextOffset <= upTo && chunk.usedBytes - start <= maxBytes) return chunk.usedBytes;
  const buffer = chunk.buffer.bytes;
  let position = start;
  while (position < chunk.usedBytes && baseOffset(buffer, position) < upTo) {
    const size = sizeInBytes(buffer, position);
    if (position + size - start > maxBytes && !(atLeastOneBatch && position === start)) break;
    position += size;
  }
  return position;
}
