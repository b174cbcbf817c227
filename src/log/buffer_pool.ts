import { invariant } from "../base/invariant.ts";

const SMALLEST_CLASS_BITS = 10;
const LARGEST_CLASS_BITS = 21;

/** Sizes are rounded up to powers of two from here on. */
export const SMALLEST_BUFFER_BYTES = 1 << SMALLEST_CLASS_BITS;

/** Larger buffers are made to measure and not kept. */
export const LARGEST_POOLED_BYTES = 1 << LARGEST_CLASS_BITS;

/** A buffer with several holders; the last one to let go gives it back to the pool. */
export class SharedBuffer {
  #references = 1;

  constructor(private readonly pool: BufferPool, readonly bytes: Uint8Array) {}

  get references(): number {
    return this.#references;
  }

  retain(): void {
    invariant(this.#references > 0, "buffer was released already");
    this.#references++;
  }

  release(): void {
    invariant(this.#references > 0, "buffer was released already");
    if (--this.#references === 0) this.pool.giveBack(this);
  }

  /** For the pool: the buffer begins another life with one holder. */
  revive(): void {
    invariant(this.#references === 0, "buffer is in use");
    this.#references = 1;
  }
}

/**
 * Buffers for the log tail and for file reads. Without a pool each read of a megabyte would be
 * zero-filled and garbage a moment later.
 */
export class BufferPool {
  readonly #free: SharedBuffer[][] = [];
  #freeBytes = 0;

  /** @param freeBytesMax so many bytes of unused buffers are kept, the rest is left to the GC */
  constructor(readonly freeBytesMax: number) {
    for (let bits = SMALLEST_CLASS_BITS; bits <= LARGEST_CLASS_BITS; bits++) this.#free.push([]);
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** A buffer of at least `minBytes`, content undefined, held once. */
  take(minBytes: number): SharedBuffer {
    if (minBytes > LARGEST_POOLED_BYTES) return new SharedBuffer(this, new Uint8Array(minBytes));
    const bits = classBits(minBytes);
    const reused = this.#free[bits - SMALLEST_CLASS_BITS]!.pop();
    if (reused === undefined) return new SharedBuffer(this, new Uint8Array(1 << bits));
    this.#freeBytes -= reused.bytes.length;
    reused.revive();
    return reused;
  }

  /** Called by a buffer whose last holder let go. */
  giveBack(buffer: SharedBuffer): void {
    const size = buffer.bytes.length;
    if (size > LARGEST_POOLED_BYTES || this.#freeBytes + size > this.freeBytesMax) return;
    this.#freeBytes += size;
    this.#free[classBits(size) - SMALLEST_CLASS_BITS]!.push(buffer);
  }
}

function classBits(bytes: number): number {
  return bytes <= SMALLEST_BUFFER_BYTES ? SMALLEST_CLASS_BITS : 32 - Math.clz32(bytes - 1);
}
