import { invariant } from "../../base/invariant.ts";
import { type Uuid, uuidToBytes } from "../../base/uuid.ts";
import { ProtocolError } from "../protocol_error.ts";

/** Record batches to write: one piece, several that follow each other, or null. */
export type RecordsInit = Uint8Array | readonly Uint8Array[] | null;

/** From this size on a piece of records is passed on by reference instead of being copied. */
export const EXTERNAL_BYTES_MIN = 16 * 1024;

const INITIAL_BYTES = 512;
const RETAINED_BYTES_MAX = 256 * 1024;
const TWO_TO_32 = 4294967296;
const TWO_TO_63 = 2 ** 63;
const STRING_BYTES_MAX = 0x7fff;
const SHORT_TEXT_CHARS = 64;

const encoder = new TextEncoder();
const scratch = new DataView(new ArrayBuffer(8));

/**
 * Writes the primitive types of Kafka's protocol into a buffer that grows. Integers are big-endian.
 *
 * Large pieces of records are kept by reference, so that a fetched segment is never copied;
 * {@link chunks} gives the whole as a sequence of views. The views, and the records that were
 * passed in, must not change until they are sent, and {@link reset} invalidates them.
 *
 * A number outside the range of its type is an {@link InvariantError}; a string or array that has
 * no form on the wire a {@link ProtocolError}.
 */
export class ByteWriter {
  private buffer: Uint8Array;
  private at = 0;
  private externals: Uint8Array[] = [];
  /** For each external piece, how many bytes of `buffer` go before it. */
  private externalsAt: number[] = [];
  private externalBytes = 0;

  constructor(initialBytes: number = INITIAL_BYTES) {
    this.buffer = new Uint8Array(initialBytes);
  }

  /** Forgets what was written. The buffer is kept unless one large message made it grow far. */
  reset(): void {
    this.at = 0;
    this.externalBytes = 0;
    if (this.externals.length > 0) {
      this.externals = [];
      this.externalsAt = [];
    }
    if (this.buffer.length > RETAINED_BYTES_MAX) this.buffer = new Uint8Array(INITIAL_BYTES);
  }

  /** Bytes written, those kept by reference included. */
  get size(): number {
    return this.at + this.externalBytes;
  }

