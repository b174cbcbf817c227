import type { DiskFile } from "../io/disk.ts";
import * as layout from "../protocol/records/batch_layout.ts";
import { BATCH_CUT_OFF, BATCH_MALFORMED, verifyCrc } from "../protocol/records/batch_scan.ts";
import type { BufferPool, SharedBuffer } from "./buffer_pool.ts";

const WINDOW_BYTES = 64 * 1024;
/** To find one batch by its header: beyond an index entry it is not far. */
const LOOKUP_WINDOW_BYTES = 16 * 1024;

/** What a {@link BatchCursor} looks at. */
export interface BatchCursorRange {
  /** Where the first batch begins. */
  readonly position: number;
  /** Bytes of the file that may be looked at. */
  readonly end: number;
  /** Read each batch whole and check its CRC-32C. */
  readonly verifyCrc: boolean;
  /** Only a few batches will be looked at: read less at a time. */
  readonly isLookup?: boolean;
  /** Bytes to read at a time, where another number than usual is better. */
  readonly windowBytes?: number;
}

/**
 * Walks the batches of a segment file in order, through one window of memory. Without CRC checks
 * only the headers are read. It ends before the first bytes that are no sound batch: the end of the
 * file, a batch cut off by a crash, zeros filled in ahead, or damage.
 */
export class BatchCursor {
  readonly #file: DiskFile;
  readonly #pool: BufferPool;
  readonly #end: number;
  readonly #verifyCrc: boolean;
  #window: SharedBuffer;
  #windowStart = 0;
  #windowLength = 0;
  #nextPosition: number;
  #position = -1;
  #size = 0;

  constructor(file: DiskFile, pool: BufferPool, range: BatchCursorRange) {
    this.#file = file;
    this.#pool = pool;
    this.#end = range.end;
    this.#verifyCrc = range.verifyCrc;
    this.#nextPosition = range.position;
    const usual = range.isLookup === true ? LOOKUP_WINDOW_BYTES : WINDOW_BYTES;
    const window = range.windowBytes ?? usual;
    this.#window = pool.take(Math.max(1, Math.min(window, range.end - range.position)));
  }

  /** Position in the file of the batch that {@link next} found. */
  get position(): number {
    return this.#position;
  }

  /** Bytes of the batch that {@link next} found. */
  get size(): number {
    return this.#size;
  }

  /** Position behind the last sound batch. */
  get endPosition(): number {
    return this.#nextPosition;
  }

  /** The memory that holds the header of the batch; see {@link at}. */
  get buffer(): Uint8Array {
    return this.#window.bytes;
  }

  /** Where in {@link buffer} the batch begins. Both are good until the next call. */
  get at(): number {
    return this.#position - this.#windowStart;
  }

  get baseOffset(): number {
    return layout.baseOffset(this.buffer, this.at);
  }

  get lastOffset(): number {
    return layout.lastOffset(this.buffer, this.at);
  }

  /** Moves to the next batch; false at the end of what is sound. */
  next(): boolean {
    const position = this.#nextPosition;
    if (!this.#load(position, layout.HEADER_BYTES)) return false;
    const at = position - this.#windowStart;
    const size = headerSize(this.#window.bytes, at);
    if (size <= 0 || position + size > this.#end) return false;
    if (this.#verifyCrc) {
      if (!this.#load(position, size)) return false;
      if (!verifyCrc(this.#window.bytes, position - this.#windowStart)) return false;
    }
    this.#position = position;
    this.#size = size;
    this.#nextPosition = position + size;
    return true;
  }

  /** Makes {@link next} find the same batch again. */
  stepBack(): void {
    this.#nextPosition = this.#position;
  }

  /** Reads the batch whole. After it {@link buffer} holds all its bytes from {@link at} on. */
  loadBody(): boolean {
    return this.#load(this.#position, this.#size);
  }

  /** Gives the memory back. The cursor is of no use after it. */
  close(): void {
    this.#window.release();
  }

  #load(position: number, length: number): boolean {
    if (position + length > this.#end) return false;
    const offset = position - this.#windowStart;
    if (offset >= 0 && offset + length <= this.#windowLength) return true;
    if (length > this.#window.bytes.length) {
      this.#window.release();
      this.#window = this.#pool.take(length);
    }
    const wanted = Math.min(this.#window.bytes.length, this.#end - position);
    this.#windowStart = position;
    this.#windowLength = this.#file.read(this.#window.bytes.subarray(0, wanted), position);
    return length <= this.#windowLength;
  }
}

/**
 * Size of the batch whose header is at `position`, whether or not all of its bytes are there;
 * BATCH_MALFORMED when the header can't be one.
 */
export function headerSize(buffer: Uint8Array, position: number): number {
  if (buffer.length - position < layout.HEADER_BYTES) return BATCH_CUT_OFF;
  const size = layout.sizeInBytes(buffer, position);
  if (size < layout.HEADER_BYTES || layout.magic(buffer, position) !== layout.MAGIC_V2) {
    return BATCH_MALFORMED;
  }
  return layout.lastOffsetDelta(buffer, position) < 0 ? BATCH_MALFORMED : size;
}
