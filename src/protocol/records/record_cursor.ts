import { readVarint, readVarlong, varintLength, varlongLength } from "../../base/varint.ts";
import { CorruptBatchError } from "./corrupt_batch_error.ts";

/** A header of a record. Both parts are views where they come from a reader. */
export interface RecordHeader {
  /** UTF-8. */
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** Where a run of uncompressed records lies, and what their deltas are relative to. */
export interface RecordRun {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** How many records the batch claims. */
  readonly count: number;
  readonly baseOffset: number;
  readonly baseTimestamp: number;
  /** The time of all records where the batch has LogAppendTime; else undefined. */
  readonly logAppendTime: number | undefined;
}

const NULL = -1;

/**
 * Walks over the records of a batch. Its fields describe the record that {@link next} went to, so
 * that no object is made per record. Every length is checked before it is used.
 */
export class RecordCursor {
  /** Position of the record among those of the batch, from 0. */
  index = -1;
  offsetDelta = 0;
  timestampDelta = 0;
  keyStart = 0;
  /** Bytes; -1 when the key is null. */
  keyLength = NULL;
  valueStart = 0;
  /** Bytes; -1 when the value is null. */
  valueLength = NULL;
  headerCount = 0;
  private headersStart = 0;
  private position: number;
  private limit: number;
  private readonly bytes: Uint8Array;

  constructor(private readonly run: RecordRun) {
    this.bytes = run.bytes;
    this.position = run.start;
    this.limit = run.end;
  }

  /**
   * Goes to the next record; false when there is none.
   * @throws {CorruptBatchError} when the record is malformed, or bytes are left behind the last
   */
  next(): boolean {
    this.limit = this.run.end;
    if (this.index + 1 >= this.run.count) {
      if (this.position !== this.run.end) {
        throw new CorruptBatchError("bytes are left behind the last record");
      }
      return false;
    }
    const size = this.varint();
    if (size < 0 || size > this.limit - this.position) {
      throw new CorruptBatchError("a record reaches beyond its batch");
    }
    this.limit = this.position + size;
    this.position++;
    this.timestampDelta = this.varlong();
    this.offsetDelta = this.varint();
    this.keyLength = this.length();
    this.keyStart = this.position;
    this.skip(this.keyLength);
    this.valueLength = this.length();
    this.valueStart = this.position;
    this.skip(this.valueLength);
    this.headerCount = this.varint();
    this.headersStart = this.position;
    this.skipHeaders();
    this.index++;
    return true;
  }

  get offset(): number {
    return this.run.baseOffset + this.offsetDelta;
  }

  /** Milliseconds since the epoch, or -1. */
  get timestamp(): number {
    return this.run.logAppendTime ?? this.run.baseTimestamp + this.timestampDelta;
  }

  /** A view of the key. */
  get key(): Uint8Array | null {
    return this.view(this.keyStart, this.keyLength);
  }

  /** A view of the value. */
  get value(): Uint8Array | null {
    return this.view(this.valueStart, this.valueLength);
  }

  /** The headers, their parts as views. */
  headers(): RecordHeader[] {
    const headers: RecordHeader[] = [];
    this.position = this.headersStart;
    for (let i = 0; i < this.headerCount; i++) {
      const key = this.nextView();
      const value = this.nextView();
      headers.push({ key: key!, value });
    }
    return headers;
  }

  private view(start: number, length: number): Uint8Array | null {
    return length < 0 ? null : this.bytes.subarray(start, start + length);
  }

  private nextView(): Uint8Array | null {
    const length = this.length();
    const view = this.view(this.position, length);
    this.skip(length);
    return view;
  }

  /** Checks the headers and leaves the position behind them, where the record must end. */
  private skipHeaders(): void {
    if (this.headerCount < 0) throw new CorruptBatchError("a header count is negative");
    for (let i = 0; i < this.headerCount; i++) {
      const keyLength = this.length();
      if (keyLength < 0) throw new CorruptBatchError("a header key is null");
      this.skip(keyLength);
      this.skip(this.length());
    }
    if (this.position !== this.limit) {
      throw new CorruptBatchError("a record is longer than its fields");
    }
  }

  private length(): number {
    const length = this.varint();
    if (length > this.limit - this.position) {
      throw new CorruptBatchError("a field reaches beyond its record");
    }
    return length < 0 ? NULL : length;
  }

  private skip(length: number): void {
    if (length > 0) this.position += length;
  }

  private varint(): number {
    const byte = this.position < this.limit ? this.bytes[this.position]! : 128;
    if (byte < 128) {
      this.position++;
      return (byte >>> 1) ^ -(byte & 1);
    }
    const length = varintLength(this.bytes, this.position, this.limit);
    if (length === 0) throw new CorruptBatchError("a varint is cut off or overlong");
    const value = readVarint(this.bytes, this.position);
    this.position += length;
    return value;
  }

  private varlong(): number {
    const length = varlongLength(this.bytes, this.position, this.limit);
    if (length === 0) throw new CorruptBatchError("a varlong is cut off or overlong");
    const value = readVarlong(this.bytes, this.position);
    this.position += length;
    return value;
  }
}