  /** What was written, in order, without empty pieces. Views: see the class about their life. */
  chunks(): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    let from = 0;
    for (let i = 0; i < this.externals.length; i++) {
      const to = this.externalsAt[i]!;
      if (to > from) chunks.push(this.buffer.subarray(from, to));
      chunks.push(this.externals[i]!);
      from = to;
    }
    if (this.at > from) chunks.push(this.buffer.subarray(from, this.at));
    return chunks;
  }

  /** What was written, as one new array. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.size);
    let at = 0;
    for (const chunk of this.chunks()) {
      bytes.set(chunk, at);
      at += chunk.length;
    }
    return bytes;
  }

  /** Leaves room for an int32 that is known later; {@link patchInt32} fills it. */
  reserveInt32(): number {
    return this.grow(4);
  }

  /** @param position what {@link reserveInt32} returned */
  patchInt32(position: number, value: number): void {
    invariant(position >= 0 && position + 4 <= this.at, "patched what was never reserved");
    this.setInt32(position, value);
  }

  bool(value: boolean): void {
    const p = this.grow(1);
    this.buffer[p] = value ? 1 : 0;
  }

  int8(value: number): void {
    if (value << 24 >> 24 !== value) outOfRange(value, "int8");
    const p = this.grow(1);
    this.buffer[p] = value;
  }

  int16(value: number): void {
    if (value << 16 >> 16 !== value) outOfRange(value, "int16");
    const p = this.grow(2);
    this.buffer[p] = value >> 8;
    this.buffer[p + 1] = value;
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) outOfRange(value, "uint16");
    const p = this.grow(2);
    this.buffer[p] = value >> 8;
    this.buffer[p + 1] = value;
  }

  int32(value: number): void {
    if ((value | 0) !== value) outOfRange(value, "int32");
    this.setInt32(this.grow(4), value);
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) outOfRange(value, "uint32");
    this.setInt32(this.grow(4), value);
  }

  /** Saturates: 2^63 and more are written as 2^63-1. */
  int64(value: number): void {
    const p = this.grow(8);
    if (value >= TWO_TO_63) {
      this.setInt32(p, 0x7fffffff);
      this.setInt32(p + 4, -1);
      return;
    }
    if (value < -TWO_TO_63) value = -TWO_TO_63;
    const high = Math.floor(value / TWO_TO_32);
    const low = value - high * TWO_TO_32;
    if (low >>> 0 !== low) outOfRange(value, "int64");
    this.setInt32(p, high);
    this.setInt32(p + 4, low);
  }

  float64(value: number): void {
    scratch.setFloat64(0, value);
    const p = this.grow(8);
    this.setInt32(p, scratch.getInt32(0));
    this.setInt32(p + 4, scratch.getInt32(4));
  }

  /** An unsigned 32-bit integer in one to five bytes, low groups of seven bits first. */
  unsignedVarint(value: number): void {
    if (value < 0x80 && value >= 0) {
      const p = this.grow(1);
      this.buffer[p] = value;
      return;
    }
    if (value >>> 0 !== value) outOfRange(value, "unsigned varint");
    const p = this.grow(varintBytes(value));
    putVarint(this.buffer, p, value);
  }

  uuid(value: Uuid): void {
    const p = this.grow(16);
    uuidToBytes(value, this.buffer, p);
  }

  string(value: string): void {
    this.text(value, false);
  }

  nullableString(value: string | null): void {
    if (value === null) this.int16(-1);
    else this.text(value, false);
  }

  compactString(value: string): void {
    this.text(value, true);
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.unsignedVarint(0);
    else this.text(value, true);
  }

  bytes(value: Uint8Array): void {
    this.int32(value.length);
    this.raw(value);
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int32(-1);
    else this.bytes(value);
  }

  compactBytes(value: Uint8Array): void {
    this.unsignedVarint(value.length + 1);
    this.raw(value);
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.unsignedVarint(0);
    else this.compactBytes(value);
  }

  records(value: Uint8Array | readonly Uint8Array[]): void {
    this.int32(recordsBytes(value));
    this.pieces(value);
  }

  nullableRecords(value: RecordsInit): void {
    if (value === null) this.int32(-1);
    else this.records(value);
  }

  compactRecords(value: Uint8Array | readonly Uint8Array[]): void {
    this.unsignedVarint(recordsBytes(value) + 1);
    this.pieces(value);
  }

  compactNullableRecords(value: RecordsInit): void {
    if (value === null) this.unsignedVarint(0);
    else this.compactRecords(value);
  }

  /** The element count of an array; -1 for null. */
  arrayLength(length: number): void {
    this.int32(length);
  }

  /** The element count of an array; -1 for null. */
  compactArrayLength(length: number): void {
    this.unsignedVarint(length + 1);
  }

  /** Writes a tag and leaves room for the size of its field; {@link endTaggedField} fills it. */
  beginTaggedField(tag: number): number {
    this.unsignedVarint(tag);
    return this.grow(1);
  }

  /** @param mark what {@link beginTaggedField} returned */
  endTaggedField(mark: number): void {
    const start = mark + 1;
    const copied = this.at - start;
    let external = 0;
    let first = this.externals.length;
    while (first > 0 && this.externalsAt[first - 1]! >= start) {
      external += this.externals[--first]!.length;
    }
    const size = copied + external;
    const sizeBytes = varintBytes(size);
    if (sizeBytes > 1) {
      // Room was left for the size of a small field, and nearly all are small.
      this.grow(sizeBytes - 1);
      this.buffer.copyWithin(mark + sizeBytes, start, start + copied);
      for (let i = first; i < this.externals.length; i++) this.externalsAt[i]! += sizeBytes - 1;
    }
    putVarint(this.buffer, mark, size);
  }

  /** Copies `bytes` in, without a length. */
  raw(bytes: Uint8Array): void {
    const p = this.grow(bytes.length);
    this.buffer.set(bytes, p);
  }

  private pieces(value: Uint8Array | readonly Uint8Array[]): void {
    if (value instanceof Uint8Array) this.piece(value);
    else for (const piece of value) this.piece(piece);
  }

  private piece(bytes: Uint8Array): void {
    if (bytes.length < EXTERNAL_BYTES_MIN) {
      this.raw(bytes);
      return;
    }
    this.externals.push(bytes);
    this.externalsAt.push(this.at);
    this.externalBytes += bytes.length;
  }

  private text(value: string, compact: boolean): void {
    const length = value.length;
    if (length > SHORT_TEXT_CHARS || !this.shortAscii(value, compact)) {
      const bytes = encoder.encode(value);
      if (bytes.length > STRING_BYTES_MAX) {
        throw new ProtocolError(`a string of ${bytes.length} bytes can't be written`);
      }
      if (compact) this.unsignedVarint(bytes.length + 1);
      else this.int16(bytes.length);
      this.raw(bytes);
    }
  }

  /** Writes a string of at most 64 characters; writes nothing and says false when not all ASCII. */
  private shortAscii(value: string, compact: boolean): boolean {
    const length = value.length;
    const prefix = compact ? 1 : 2;
    const start = this.grow(prefix + length);
    const buffer = this.buffer;
    let p = start + prefix;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) {
        this.at = start;
        return false;
      }
      buffer[p++] = code;
    }
    if (compact) {
      buffer[start] = length + 1;
    } else {
      buffer[start] = 0;
      buffer[start + 1] = length;
    }
    return true;
  }

  /** Makes room for `size` bytes; returns where they go. */
  private grow(size: number): number {
    const p = this.at;
    const needed = p + size;
    if (needed > this.buffer.length) this.enlarge(needed);
    this.at = needed;
    return p;
  }

  private enlarge(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.buffer.length * 2, 64));
    larger.set(this.buffer.subarray(0, this.at));
    this.buffer = larger;
  }

  private setInt32(p: number, value: number): void {
    const buffer = this.buffer;
    buffer[p] = value >> 24;
    buffer[p + 1] = value >> 16;
    buffer[p + 2] = value >> 8;
    buffer[p + 3] = value;
  }
}

function recordsBytes(value: Uint8Array | readonly Uint8Array[]): number {
  if (value instanceof Uint8Array) return value.length;
  let bytes = 0;
  for (const piece of value) bytes += piece.length;
  return bytes;
}

function varintBytes(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x200000) return 3;
  return value < 0x10000000 ? 4 : 5;
}

function putVarint(buffer: Uint8Array, position: number, value: number): void {
  let p = position;
  while (value > 0x7f) {
    buffer[p++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  buffer[p] = value;
}

function outOfRange(value: number, type: string): never {
  invariant(false, `${value} is no ${type}`);
}
