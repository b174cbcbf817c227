import type { SharedBuffer } from "./buffer_pool.ts";

/**
 * Whole batches as they stand in the log, in consecutive pieces. The chunks stay as they are until
 * {@link release}, which is called exactly once.
 */
export interface LogSlice {
  readonly chunks: readonly Uint8Array[];
  /** Bytes in all chunks. */
  readonly bytes: number;
  /** The offset after the last batch; the offset asked for when there is none. */
  readonly nextOffset: number;
  release(): void;
}

const NO_CHUNKS: readonly Uint8Array[] = [];

/** Nothing to read at `offset` now. */
export class EmptySlice implements LogSlice {
  readonly chunks = NO_CHUNKS;
  readonly bytes = 0;

  constructor(readonly nextOffset: number) {}

  release(): void {}
}

/** A slice that holds references to the buffers below its chunks. */
export class BufferSlice implements LogSlice {
  readonly chunks: Uint8Array[] = [];
  readonly #buffers: SharedBuffer[] = [];
  bytes = 0;

  constructor(public nextOffset: number) {}

  /** Adds bytes of `buffer`; the caller's reference to it becomes the slice's. */
  add(buffer: SharedBuffer, start: number, end: number): void {
    this.chunks.push(buffer.bytes.subarray(start, end));
    this.#buffers.push(buffer);
    this.bytes += end - start;
  }

  /** Adds all that `next` holds, and empties it. */
  join(next: BufferSlice): void {
    this.chunks.push(...next.chunks.splice(0));
    this.#buffers.push(...next.#buffers.splice(0));
    this.bytes += next.bytes;
    this.nextOffset = next.nextOffset;
    next.bytes = 0;
  }

  release(): void {
    for (const buffer of this.#buffers) buffer.release();
    this.#buffers.length = 0;
  }
}
