import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from "../../base/varint.ts";
import { Codec } from "../../protocol/compression/codec.ts";
import { compress } from "../../protocol/compression/compression.ts";
import { withRecords } from "../../protocol/records/batch_builder.ts";
import {
  HEADER_BYTES,
  LOG_OVERHEAD_BYTES,
  MAGIC_AT,
  MAGIC_V2,
  setAttributes,
  setBaseOffset,
  setBaseSequence,
  setBaseTimestamp,
  setBatchLength,
  setLastOffsetDelta,
  setMaxTimestamp,
  setPartitionLeaderEpoch,
  setProducerEpoch,
  setProducerId,
  setRecordCount,
} from "../../protocol/records/batch_layout.ts";
import { restoreCrc } from "../../protocol/records/batch_scan.ts";
import type { RecordHeader } from "../../protocol/records/record_cursor.ts";

/** Who writes a batch, for its header; -1 everywhere when the producer is not idempotent. */
export interface BatchAuthor {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

/** A record whose parts are ranges of one array. A length of -1 is null. */
export interface RecordRanges {
  bytes: Uint8Array;
  keyStart: number;
  keyLength: number;
  valueStart: number;
  valueLength: number;
  headers: readonly RecordHeader[];
  /** Milliseconds since the epoch. */
  timestamp: number;
}

/** Below this many bytes a loop copies faster than a call. */
const LOOP_COPY_BYTES_MAX = 24;

/** Builds one record batch (message format v2) at a time, straight in the bytes that are sent. */
export class BatchWriter {
  recordCount = 0;
  #bytes: Uint8Array;
  #at = HEADER_BYTES;
  #baseTimestamp = 0;
  #maxTimestamp = 0;

  /** @param batchBytes what a batch should hold at most; a larger record gets one of its own */
  constructor(readonly batchBytes: number) {
    this.#bytes = new Uint8Array(batchBytes);
  }

  get isEmpty(): boolean {
    return this.recordCount === 0;
  }

  /** Bytes so far, uncompressed. */
  get size(): number {
    return this.#at;
  }

  /** Appends the record; false when it has to go into the next batch. */
  append(record: RecordRanges): boolean {
    const isFirst = this.recordCount === 0;
    if (isFirst) this.#baseTimestamp = this.#maxTimestamp = record.timestamp;
    const timestampDelta = record.timestamp - this.#baseTimestamp;
    const bodyBytes = 1 + sizeOfVarlong(timestampDelta) + sizeOfVarint(this.recordCount) +
      sizeOfField(record.keyLength) + sizeOfField(record.valueLength) +
      (record.headers.length === 0 ? 1 : sizeOfHeaders(record.headers));
    const end = this.#at + sizeOfVarint(bodyBytes) + bodyBytes;
    if (end > this.#bytes.length && !this.#grow(end, isFirst)) return false;
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#at, bodyBytes);
    bytes[at++] = 0;
    at = writeVarlong(bytes, at, timestampDelta);
    at = writeVarint(bytes, at, this.recordCount);
    at = this.#field(at, record.bytes, record.keyStart, record.keyLength);
    at = this.#field(at, record.bytes, record.valueStart, record.valueLength);
    at = writeVarint(bytes, at, record.headers.length);
    for (const { key, value } of record.headers) {
      at = this.#field(at, key, 0, key.length);
      at = value === null ? writeVarint(bytes, at, -1) : this.#field(at, value, 0, value.length);
    }
    this.#at = at;
    this.recordCount++;
    if (record.timestamp > this.#maxTimestamp) this.#maxTimestamp = record.timestamp;
    return true;
  }

  /**
   * The whole batch: a view of the writer's own bytes, valid until {@link reset}, when it is not
   * compressed.
   */
  finish(codec: Codec, author: BatchAuthor, level?: number): Uint8Array {
    const plain = this.#bytes.subarray(0, this.#at);
    plain.fill(0, 0, HEADER_BYTES);
    const batch = codec === Codec.none
      ? plain
      : withRecords(plain, compress(codec, plain.subarray(HEADER_BYTES), level));
    batch[MAGIC_AT] = MAGIC_V2;
    setBaseOffset(batch, 0, 0);
    setBatchLength(batch, 0, batch.length - LOG_OVERHEAD_BYTES);
    setPartitionLeaderEpoch(batch, 0, -1);
    setAttributes(batch, 0, codec);
    setLastOffsetDelta(batch, 0, this.recordCount - 1);
    setBaseTimestamp(batch, 0, this.#baseTimestamp);
    setMaxTimestamp(batch, 0, this.#maxTimestamp);
    setProducerId(batch, 0, author.producerId);
    setProducerEpoch(batch, 0, author.producerEpoch);
    setBaseSequence(batch, 0, author.baseSequence);
    setRecordCount(batch, 0, this.recordCount);
    restoreCrc(batch, 0);
    return batch;
  }

  /** Starts the next batch. */
  reset(): void {
    this.#at = HEADER_BYTES;
    this.recordCount = 0;
    if (this.#bytes.length > this.batchBytes) this.#bytes = new Uint8Array(this.batchBytes);
  }

  /** A record larger than a batch is let in when it is alone. */
  #grow(needed: number, isFirst: boolean): boolean {
    if (!isFirst) return false;
    const larger = new Uint8Array(needed);
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    return true;
  }

  #field(at: number, source: Uint8Array, start: number, length: number): number {
    const bytes = this.#bytes;
    at = writeVarint(bytes, at, length);
    if (length > LOOP_COPY_BYTES_MAX) bytes.set(source.subarray(start, start + length), at);
    else for (let i = 0; i < length; i++) bytes[at + i] = source[start + i]!;
    return length > 0 ? at + length : at;
  }
}

function sizeOfField(length: number): number {
  return length < 0 ? 1 : sizeOfVarint(length) + length;
}

function sizeOfHeaders(headers: readonly RecordHeader[]): number {
  let size = sizeOfVarint(headers.length);
  for (const { key, value } of headers) {
    size += sizeOfField(key.length) + sizeOfField(value === null ? -1 : value.length);
  }
  return size;
}
