import { ProtocolError } from "../../protocol/protocol_error.ts";

/** How a field of protocol buffers is written. */
export const WireType = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const VARINT_BYTES_MAX = 10;

/**
 * Walks over the fields of one message in the wire format of protocol buffers. Nothing is copied:
 * {@link message} gives views.
 *
 * All methods throw {@link ProtocolError} where the bytes are cut off or malformed.
 */
export class ProtobufReader {
  /** Number of the field that {@link next} came to, and how it is written. */
  field = 0;
  wireType = 0;
  #position = 0;
  readonly #view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Moves to the next field, whose value is to be read or skipped; false at the end. */
  next(): boolean {
    if (this.#position >= this.bytes.length) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag % 8;
    return true;
  }

  /** True at a field of that number and form. */
  isAt(field: number, wireType: number): boolean {
    return this.field === field && this.wireType === wireType;
  }

  /** An unsigned number; above 2^53 the nearest double. */
  varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < VARINT_BYTES_MAX; i++) {
      const byte = this.bytes[this.#advance(1)]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new ProtocolError(`a varint of more than ${VARINT_BYTES_MAX} bytes`);
  }

  double(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  /** A signed number of 64 bits; beyond 2^53 the nearest double. */
  fixedInt64(): number {
    return Number(this.#view.getBigInt64(this.#advance(8), true));
  }

  /** The bytes of a message, a string or bytes. */
  message(): Uint8Array {
    const length = this.varint();
    const start = this.#advance(length);
    return this.bytes.subarray(start, start + length);
  }

  skip(): void {
    switch (this.wireType) {
      case WireType.varint:
        this.varint();
        break;
      case WireType.fixed64:
        this.#advance(8);
        break;
      case WireType.bytes:
        this.message();
        break;
      case WireType.fixed32:
        this.#advance(4);
        break;
      default:
        throw new ProtocolError(`wire type ${this.wireType} is none of protocol buffers`);
    }
  }

  /** Moves over `count` bytes; returns where they begin. */
  #advance(count: number): number {
    const start = this.#position;
    if (start + count > this.bytes.length) throw new ProtocolError("the message is cut off");
    this.#position = start + count;
    return start;
  }
}
