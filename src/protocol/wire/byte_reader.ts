import type { Uuid } from "../../base/uuid.ts";
import { ProtocolError } from "../protocol_error.ts";
import { decodeText, decodeUuid } from "./interning.ts";

/** What one message may hold in arrays, all levels together, unless the reader is told otherwise. */
export const DEFAULT_ELEMENT_BUDGET = 1_000_000;

const TWO_TO_32 = 4294967296;
const STRING_BYTES_MAX = 0x7fff;
const EMPTY = new Uint8Array(0);
const scratch = new DataView(new ArrayBuffer(8));

/**
 * Reads the primitive types of Kafka's protocol from a window of a buffer. Integers are big-endian.
 *
 * No length is believed before it is compared with the bytes that are left, and array elements
 * are counted per message, so that what a frame makes the broker allocate stays in proportion to
 * the frame. Every method throws {@link ProtocolError} when the window is too short or its bytes
 * are not of the type. A reader may be reused with {@link reset}.
 */
export class ByteReader {
  private buffer: Uint8Array = EMPTY;
  private at = 0;
  private end = 0;
  private elementsLeft: number;

  /** @param elementBudget how many array elements one message may hold, all levels together */
  constructor(private readonly elementBudget: number = DEFAULT_ELEMENT_BUDGET) {
    this.elementsLeft = elementBudget;
  }

  /** Starts a new message: bytes `start` to `end` of `buffer`, and a full element budget. */
  reset(buffer: Uint8Array, start = 0, end = buffer.length): this {
    if (start < 0 || start > end || end > buffer.length) {
      throw new RangeError(`no window ${start}..${end} in a buffer of ${buffer.length}`);
    }
    this.buffer = buffer;
    this.at = start;
    this.end = end;
    this.elementsLeft = this.elementBudget;
    return this;
  }

  /** Where in the buffer the next byte is read. */
  get position(): number {
    return this.at;
  }

  /** Bytes of the window that are not read yet. */
  get remaining(): number {
    return this.end - this.at;
  }

  bool(): boolean {
    return this.buffer[this.take(1)]! !== 0;
  }

  int8(): number {
    return this.buffer[this.take(1)]! << 24 >> 24;
  }

  int16(): number {
    const p = this.take(2);
    return (this.buffer[p]! << 24 >> 16) | this.buffer[p + 1]!;
  }

  uint16(): number {
    const p = this.take(2);
    return (this.buffer[p]! << 8) | this.buffer[p + 1]!;
  }

  int32(): number {
    return this.int32At(this.take(4));
  }

  uint32(): number {
    return this.int32At(this.take(4)) >>> 0;
  }

  /** The nearest double: exact within 2^53, and at -2^63; 2^63-1 is read as 2^63. */
  int64(): number {
    const p = this.take(8);
    return this.int32At(p) * TWO_TO_32 + (this.int32At(p + 4) >>> 0);
  }

  float64(): number {
    const p = this.take(8);
    scratch.setInt32(0, this.int32At(p));
    scratch.setInt32(4, this.int32At(p + 4));
    return scratch.getFloat64(0);
  }

