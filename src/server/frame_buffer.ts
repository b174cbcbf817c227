import { type BufferPool, type BufferRequest, IDLE_BUFFER_BYTES } from "./buffer_pool.ts";

/** The most that one read asks for, unless a single request is larger. */
const HOT_BUFFER_BYTES = 256 * 1024;
/** A request may claim this many times the bytes that have come before it gets room for them. */
const GROWTH = 4;
const PREFIX_BYTES = 4;
/** Less room than this at the end of a buffer is not worth a read. */
const ROOM_BYTES_MIN = 512;

/** What {@link FrameBuffer.next} found. */
export type FrameState = "frame" | "partial" | "badLength";
/** What {@link FrameBuffer.prepare} achieved. */
export type RoomState = "ready" | "full" | "starved";

/**
 * The bytes of one connection that are not handled yet, as frames: an int32 length, and as many
 * bytes. Memory follows what has arrived, not what a length claims: room for a large request grows
 * by {@link GROWTH} at a time, except up to the size of a request that the peer has sent in full
 * before.
 */
export class FrameBuffer {
  #bytes: Uint8Array;
  #start = 0;
  #end = 0;
  /** Body of the frame that {@link next} found. */
  frameStart = 0;
  frameEnd = 0;
  #lastRoom = 0;
  #lastRead = 0;
  #frameBytesProven = 0;
  #isParked = false;
  #request: BufferRequest | undefined;

  constructor(readonly pool: BufferPool, readonly frameBytesMax: number) {
    this.#bytes = pool.takeIdle();
  }

  /** The buffer that {@link frameStart} and {@link frameEnd} point into. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** Bytes that have arrived and belong to no frame that {@link next} has given out. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /** Moves on to the next frame; its body is `bytes[frameStart..frameEnd]`. */
  next(): FrameState {
    const available = this.#end - this.#start;
    if (available < PREFIX_BYTES) return "partial";
    const length = this.claimedBytes();
    if (length < 0 || length > this.frameBytesMax) return "badLength";
    if (available < PREFIX_BYTES + length) return "partial";
    this.frameStart = this.#start + PREFIX_BYTES;
    this.frameEnd = this.frameStart + length;
    this.#start = this.frameEnd;
    if (length > this.#frameBytesProven) this.#frameBytesProven = length;
    return "frame";
  }

  /** The length that the next frame claims; needs its prefix to be there. */
  claimedBytes(): number {
    const bytes = this.#bytes;
    const p = this.#start;
    return (bytes[p]! << 24) | (bytes[p + 1]! << 16) | (bytes[p + 2]! << 8) | bytes[p + 3]!;
  }

  /**
   * Makes room for a read. With "starved" the pool has none; `whenReady` runs when it has.
   *
   * @param isPinned true while someone looks at an earlier frame: nothing may move
   */
  prepare(isPinned: boolean, whenReady: () => void): RoomState {
    if (this.#request !== undefined) return "starved";
    if (isPinned) return this.#end < this.#bytes.length ? "ready" : "full";
    if (this.#start === this.#end) return this.#prepareEmpty();
    const needed = this.#neededBytes();
    if (needed > this.#bytes.length) return this.#grow(needed, whenReady);
    const room = this.#bytes.length - Math.max(this.#start + needed, this.#end + ROOM_BYTES_MIN);
    if (room < 0 && this.#start > 0) {
      this.#bytes.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    return "ready";
  }

  /** Where the next read goes, after {@link prepare} said "ready". */
  room(): Uint8Array {
    this.#lastRoom = this.#bytes.length - this.#end;
    // An idle connection needs no view of its own.
    return this.#end === 0 ? this.#bytes : this.#bytes.subarray(this.#end);
  }

  received(count: number): void {
    this.#end += count;
    this.#lastRead = count;
    this.#unpark();
  }

  /** Gives the memory back; nobody may look at a frame any more. */
  release(): void {
    if (this.#request !== undefined) this.pool.forget(this.#request);
    this.#request = undefined;
    this.#unpark();
    this.#giveBack();
    this.#bytes = new Uint8Array(0);
    this.#start = this.#end = 0;
  }

  /** Nothing has arrived: chooses what to wait with. */
  #prepareEmpty(): RoomState {
    this.#start = this.#end = 0;
    const size = this.#bytes.length;
    const isBusy = this.#lastRead === this.#lastRoom;
    if (size > IDLE_BUFFER_BYTES) {
      const isIdle = this.#lastRead <= IDLE_BUFFER_BYTES || size > HOT_BUFFER_BYTES;
      if (isIdle || !this.#park(size)) this.#swap(this.pool.takeIdle());
      else if (isBusy && size < HOT_BUFFER_BYTES) this.#enlargeParked();
    } else if (isBusy && this.#lastRead > 0) {
      this.#enlargeParked();
    }
    return "ready";
  }

  /** Waits with a larger buffer than now, if there is one to be had. */
  #enlargeParked(): void {
    const larger = this.pool.borrow(
      this.#bytes.length === IDLE_BUFFER_BYTES ? 1 : HOT_BUFFER_BYTES,
    );
    if (larger === undefined) return;
    this.#unpark();
    if (this.#park(larger.length)) {
      this.#swap(larger);
    } else {
      this.pool.giveBack(larger);
      if (this.#bytes.length > IDLE_BUFFER_BYTES) this.#swap(this.pool.takeIdle());
    }
  }

  /** Bytes of the frame that has begun, prefix included, as far as they are known. */
  #neededBytes(): number {
    if (this.#end - this.#start < PREFIX_BYTES) return PREFIX_BYTES;
    return PREFIX_BYTES + this.claimedBytes();
  }

  #grow(needed: number, whenReady: () => void): RoomState {
    const arrived = this.#end - this.#start;
    const believed = Math.max(arrived * GROWTH, this.#frameBytesProven + PREFIX_BYTES);
    // A full buffer must grow by something, and the smallest that is lent is 64 KiB anyway.
    const wanted = Math.min(needed, Math.max(believed, 1));
    if (wanted <= this.#bytes.length) {
      this.#moveInto(this.#bytes);
      return "ready";
    }
    const larger = this.pool.borrow(wanted);
    if (larger !== undefined) {
      this.#moveInto(larger);
      return "ready";
    }
    const request = {
      bytes: wanted,
      granted: (buffer: Uint8Array) => {
        this.#request = undefined;
        this.#moveInto(buffer);
        whenReady();
      },
    };
    this.#request = request;
    this.pool.wait(request);
    return this.#request === undefined ? "ready" : "starved";
  }

  #moveInto(buffer: Uint8Array): void {
    if (buffer === this.#bytes) buffer.copyWithin(0, this.#start, this.#end);
    else buffer.set(this.#bytes.subarray(this.#start, this.#end));
    this.#end -= this.#start;
    this.#start = 0;
    if (buffer !== this.#bytes) this.#swap(buffer);
  }

  #swap(buffer: Uint8Array): void {
    this.#giveBack();
    this.#bytes = buffer;
  }

  #giveBack(): void {
    if (this.#bytes.length > IDLE_BUFFER_BYTES) this.pool.giveBack(this.#bytes);
    else if (this.#bytes.length > 0) this.pool.giveIdle(this.#bytes);
  }

  #park(size: number): boolean {
    this.#isParked = this.pool.park(size);
    return this.#isParked;
  }

  #unpark(): void {
    if (this.#isParked) this.pool.unpark(this.#bytes.length);
    this.#isParked = false;
  }
}
