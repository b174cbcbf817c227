import { Codec, isCodec } from "../compression/codec.ts";
import { decompress } from "../compression/compression.ts";
import {
  baseOffset,
  baseTimestamp,
  codecOf,
  HEADER_BYTES,
  isLogAppendTime,
  maxTimestamp,
  recordCount,
} from "./batch_layout.ts";
import { batchSizeAt } from "./batch_scan.ts";
import { CorruptBatchError } from "./corrupt_batch_error.ts";
import { RecordCursor, type RecordHeader } from "./record_cursor.ts";

/** A record, read from a batch. Bytes are views of the batch, or of what it decompressed to. */
export interface RecordView {
  readonly offset: number;
  /** Milliseconds since the epoch, or -1. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

/** What the records of one batch may decompress to, where a caller has no limit of its own. */
export const DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024;

/**
 * A cursor before the first record of the batch at `position`, decompressed when it must be. The
 * CRC isn't looked at.
 *
 * @param decompressedBytesMax the most bytes that compressed records may decompress to
 * @throws {CorruptBatchError} when no whole batch is there, or its codec is unknown
 * @throws {CompressionError} when the records can't be decompressed within the limit
 */
export function openBatch(
  buffer: Uint8Array,
  position = 0,
  decompressedBytesMax = DECOMPRESSED_BYTES_MAX,
): RecordCursor {
  const size = batchSizeAt(buffer, position, buffer.length);
  if (size <= 0) throw new CorruptBatchError("no whole record batch");
  const codec = codecOf(buffer, position);
  if (!isCodec(codec)) throw new CorruptBatchError(`unknown compression codec ${codec}`);
  const start = position + HEADER_BYTES;
  const plain = codec === Codec.none;
  const bytes = plain
    ? buffer
    : decompress(codec, buffer.subarray(start, position + size), decompressedBytesMax);
  return new RecordCursor({
    bytes,
    start: plain ? start : 0,
    end: plain ? position + size : bytes.length,
    count: recordCount(buffer, position),
    baseOffset: baseOffset(buffer, position),
    baseTimestamp: baseTimestamp(buffer, position),
    logAppendTime: isLogAppendTime(buffer, position) ? maxTimestamp(buffer, position) : undefined,
  });
}

/**
 * Calls `visit` with a cursor at each record of the batch at `position`, until it returns false.
 * The cursor is the same one each time. Parameters and errors as {@link openBatch}, and
 * {@link CorruptBatchError} at the first malformed record.
 */
export function forEachRecord(
  buffer: Uint8Array,
  position: number,
  visit: (record: RecordCursor) => boolean | void,
  decompressedBytesMax = DECOMPRESSED_BYTES_MAX,
): void {
  const cursor = openBatch(buffer, position, decompressedBytesMax);
  while (cursor.next()) if (visit(cursor) === false) return;
}

/**
 * All records of the batch at `position`, for where an object per record doesn't matter.
 * Parameters and errors as {@link forEachRecord}.
 */
export function readRecords(
  buffer: Uint8Array,
  position = 0,
  decompressedBytesMax = DECOMPRESSED_BYTES_MAX,
): RecordView[] {
  const records: RecordView[] = [];
  forEachRecord(buffer, position, (record) => {
    const { offset, timestamp, key, value } = record;
    records.push({ offset, timestamp, key, value, headers: record.headers() });
  }, decompressedBytesMax);
  return records;
}