  /** An unsigned 32-bit integer in one to five bytes, low groups of seven bits first. */
  unsignedVarint(): number {
    const first = this.buffer[this.take(1)]!;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    for (let shift = 7; shift < 28; shift += 7) {
      const byte = this.buffer[this.take(1)]!;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.buffer[this.take(1)]!;
    if (last > 0x0f) throw this.error("a varint of more than 32 bits");
    return (value | (last << 28)) >>> 0;
  }

  uuid(): Uuid {
    return decodeUuid(this.buffer, this.take(16));
  }

  string(): string {
    return this.text(this.int16());
  }

  nullableString(): string | null {
    const length = this.int16();
    return length === -1 ? null : this.text(length);
  }

  compactString(): string {
    return this.text(this.unsignedVarint() - 1);
  }

  compactNullableString(): string | null {
    const length = this.unsignedVarint() - 1;
    return length === -1 ? null : this.text(length);
  }

  /** A copy, which outlives the buffer. */
  bytes(): Uint8Array {
    return this.view(this.int32()).slice();
  }

  /** A copy, which outlives the buffer. */
  nullableBytes(): Uint8Array | null {
    const length = this.int32();
    return length === -1 ? null : this.view(length).slice();
  }

  /** A copy, which outlives the buffer. */
  compactBytes(): Uint8Array {
    return this.view(this.unsignedVarint() - 1).slice();
  }

  /** A copy, which outlives the buffer. */
  compactNullableBytes(): Uint8Array | null {
    const length = this.unsignedVarint() - 1;
    return length === -1 ? null : this.view(length).slice();
  }

  /** A view of the buffer: valid only as long as the buffer's contents are. */
  records(): Uint8Array {
    return this.view(this.int32());
  }

  /** A view of the buffer: valid only as long as the buffer's contents are. */
  nullableRecords(): Uint8Array | null {
    const length = this.int32();
    return length === -1 ? null : this.view(length);
  }

  /** A view of the buffer: valid only as long as the buffer's contents are. */
  compactRecords(): Uint8Array {
    return this.view(this.unsignedVarint() - 1);
  }

  /** A view of the buffer: valid only as long as the buffer's contents are. */
  compactNullableRecords(): Uint8Array | null {
    const length = this.unsignedVarint() - 1;
    return length === -1 ? null : this.view(length);
  }

  /**
   * The element count of an array, charged to the element budget.
   *
   * @param elementBytesMin the least that one element takes, by which the claim is judged
   */
  arrayLength(elementBytesMin: number): number {
    return this.elements(this.int32(), elementBytesMin);
  }

  /** As {@link arrayLength}; -1 for null. */
  nullableArrayLength(elementBytesMin: number): number {
    const length = this.int32();
    return length === -1 ? -1 : this.elements(length, elementBytesMin);
  }

  /** As {@link arrayLength}. */
  compactArrayLength(elementBytesMin: number): number {
    return this.elements(this.unsignedVarint() - 1, elementBytesMin);
  }

  /** As {@link arrayLength}; -1 for null. */
  compactNullableArrayLength(elementBytesMin: number): number {
    const length = this.unsignedVarint() - 1;
    return length === -1 ? -1 : this.elements(length, elementBytesMin);
  }

  /** Reads the size of a tagged field whose tag is known; returns where the field must end. */
  beginTaggedField(): number {
    const size = this.unsignedVarint();
    if (size > this.remaining) throw this.error(`a tagged field of ${size} bytes`);
    return this.at + size;
  }

  /** Checks that a tagged field took exactly the bytes it claimed. */
  endTaggedField(end: number): void {
    if (this.at !== end) throw this.error(`a tagged field that should end at byte ${end}`);
  }

  /** Skips a tagged field whose tag is not known. */
  skipTaggedField(): void {
    this.at = this.beginTaggedField();
  }

  /** Skips a whole section of tagged fields, from its count on. */
  skipTaggedFields(): void {
    for (let left = this.unsignedVarint(); left > 0; left--) {
      this.unsignedVarint();
      this.skipTaggedField();
    }
  }

  /** Checks that nothing follows. Kafka's own broker lets trailing bytes pass; records do not. */
  expectEnd(): void {
    if (this.at !== this.end) throw this.error(`${this.remaining} bytes after the message`);
  }

  /** The bytes that are left, as a view; reading them counts. */
  rest(): Uint8Array {
    return this.view(this.remaining);
  }

  private take(size: number): number {
    const p = this.at;
    if (size > this.end - p) throw this.error(`${size} bytes wanted, ${this.end - p} left`);
    this.at = p + size;
    return p;
  }

  private int32At(p: number): number {
    const buffer = this.buffer;
    return (buffer[p]! << 24) | (buffer[p + 1]! << 16) | (buffer[p + 2]! << 8) | buffer[p + 3]!;
  }

  private text(length: number): string {
    if (length < 0 || length > STRING_BYTES_MAX) throw this.error(`a string of ${length} bytes`);
    const start = this.take(length);
    return decodeText(this.buffer, start, start + length);
  }

  private view(length: number): Uint8Array {
    if (length < 0) throw this.error(`a length of ${length}`);
    const start = this.take(length);
    return this.buffer.subarray(start, start + length);
  }

  private elements(length: number, elementBytesMin: number): number {
    if (length < 0 || length * elementBytesMin > this.end - this.at) {
      throw this.error(`an array of ${length} elements in ${this.end - this.at} bytes`);
    }
    if (length > this.elementsLeft) {
      throw this.error(`more than ${this.elementBudget} array elements in one message`);
    }
    this.elementsLeft -= length;
    return length;
  }

  private error(problem: string): ProtocolError {
    return new ProtocolError(problem, this.at);
  }
}
