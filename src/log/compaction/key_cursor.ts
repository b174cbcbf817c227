import { readVarint, readVarlong } from "../../base/varint.ts";
import { CorruptBatchError } from "../../protocol/records/corrupt_batch_error.ts";

/**
 * Walks over uncompressed records as far as compaction has to know them: where they begin and end,
 * their key, and whether they have a value. One object serves many batches; headers are passed
 * over by the record's length.
 */
export class KeyCursor {
  bytes: Uint8Array = new Uint8Array(0);
  recordStart = 0;
  recordEnd = 0;
  /** Position of the timestamp, behind the attributes. */
  timestampStart = 0;
  /** Position behind the timestamp. */
  timestampEnd = 0;
  timestampDelta = 0;
  offsetDelta = 0;
  keyStart = 0;
  /** -1 when the key is null. */
  keyLength = 0;
  hasValue = false;
  private end = 0;
  private left = 0;
  private position = 0;

  /** The records of a batch: `count` from `start` up to `end`. */
  reset(bytes: Uint8Array, start: number, end: number, count: number): void {
    this.bytes = bytes;
    this.recordEnd = start;
    this.end = end;
    this.left = count;
  }

  /**
   * Goes to the next record; false when there is none.
   * @throws {CorruptBatchError} when a record reaches out of its batch, or bytes are left over
   */
  next(): boolean {
    const start = this.recordEnd;
    if (this.left === 0) {
      if (start !== this.end) throw new CorruptBatchError("bytes are left behind the last record");
      return false;
    }
    this.left--;
    this.position = start;
    this.recordStart = start;
    const size = this.#varint();
    const recordEnd = this.position + size;
    if (size < 0 || recordEnd > this.end) {
      throw new CorruptBatchError("a record reaches beyond its batch");
    }
    this.recordEnd = recordEnd;
    this.timestampStart = ++this.position;
    this.timestampDelta = this.#varlong();
    this.timestampEnd = this.position;
    this.offsetDelta = this.#varint();
    const keyLength = this.#varint();
    this.keyLength = keyLength < 0 ? -1 : keyLength;
    this.keyStart = this.position;
    if (keyLength > 0) this.position += keyLength;
    this.hasValue = this.#varint() >= 0;
    if (this.position > recordEnd) throw new CorruptBatchError("a key reaches beyond its record");
    return true;
  }

  /** Bytes past the array are 0 to it, and the caller finds the position out of bounds. */
  #varint(): number {
    const { bytes, position } = this;
    const byte = bytes[position]!;
    if (byte < 128) {
      this.position = position + 1;
      return (byte >>> 1) ^ -(byte & 1);
    }
    const second = bytes[position + 1]!;
    if (second < 128) {
      this.position = position + 2;
      const value = byte & 127 | second << 7;
      return (value >>> 1) ^ -(value & 1);
    }
    this.#skipVarint(5);
    return readVarint(bytes, position);
  }

  #varlong(): number {
    const { bytes, position } = this;
    const byte = bytes[position]!;
    if (byte < 128) {
      this.position = position + 1;
      return (byte >>> 1) ^ -(byte & 1);
    }
    this.#skipVarint(10);
    return readVarlong(bytes, position);
  }

  #skipVarint(bytesMax: number): void {
    const { bytes, position } = this;
    for (let length = 1; length <= bytesMax; length++) {
      if (bytes[position + length - 1]! < 128) {
        this.position = position + length;
        return;
      }
    }
    throw new CorruptBatchError("a varint is cut off or overlong");
  }
}
