import { ProtocolError } from "../protocol/protocol_error.ts";

const PREFIX_BYTES = 4;
/** Responses that fit are read through one buffer and copied out of it; larger ones never are. */
const SMALL_BUFFER_BYTES = 32 * 1024;
/** The buffers of large responses come in steps of this size, so that one serves for the next. */
const STEP_BYTES = 64 * 1024;
/** No more than this many buffers, each no larger than that, wait for the next large response. */
const SPARE_BUFFERS_MAX = 2;
const SPARE_BYTES_MAX = 16 * 1024 * 1024;

/**
 * The bytes of one connection as response frames: an int32 length, and as many bytes.
 *
 * A frame of up to 32 KiB is copied into an array of its own, which its reader may keep. A larger
 * one is read straight into a buffer that is used again after {@link recycle}.
 */
export class ResponseFrames {
  readonly #small = new Uint8Array(SMALL_BUFFER_BYTES);
  #start = 0;
  #end = 0;
  /** The buffer of a large frame that is arriving. */
  #large: Uint8Array | undefined;
  #largeFilled = 0;
  #largeBytes = 0;
  readonly #spares: Uint8Array[] = [];
  /** The frame that {@link next} found: bytes 0 to `frameBytes` of `frame`. */
  frame: Uint8Array = this.#small;
  frameBytes = 0;

  /** @param frameBytesMax the longest frame, its prefix left out */
  constructor(readonly frameBytesMax: number) {}

  /** Where the next read goes; never empty. */
  room(): Uint8Array {
    if (this.#large !== undefined) {
      return this.#large.subarray(this.#largeFilled, this.#largeBytes);
    }
    return this.#end === 0 ? this.#small : this.#small.subarray(this.#end);
  }

  /** Counts what was read into {@link room}. */
  received(count: number): void {
    if (this.#large !== undefined) this.#largeFilled += count;
    else this.#end += count;
  }

  /**
   * Moves on to the next whole frame; false when there is none yet.
   * @throws {ProtocolError} when a length is negative or beyond the maximum
   */
  next(): boolean {
    if (this.#large !== undefined) return this.#nextLarge(this.#large);
    const available = this.#end - this.#start;
    if (available < PREFIX_BYTES) return this.#makeRoom(PREFIX_BYTES);
    const length = this.#claimedBytes();
    if (length < 0 || length > this.frameBytesMax) {
      throw new ProtocolError(`a response of ${length} bytes`, this.#start);
    }
    const from = this.#start + PREFIX_BYTES;
    if (available - PREFIX_BYTES >= length) {
      this.frame = this.#small.slice(from, from + length);
      this.frameBytes = length;
      this.#start = from + length;
      return true;
    }
    if (PREFIX_BYTES + length <= SMALL_BUFFER_BYTES) return this.#makeRoom(PREFIX_BYTES + length);
    const large = this.#takeSpare(length);
    large.set(this.#small.subarray(from, this.#end));
    this.#large = large;
    this.#largeFilled = this.#end - from;
    this.#largeBytes = length;
    this.#start = this.#end = 0;
    return false;
  }

  /** Takes the buffer of a frame back, when nobody looks at it any more. */
  recycle(frame: Uint8Array): void {
    if (frame.length < SMALL_BUFFER_BYTES || frame.length > SPARE_BYTES_MAX) return;
    if (this.#spares.length === SPARE_BUFFERS_MAX) this.#spares.shift();
    this.#spares.push(frame);
  }

  #nextLarge(large: Uint8Array): boolean {
    if (this.#largeFilled < this.#largeBytes) return false;
    this.frame = large;
    this.frameBytes = this.#largeBytes;
    this.#large = undefined;
    return true;
  }

  #claimedBytes(): number {
    const bytes = this.#small;
    const p = this.#start;
    return (bytes[p]! << 24) | (bytes[p + 1]! << 16) | (bytes[p + 2]! << 8) | bytes[p + 3]!;
  }

  /** Sees to it that `needed` bytes from the start of the frame on fit. */
  #makeRoom(needed: number): false {
    if (this.#start === this.#end) {
      this.#start = this.#end = 0;
    } else if (this.#start + needed > SMALL_BUFFER_BYTES) {
      this.#small.copyWithin(0, this.#start, this.#end);
      this.#end -= this.#start;
      this.#start = 0;
    }
    return false;
  }

  #takeSpare(bytes: number): Uint8Array {
    const index = this.#spares.findIndex((spare) => spare.length >= bytes);
    if (index >= 0) return this.#spares.splice(index, 1)[0]!;
    return new Uint8Array(Math.ceil(bytes / STEP_BYTES) * STEP_BYTES);
  }
}
