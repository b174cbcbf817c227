import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from "../../base/varint.ts";
import { Codec, isCodec } from "../../protocol/compression/codec.ts";
import { compress, decompress } from "../../protocol/compression/compression.ts";
import * as layout from "../../protocol/records/batch_layout.ts";
import { restoreCrc } from "../../protocol/records/batch_scan.ts";
import { CorruptBatchError } from "../../protocol/records/corrupt_batch_error.ts";
import type { LastBatches } from "./active_producers.ts";
import type { CleanedTransactions } from "./cleaned_transactions.ts";
import { KeyCursor } from "./key_cursor.ts";
import type { OffsetMap } from "./offset_map.ts";
import { RecordRuns } from "./record_runs.ts";

/** The most bytes that the records of a batch may decompress to. */
export const DECOMPRESSED_BYTES_MAX = 256 * 1024 * 1024;

/** Where batches go that stay. */
export interface BatchSink {
  /** Appends the batch of `size` bytes at `at`, which is copied. */
  add(buffer: Uint8Array, at: number, size: number): void;
}

/** What decides on records. */
export interface FilterBasis {
  readonly map: OffsetMap;
  readonly transactions: CleanedTransactions;
  readonly lastBatches: LastBatches;
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
}

/**
 * Decides what of each batch of a compacted log stays, by Kafka's rules, and writes it. Batches of
 * which everything stays are copied as they are. Of others the header stays, base offset, last
 * offset, sequence and codec included, and the bytes of those records that stay.
 */
export class BatchFilter {
  recordsRead = 0;
  recordsKept = 0;
  readonly #cursor = new KeyCursor();
  readonly #runs = new RecordRuns();
  #scratch = new Uint8Array(64 * 1024);

  constructor(private readonly basis: FilterBasis, private readonly sink: BatchSink) {}

  /**
   * Writes what stays of the whole batch at `at`, whose CRC is right.
   * @returns false when nothing did
   * @throws {CorruptBatchError} {CompressionError}
   */
  filter(buffer: Uint8Array, at: number): boolean {
    this.recordsRead += layout.recordCount(buffer, at);
    return layout.isControl(buffer, at)
      ? this.#filterMarker(buffer, at)
      : this.#filterRecords(buffer, at);
  }

  #filterMarker(buffer: Uint8Array, at: number): boolean {
    const { transactions, lastBatches, nowMs } = this.basis;
    const isDone = transactions.sawMarker(buffer, at);
    if (lastBatches.has(buffer, at)) return this.#keep(buffer, at);
    if (layout.recordCount(buffer, at) === 0) return false;
    if (!isDone) return this.#keep(buffer, at);
    if (!layout.hasDeleteHorizon(buffer, at)) return this.#keepWithHorizon(buffer, at);
    return layout.baseTimestamp(buffer, at) > nowMs && this.#keep(buffer, at);
  }

  #filterRecords(buffer: Uint8Array, at: number): boolean {
    const { transactions, lastBatches } = this.basis;
    const isAborted = transactions.sawBatch(buffer, at);
    if (!isAborted && layout.recordCount(buffer, at) > 0) {
      const { tombstones, count } = this.#select(buffer, at);
      if (tombstones > 0 && !layout.hasDeleteHorizon(buffer, at)) {
        return this.#keepWithHorizon(buffer, at);
      }
      if (count === layout.recordCount(buffer, at)) return this.#keep(buffer, at);
      if (count > 0) return this.#keepRuns(buffer, at);
    }
    if (!lastBatches.has(buffer, at)) return false;
    if (layout.recordCount(buffer, at) === 0) return this.#keep(buffer, at);
    const emptied = emptiedBatch(buffer, at);
    this.sink.add(emptied, 0, emptied.length);
    return true;
  }

  /** Finds the records that stay; see {@link RecordRuns}. */
  #select(buffer: Uint8Array, at: number): RecordRuns {
    const { map, nowMs } = this.basis;
    const baseOffset = layout.baseOffset(buffer, at);
    const keepsTombstones = !layout.hasDeleteHorizon(buffer, at) ||
      nowMs < layout.baseTimestamp(buffer, at);
    const { latestOffset } = map;
    const cursor = this.#cursor;
    const runs = this.#runs;
    openRecords(cursor, buffer, at);
    runs.clear();
    while (cursor.next()) {
      const offset = baseOffset + cursor.offsetDelta;
      if (offset <= latestOffset) {
        if (cursor.keyLength < 0 || !(cursor.hasValue || keepsTombstones)) continue;
        const { keyStart } = cursor;
        if (offset < map.get(cursor.bytes, keyStart, keyStart + cursor.keyLength)) continue;
      }
      runs.add(cursor.recordStart, cursor.recordEnd, cursor.timestampDelta);
      if (!cursor.hasValue) runs.tombstones++;
    }
    return runs;
  }

  #keep(buffer: Uint8Array, at: number): boolean {
    this.recordsKept += layout.recordCount(buffer, at);
    this.sink.add(buffer, at, layout.sizeInBytes(buffer, at));
    return true;
  }

  /** Writes the selected records with the header of the batch. */
  #keepRuns(buffer: Uint8Array, at: number): boolean {
    const runs = this.#runs;
    const target = this.#room(layout.HEADER_BYTES + runs.bytes);
    const end = runs.copy(this.#cursor.bytes, target, layout.HEADER_BYTES);
    target.set(buffer.subarray(at, at + layout.HEADER_BYTES));
    if (!layout.isLogAppendTime(buffer, at)) {
      layout.setMaxTimestamp(
        target,
        0,
        layout.baseTimestamp(buffer, at) + runs.timestampDeltaMax,
      );
    }
    return this.#finish(target, end, runs.count);
  }

  /**
   * As {@link #keepRuns}, and notes when tombstones or the marker may go: in the place of the base
   * timestamp, to which the timestamps of the records are then relative.
   */
  #keepWithHorizon(buffer: Uint8Array, at: number): boolean {
    const runs = this.#runs;
    const cursor = this.#cursor;
    if (layout.isControl(buffer, at)) {
      openRecords(cursor, buffer, at);
      runs.clear();
      while (cursor.next()) runs.add(cursor.recordStart, cursor.recordEnd, cursor.timestampDelta);
    }
    const horizonMs = this.basis.nowMs + this.basis.deleteRetentionMs;
    const base = layout.baseTimestamp(buffer, at);
    const appendTimeMs = layout.isLogAppendTime(buffer, at)
      ? layout.maxTimestamp(buffer, at)
      : undefined;
    // A delta grows by no more than the longest varlong, and the record's length by a byte with it.
    const target = this.#room(layout.HEADER_BYTES + runs.bytes + 16 * runs.count);
    target.set(buffer.subarray(at, at + layout.HEADER_BYTES));
    let end: number = layout.HEADER_BYTES;
    for (let run = 0; run < runs.runCount; run++) {
      cursor.reset(cursor.bytes, runs.start(run), runs.end(run), runs.recordsIn(run));
      while (cursor.next()) {
        const delta = (appendTimeMs ?? base + cursor.timestampDelta) - horizonMs;
        end = rewriteRecord(cursor, delta, target, end);
      }
    }
    layout.setAttributes(
      target,
      0,
      layout.attributes(buffer, at) | layout.DELETE_HORIZON_BIT,
    );
    layout.setBaseTimestamp(target, 0, horizonMs);
    if (appendTimeMs === undefined) {
      layout.setMaxTimestamp(target, 0, base + runs.timestampDeltaMax);
    }
    return this.#finish(target, end, runs.count);
  }

  /** Compresses the records again where they were, completes the header and writes the batch. */
  #finish(target: Uint8Array, end: number, count: number): boolean {
    let batch = target;
    let size = end;
    const codec = layout.codecOf(target, 0);
    if (isCodec(codec) && codec !== Codec.none) {
      const packed = compress(codec, target.subarray(layout.HEADER_BYTES, end));
      size = layout.HEADER_BYTES + packed.length;
      batch = new Uint8Array(size);
      batch.set(target.subarray(0, layout.HEADER_BYTES));
      batch.set(packed, layout.HEADER_BYTES);
    }
    layout.setBatchLength(batch, 0, size - layout.LOG_OVERHEAD_BYTES);
    layout.setRecordCount(batch, 0, count);
    restoreCrc(batch, 0);
    this.recordsKept += count;
    this.sink.add(batch, 0, size);
    return true;
  }

  #room(bytes: number): Uint8Array {
    if (bytes > this.#scratch.length) this.#scratch = new Uint8Array(2 * bytes);
    return this.#scratch;
  }
}

