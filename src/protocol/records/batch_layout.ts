/**
 * The header of a record batch, message format v2 (KIP-98): where its fields are, and functions
 * that read and patch them in place. All take a buffer and the position of the batch in it, and
 * trust that {@link HEADER_BYTES} bytes are there.
 *
 * Int64 fields are doubles: exact within ±2^53, else the nearest; written saturated.
 */

export const BASE_OFFSET_AT = 0;
export const BATCH_LENGTH_AT = 8;
export const PARTITION_LEADER_EPOCH_AT = 12;
export const MAGIC_AT = 16;
export const CRC_AT = 17;
/** The CRC covers everything from here to the end of the batch. */
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const BASE_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const BASE_SEQUENCE_AT = 53;
export const RECORD_COUNT_AT = 57;
/** Where the records begin, compressed or not: the size of the header. */
export const HEADER_BYTES = 61;
/** Base offset and batch length, which the batch length leaves out. */
export const LOG_OVERHEAD_BYTES = 12;
/** The batch length of a batch whose records are empty. */
export const BATCH_LENGTH_MIN = HEADER_BYTES - LOG_OVERHEAD_BYTES;
export const MAGIC_V2 = 2;

/** Attribute bits 0 to 2: the compression codec. */
export const CODEC_MASK = 0x07;
/** Attribute bit 3: the timestamp type, set for LogAppendTime. */
export const LOG_APPEND_TIME_BIT = 0x08;
/** Attribute bit 4: the batch belongs to a transaction. */
export const TRANSACTIONAL_BIT = 0x10;
/** Attribute bit 5: the batch holds one control record, not data. */
export const CONTROL_BIT = 0x20;
/** Attribute bit 6: the base timestamp is the delete horizon of the compaction (KIP-534). */
export const DELETE_HORIZON_BIT = 0x40;

export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;
export const NO_TIMESTAMP = -1;

const TWO_32 = 0x100000000;

function readInt16(buffer: Uint8Array, at: number): number {
  return buffer[at]! << 24 >> 16 | buffer[at + 1]!;
}

function readInt32(buffer: Uint8Array, at: number): number {
  return buffer[at]! << 24 | buffer[at + 1]! << 16 | buffer[at + 2]! << 8 | buffer[at + 3]!;
}

function readInt64(buffer: Uint8Array, at: number): number {
  return readInt32(buffer, at) * TWO_32 + (readInt32(buffer, at + 4) >>> 0);
}

function writeInt16(buffer: Uint8Array, at: number, value: number): void {
  buffer[at] = value >> 8;
  buffer[at + 1] = value;
}

function writeInt32(buffer: Uint8Array, at: number, value: number): void {
  buffer[at] = value >> 24;
  buffer[at + 1] = value >> 16;
  buffer[at + 2] = value >> 8;
  buffer[at + 3] = value;
}

function writeInt64(buffer: Uint8Array, at: number, value: number): void {
  if (value >= 2 ** 63) {
    writeInt32(buffer, at, 0x7fffffff);
    writeInt32(buffer, at + 4, -1);
    return;
  }
  const saturated = value < -(2 ** 63) ? -(2 ** 63) : value;
  writeInt32(buffer, at, Math.floor(saturated / TWO_32));
  writeInt32(buffer, at + 4, saturated >>> 0);
}

export function baseOffset(buffer: Uint8Array, position: number): number {
  return readInt64(buffer, position);
}

export function setBaseOffset(buffer: Uint8Array, position: number, offset: number): void {
  writeInt64(buffer, position, offset);
}

/** Bytes that follow the batch length field, as the batch claims. */
export function batchLength(buffer: Uint8Array, position: number): number {
  return readInt32(buffer, position + BATCH_LENGTH_AT);
}

export function setBatchLength(buffer: Uint8Array, position: number, length: number): void {
  writeInt32(buffer, position + BATCH_LENGTH_AT, length);
}

/** Bytes of the whole batch, as the batch claims. */
export function sizeInBytes(buffer: Uint8Array, position: number): number {
  return readInt32(buffer, position + BATCH_LENGTH_AT) + LOG_OVERHEAD_BYTES;
}

export function partitionLeaderEpoch(buffer: Uint8Array, position: number): number {
  return readInt32(buffer, position + PARTITION_LEADER_EPOCH_AT);
}

/** The epoch is outside the CRC, as the base offset is: the leader may stamp both. */
export function setPartitionLeaderEpoch(buffer: Uint8Array, position: number, epoch: number): void {
  writeInt32(buffer, position + PARTITION_LEADER_EPOCH_AT, epoch);
}

export function magic(buffer: Uint8Array, position: number): number {
  return buffer[position + MAGIC_AT]! << 24 >> 24;
}

