/**
 * Writing and reading the classic (not flexible) encodings of the Kafka protocol.
 *
 * @module
 */

/** Appends big-endian fields to a buffer that grows as needed. */
export class FieldWriter {
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  /** `capacity` is a first guess in bytes. */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(Math.max(capacity, 16));
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** What was written so far, without a copy. */
  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  int8(value: number): void {
    const at = this.#claim(1);
    this.#view.setInt8(at, value);
  }

  int16(value: number): void {
    const at = this.#claim(2);
    this.#view.setInt16(at, value);
  }

  int32(value: number): void {
    const at = this.#claim(4);
    this.#view.setInt32(at, value);
  }

  int64(value: number): void {
    const at = this.#claim(8);
    this.#view.setBigInt64(at, BigInt(value));
  }

  /** A zigzag varint as records use it. */
  varint(value: number): void {
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest >= 0x80) {
      this.int8((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.int8(rest);
  }

  /** A string with an int16 length in front; null is -1. */
  string(value: string | null): void {
    if (value === null) {
      this.int16(-1);
      return;
    }
    const encoded = new TextEncoder().encode(value);
    this.int16(encoded.length);
    this.bytes(encoded);
  }

  bytes(value: Uint8Array): void {
    const at = this.#claim(value.length);
    this.#bytes.set(value, at);
  }

  /** Makes room for `size` bytes and gives their position. May replace the buffer and its view. */
  #claim(size: number): number {
    const at = this.#length;
    if (at + size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, at + size));
      grown.set(this.written());
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = at + size;
    return at;
  }
}

/** Reads big-endian fields one after the other. A read past the end throws a RangeError. */
export class FieldReader {
  readonly #view: DataView;
  #position = 0;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  int16(): number {
    const value = this.#view.getInt16(this.#position);
    this.#position += 2;
    return value;
  }

  int32(): number {
    const value = this.#view.getInt32(this.#position);
    this.#position += 4;
    return value;
  }

  /** A string with an int16 length in front; a null string reads as the empty one. */
  string(): string {
    const length = Math.max(this.int16(), 0);
    const start = this.#position;
    this.skip(length);
    return new TextDecoder().decode(this.bytes.subarray(start, start + length));
  }

  skip(length: number): void {
    this.#position += length;
  }
}

const CRC32C_TABLE = new Uint32Array(256).map((_, index) => {
  let remainder = index;
  for (let bit = 0; bit < 8; bit++) {
    remainder = (remainder & 1) === 1 ? (remainder >>> 1) ^ 0x82f63b78 : remainder >>> 1;
  }
  return remainder;
});

/** CRC-32C (Castagnoli, RFC 3720 appendix B.4) of a few bytes; simple rather than fast. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC32C_TABLE[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