/**
 * Points `cursor` at the records of the whole batch at `at`, decompressed when they must be.
 * @throws {CorruptBatchError} {CompressionError}
 */
export function openRecords(cursor: KeyCursor, buffer: Uint8Array, at: number): void {
  const start = at + layout.HEADER_BYTES;
  const end = at + layout.sizeInBytes(buffer, at);
  const count = layout.recordCount(buffer, at);
  const codec = layout.codecOf(buffer, at);
  if (codec === Codec.none) return cursor.reset(buffer, start, end, count);
  if (!isCodec(codec)) throw new CorruptBatchError(`unknown compression codec ${codec}`);
  const records = decompress(codec, buffer.subarray(start, end), DECOMPRESSED_BYTES_MAX);
  cursor.reset(records, 0, records.length, count);
}

/** The header of the batch at `at` without records: it keeps the producer's last sequence. */
export function emptiedBatch(buffer: Uint8Array, at: number): Uint8Array {
  const batch = buffer.slice(at, at + layout.HEADER_BYTES);
  const dropped = layout.CODEC_MASK | layout.DELETE_HORIZON_BIT;
  layout.setAttributes(batch, 0, layout.attributes(batch, 0) & ~dropped);
  layout.setBatchLength(batch, 0, layout.BATCH_LENGTH_MIN);
  layout.setBaseTimestamp(batch, 0, layout.NO_TIMESTAMP);
  layout.setRecordCount(batch, 0, 0);
  restoreCrc(batch, 0);
  return batch;
}

/** As {@link emptiedBatch}, of nobody and no time: it keeps nothing but the offsets. */
export function placeholderBatch(buffer: Uint8Array, at: number): Uint8Array {
  const batch = emptiedBatch(buffer, at);
  layout.setAttributes(batch, 0, 0);
  layout.setMaxTimestamp(batch, 0, layout.NO_TIMESTAMP);
  layout.setProducerId(batch, 0, layout.NO_PRODUCER_ID);
  layout.setProducerEpoch(batch, 0, layout.NO_PRODUCER_EPOCH);
  layout.setBaseSequence(batch, 0, layout.NO_SEQUENCE);
  restoreCrc(batch, 0);
  return batch;
}

/** Writes the cursor's record with another timestamp delta; returns the position behind it. */
function rewriteRecord(cursor: KeyCursor, delta: number, target: Uint8Array, at: number): number {
  const { bytes, timestampStart, timestampEnd, recordEnd } = cursor;
  const size = 1 + sizeOfVarlong(delta) + recordEnd - timestampEnd;
  let position = writeVarint(target, at, size);
  target[position++] = bytes[timestampStart - 1]!;
  position = writeVarlong(target, position, delta);
  target.set(bytes.subarray(timestampEnd, recordEnd), position);
  return at + sizeOfVarint(size) + size;
}
