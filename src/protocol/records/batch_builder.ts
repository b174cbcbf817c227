import { invariant } from "../../base/invariant.ts";
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from "../../base/varint.ts";
import { Codec } from "../compression/codec.ts";
import { compress } from "../compression/compression.ts";
import {
  CONTROL_BIT,
  DELETE_HORIZON_BIT,
  HEADER_BYTES,
  LOG_APPEND_TIME_BIT,
  LOG_OVERHEAD_BYTES,
  MAGIC_AT,
  MAGIC_V2,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  NO_TIMESTAMP,
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
  TRANSACTIONAL_BIT,
} from "./batch_layout.ts";
import { restoreCrc } from "./batch_scan.ts";
import type { RecordHeader } from "./record_cursor.ts";

/** A record to be written. */
export interface RecordInit {
  /** Null when left out. */
  readonly key?: Uint8Array | null;
  /** Null when left out: a tombstone in a compacted topic. */
  readonly value?: Uint8Array | null;
  readonly headers?: readonly RecordHeader[];
  /** Milliseconds since the epoch; -1 (no timestamp) when left out. */
  readonly timestamp?: number;
  /** Offset less the base offset; the index of the record when left out. Must rise. */
  readonly offsetDelta?: number;
}

/** Everything of a batch but its records. */
export interface BatchInit {
  readonly codec?: Codec;
  /** See `compress`. */
  readonly level?: number;
  readonly baseOffset?: number;
  readonly partitionLeaderEpoch?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
  /** Makes it a batch of LogAppendTime: the broker's time, in ms, for all records. */
  readonly logAppendTimeMs?: number;
  /** Marks when tombstones of a compacted batch may go; takes the place of the base timestamp. */
  readonly deleteHorizonMs?: number;
  /** Where it isn't the last record's: a compacted batch keeps the offsets that it covered. */
  readonly lastOffsetDelta?: number;
}

const NO_HEADERS: readonly RecordHeader[] = [];

/**
 * A batch of message format v2 with these records, its CRC in place. No records make an empty batch,
 * as compaction leaves behind to keep a producer's last sequence.
 */
export function buildBatch(records: readonly RecordInit[], init: BatchInit = {}): Uint8Array {
  const codec = init.codec ?? Codec.none;
  const base = init.deleteHorizonMs ?? records[0]?.timestamp ?? NO_TIMESTAMP;
  const bodySizes = records.map((record, i) => recordBodySize(record, i, base));
  let recordBytes = 0;
  for (const size of bodySizes) recordBytes += sizeOfVarint(size) + size;
  const plain = new Uint8Array(HEADER_BYTES + recordBytes);
  let at = HEADER_BYTES;
  records.forEach((record, i) => at = writeRecord(plain, at, record, i, base, bodySizes[i]!));
  invariant(at === plain.length, "the size of a record was computed as it was written");
  const batch = codec === Codec.none
    ? plain
    : withRecords(plain, compress(codec, plain.subarray(HEADER_BYTES), init.level));
  writeHeader(batch, records, init, codec, base);
  restoreCrc(batch, 0);
  return batch;
}

/**
 * A new batch of the header of `batch` and other bytes of records. Batch length is set; attributes
 * and CRC are the caller's business.
 */
export function withRecords(batch: Uint8Array, recordBytes: Uint8Array): Uint8Array {
  const made = new Uint8Array(HEADER_BYTES + recordBytes.length);
  made.set(batch.subarray(0, HEADER_BYTES));
  made.set(recordBytes, HEADER_BYTES);
  setBatchLength(made, 0, made.length - LOG_OVERHEAD_BYTES);
  return made;
}

/**
 * Bytes that `record` takes in an uncompressed batch, its own length included.
 *
 * @param index of the record in the batch
 * @param base timestamp of the batch: that of its first record
 */
export function recordSize(record: RecordInit, index: number, base: number): number {
  const size = recordBodySize(record, index, base);
  return sizeOfVarint(size) + size;
}

function recordBodySize(record: RecordInit, index: number, base: number): number {
  const headers = record.headers ?? NO_HEADERS;
  let size = 1 + sizeOfVarlong((record.timestamp ?? NO_TIMESTAMP) - base) +
    sizeOfVarint(record.offsetDelta ?? index) + fieldSize(record.key) + fieldSize(record.value) +
    sizeOfVarint(headers.length);
  for (const header of headers) size += fieldSize(header.key) + fieldSize(header.value);
  return size;
}

function fieldSize(bytes: Uint8Array | null | undefined): number {
  return bytes ? sizeOfVarint(bytes.length) + bytes.length : 1;
}

function writeRecord(
  target: Uint8Array,
  at: number,
  record: RecordInit,
  index: number,
  base: number,
  bodySize: number,
): number {
  const headers = record.headers ?? NO_HEADERS;
  at = writeVarint(target, at, bodySize);
  target[at++] = 0;
  at = writeVarlong(target, at, (record.timestamp ?? NO_TIMESTAMP) - base);
  at = writeVarint(target, at, record.offsetDelta ?? index);
  at = writeField(target, at, record.key);
  at = writeField(target, at, record.value);
  at = writeVarint(target, at, headers.length);
  for (const header of headers) {
    at = writeField(target, writeField(target, at, header.key), header.value);
  }
  return at;
}

function writeField(target: Uint8Array, at: number, bytes: Uint8Array | null | undefined): number {
  if (!bytes) return writeVarint(target, at, -1);
  at = writeVarint(target, at, bytes.length);
  target.set(bytes, at);
  return at + bytes.length;
}

function writeHeader(
  batch: Uint8Array,
  records: readonly RecordInit[],
  init: BatchInit,
  codec: Codec,
  base: number,
): void {
  const last = records.length - 1;
  batch[MAGIC_AT] = MAGIC_V2;
  setBatchLength(batch, 0, batch.length - LOG_OVERHEAD_BYTES);
  setBaseOffset(batch, 0, init.baseOffset ?? 0);
  setPartitionLeaderEpoch(batch, 0, init.partitionLeaderEpoch ?? -1);
  setAttributes(batch, 0, attributeBits(init) | codec);
  setLastOffsetDelta(batch, 0, init.lastOffsetDelta ?? records[last]?.offsetDelta ?? last);
  setBaseTimestamp(batch, 0, base);
  setMaxTimestamp(batch, 0, init.logAppendTimeMs ?? highestTimestamp(records));
  setProducerId(batch, 0, init.producerId ?? NO_PRODUCER_ID);
  setProducerEpoch(batch, 0, init.producerEpoch ?? NO_PRODUCER_EPOCH);
  setBaseSequence(batch, 0, init.baseSequence ?? NO_SEQUENCE);
  setRecordCount(batch, 0, records.length);
}

function attributeBits(init: BatchInit): number {
  return (init.logAppendTimeMs === undefined ? 0 : LOG_APPEND_TIME_BIT) |
    (init.isTransactional ? TRANSACTIONAL_BIT : 0) |
    (init.isControl ? CONTROL_BIT : 0) |
    (init.deleteHorizonMs === undefined ? 0 : DELETE_HORIZON_BIT);
}

function highestTimestamp(records: readonly RecordInit[]): number {
  let highest = NO_TIMESTAMP;
  for (const { timestamp } of records) {
    if (timestamp !== undefined && timestamp > highest) highest = timestamp;
  }
  return highest;
}
