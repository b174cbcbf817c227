/** What a connection reads into while little comes in. */
export const IDLE_BUFFER_BYTES = 2048;
/** The smallest buffer that is lent. */
export const LENT_BYTES_MIN = 64 * 1024;

const SLAB_BYTES = 64 * 1024;
/** Larger buffers are rare, and are left to the garbage collector. */
const KEPT_BUFFER_BYTES_MAX = 4 * 1024 * 1024;
/** Lent buffers that may wait for traffic with nothing in them, all connections together. */
const PARKED_BYTES_MAX = 8 * 1024 * 1024;

/** Someone who waits for a buffer of at least `bytes`. */
export interface BufferRequest {
  readonly bytes: number;
  granted(buffer: Uint8Array): void;
}

/**
 * The read buffers of a server: small ones for idle connections, cut from slabs, and large ones
 * that are lent while a request arrives. What is lent is bounded; when the bound is reached,
 * borrowers wait in line. So that requests that block each other with half of what they need can't
 * stand still, the first in line may go beyond the bound, one borrower at a time.
 */
export class BufferPool {
  /** Bytes that are lent now. */
  lentBytes = 0;
  /** Bytes that wait for traffic with nothing in them. */
  #parkedBytes = 0;
  #overdraft: Uint8Array | undefined;
  #slab = new Uint8Array(0);
  #slabAt = 0;
  readonly #idle: Uint8Array[] = [];
  /** Free buffers by the power of two of their size. */
  readonly #free: Uint8Array[][] = [];
  /** The least that each of these lists held since {@link trim}: nobody needed so many. */
  readonly #unneeded: number[] = [];
  readonly #line = new Set<BufferRequest>();

  constructor(readonly lentBytesMax: number) {}

  /** A buffer of {@link IDLE_BUFFER_BYTES}; what is in it is left from its last use. */
  takeIdle(): Uint8Array {
    const known = this.#idle.pop();
    if (known !== undefined) return known;
    if (this.#slabAt === this.#slab.length) {
      this.#slab = new Uint8Array(SLAB_BYTES);
      this.#slabAt = 0;
    }
    const at = this.#slabAt;
    this.#slabAt += IDLE_BUFFER_BYTES;
    return this.#slab.subarray(at, at + IDLE_BUFFER_BYTES);
  }

  giveIdle(buffer: Uint8Array): void {
    this.#idle.push(buffer);
  }

  /** Lends a buffer of at least `bytes`; undefined when the bound leaves no room for it. */
  borrow(bytes: number): Uint8Array | undefined {
    const power = powerFor(bytes);
    if (this.lentBytes + 2 ** power > this.lentBytesMax) return undefined;
    return this.#lend(power);
  }

  /** Gets in line for a buffer; may be granted before this returns. */
  wait(request: BufferRequest): void {
    this.#line.add(request);
    this.#serveLine();
  }

  /** Leaves the line. Does nothing when the buffer was granted. */
  forget(request: BufferRequest): void {
    this.#line.delete(request);
  }

  /** Takes back what was lent; nobody may look at it any more. */
  giveBack(buffer: Uint8Array): void {
    this.lentBytes -= buffer.length;
    if (this.#overdraft === buffer) this.#overdraft = undefined;
    if (buffer.length <= KEPT_BUFFER_BYTES_MAX) {
      (this.#free[powerFor(buffer.length)] ??= []).push(buffer);
    }
    this.#serveLine();
  }

  /** Whether a lent buffer of `bytes` may wait for traffic; {@link unpark} must follow a yes. */
  park(bytes: number): boolean {
    if (this.#parkedBytes + bytes > PARKED_BYTES_MAX) return false;
    this.#parkedBytes += bytes;
    return true;
  }

  unpark(bytes: number): void {
    this.#parkedBytes -= bytes;
  }

  /** Lets go of free buffers that nobody needed since the last call. */
  trim(): void {
    for (const [power, free] of this.#free.entries()) {
      if (free === undefined) continue;
      // The front of the list has been idle the longest.
      free.splice(0, this.#unneeded[power] ?? 0);
      this.#unneeded[power] = free.length;
    }
  }

  #takeFree(power: number): Uint8Array | undefined {
    const free = this.#free[power];
    const buffer = free?.pop();
    if (free !== undefined && free.length < (this.#unneeded[power] ?? 0)) {
      this.#unneeded[power] = free.length;
    }
    return buffer;
  }

  #lend(power: number): Uint8Array {
    this.lentBytes += 2 ** power;
    return this.#takeFree(power) ?? new Uint8Array(2 ** power);
  }

  #serveLine(): void {
    for (const request of this.#line) {
      let buffer = this.borrow(request.bytes);
      if (buffer === undefined) {
        if (this.#overdraft !== undefined) return;
        buffer = this.#lend(powerFor(request.bytes));
        this.#overdraft = buffer;
      }
      this.#line.delete(request);
      request.granted(buffer);
    }
  }
}

function powerFor(bytes: number): number {
  return Math.max(Math.log2(LENT_BYTES_MIN), Math.ceil(Math.log2(bytes)));
}