/** The stored CRC-32C, a uint32. */
export function storedCrc(buffer: Uint8Array, position: number): number {
  return readInt32(buffer, position + CRC_AT) >>> 0;
}

export function setCrc(buffer: Uint8Array, position: number, crc: number): void {
  writeInt32(buffer, position + CRC_AT, crc);
}

export function attributes(buffer: Uint8Array, position: number): number {
  return readInt16(buffer, position + ATTRIBUTES_AT);
}

/** The caller has to restore the CRC. */
export function setAttributes(buffer: Uint8Array, position: number, value: number): void {
  writeInt16(buffer, position + ATTRIBUTES_AT, value);
}

/** The codec's number: see `Codec` in `compression/codec.ts`; 5 to 7 are undefined. */
export function codecOf(buffer: Uint8Array, position: number): number {
  return buffer[position + ATTRIBUTES_AT + 1]! & CODEC_MASK;
}

export function isLogAppendTime(buffer: Uint8Array, position: number): boolean {
  return (buffer[position + ATTRIBUTES_AT + 1]! & LOG_APPEND_TIME_BIT) !== 0;
}

export function isTransactional(buffer: Uint8Array, position: number): boolean {
  return (buffer[position + ATTRIBUTES_AT + 1]! & TRANSACTIONAL_BIT) !== 0;
}

export function isControl(buffer: Uint8Array, position: number): boolean {
  return (buffer[position + ATTRIBUTES_AT + 1]! & CONTROL_BIT) !== 0;
}

export function hasDeleteHorizon(buffer: Uint8Array, position: number): boolean {
  return (buffer[position + ATTRIBUTES_AT + 1]! & DELETE_HORIZON_BIT) !== 0;
}

export function lastOffsetDelta(buffer: Uint8Array, position: number): number {
  return readInt32(buffer, position + LAST_OFFSET_DELTA_AT);
}

export function setLastOffsetDelta(buffer: Uint8Array, position: number, delta: number): void {
  writeInt32(buffer, position + LAST_OFFSET_DELTA_AT, delta);
}

/** The offset of the last record, also when compaction has removed it. */
export function lastOffset(buffer: Uint8Array, position: number): number {
  return baseOffset(buffer, position) + lastOffsetDelta(buffer, position);
}

/** Milliseconds since the epoch; the delete horizon when {@link hasDeleteHorizon}. */
export function baseTimestamp(buffer: Uint8Array, position: number): number {
  return readInt64(buffer, position + BASE_TIMESTAMP_AT);
}

export function setBaseTimestamp(buffer: Uint8Array, position: number, timestamp: number): void {
  writeInt64(buffer, position + BASE_TIMESTAMP_AT, timestamp);
}

/** Milliseconds since the epoch; the append time of all records when {@link isLogAppendTime}. */
export function maxTimestamp(buffer: Uint8Array, position: number): number {
  return readInt64(buffer, position + MAX_TIMESTAMP_AT);
}

/** The caller has to restore the CRC. */
export function setMaxTimestamp(buffer: Uint8Array, position: number, timestamp: number): void {
  writeInt64(buffer, position + MAX_TIMESTAMP_AT, timestamp);
}

/** {@link NO_PRODUCER_ID} when the producer is not idempotent. */
export function producerId(buffer: Uint8Array, position: number): number {
  return readInt64(buffer, position + PRODUCER_ID_AT);
}

export function setProducerId(buffer: Uint8Array, position: number, id: number): void {
  writeInt64(buffer, position + PRODUCER_ID_AT, id);
}

export function producerEpoch(buffer: Uint8Array, position: number): number {
  return readInt16(buffer, position + PRODUCER_EPOCH_AT);
}

export function setProducerEpoch(buffer: Uint8Array, position: number, epoch: number): void {
  writeInt16(buffer, position + PRODUCER_EPOCH_AT, epoch);
}

/** {@link NO_SEQUENCE} when the producer is not idempotent. */
export function baseSequence(buffer: Uint8Array, position: number): number {
  return readInt32(buffer, position + BASE_SEQUENCE_AT);
}

export function setBaseSequence(buffer: Uint8Array, position: number, sequence: number): void {
  writeInt32(buffer, position + BASE_SEQUENCE_AT, sequence);
}

/** The sequence of the last record: it wraps from 2^31-1 to 0. */
export function lastSequence(buffer: Uint8Array, position: number): number {
  const first = baseSequence(buffer, position);
  if (first === NO_SEQUENCE) return NO_SEQUENCE;
  return (first + lastOffsetDelta(buffer, position)) & 0x7fffffff;
}

export function recordCount(buffer: Uint8Array, position: number): number {
  return readInt32(buffer, position + RECORD_COUNT_AT);
}

export function setRecordCount(buffer: Uint8Array, position: number, count: number): void {
  writeInt32(buffer, position + RECORD_COUNT_AT, count);
}
