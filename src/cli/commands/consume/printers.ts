/** How records are written: one function for each form of output. */
import {
  baseOffset,
  codecOf,
  HEADER_BYTES,
  lastOffset,
  recordCount,
} from "../../../protocol/records/batch_layout.ts";
import { Codec, isCodec } from "../../../protocol/compression/codec.ts";
import { decompress } from "../../../protocol/compression/compression.ts";
import { CorruptBatchError } from "../../../protocol/records/corrupt_batch_error.ts";
import { RecordCursor } from "../../../protocol/records/record_cursor.ts";
import {
  baseTimestamp,
  isLogAppendTime,
  maxTimestamp,
} from "../../../protocol/records/batch_layout.ts";
import { toYaml } from "../../output/yaml.ts";
import { plainRecord } from "../../records/json_records.ts";
import type { OutputWriter } from "../../records/output_writer.ts";
import type { RecordOrigin, WriteRecord } from "../../records/record_format.ts";
import { writeValues } from "../../records/value_lines.ts";

/** Writes records of batches. */
export interface BatchPrinter {
  /** Behind the record that was printed last. */
  readonly nextOffset: number;
  /**
   * Writes those records of the batch at `position` whose offsets lie from `start` up to `end`, at
   * most `countMax` of them; returns how many.
   */
  print(
    batch: { readonly bytes: Uint8Array; readonly position: number; readonly size: number },
    origin: RecordOrigin,
    range: { readonly start: number; readonly end: number; readonly countMax: number },
  ): number;
}

/** What one batch may decompress to: more than any broker lets in by default. */
const DECOMPRESSED_BYTES_MAX = 256 * 1024 * 1024;
const encoder = new TextEncoder();

/** Values alone, a delimiter behind each. */
export class ValuePrinter implements BatchPrinter {
  nextOffset = 0;
  readonly #out: OutputWriter;
  readonly #delimiter: Uint8Array;
  readonly #others: BatchPrinter;

  /** @param others prints batches that are not wanted whole */
  constructor(out: OutputWriter, delimiter: Uint8Array, others: BatchPrinter) {
    this.#out = out;
    this.#delimiter = delimiter;
    this.#others = others;
  }

  print(
    batch: Parameters<BatchPrinter["print"]>[0],
    origin: RecordOrigin,
    range: Parameters<BatchPrinter["print"]>[2],
  ): number {
    const { bytes, position, size } = batch;
    const count = recordCount(bytes, position);
    const isWhole = count <= range.countMax && baseOffset(bytes, position) >= range.start &&
      lastOffset(bytes, position) < range.end;
    if (!isWhole) {
      const printed = this.#others.print(batch, origin, range);
      this.nextOffset = this.#others.nextOffset;
      return printed;
    }
    this.nextOffset = lastOffset(bytes, position) + 1;
    if (codecOf(bytes, position) === Codec.none) {
      const start = position + HEADER_BYTES;
      writeValues(this.#out, bytes, start, position + size, count, this.#delimiter);
    } else {
      const plain = plainRecords(bytes, position, size);
      writeValues(this.#out, plain, 0, plain.length, count, this.#delimiter);
    }
    return count;
  }
}

/** Records one by one, as a function writes them. */
export class RecordPrinter implements BatchPrinter {
  nextOffset = 0;
  readonly #out: OutputWriter;
  readonly #write: WriteRecord;

  constructor(out: OutputWriter, write: WriteRecord) {
    this.#out = out;
    this.#write = write;
  }

  print(
    { bytes, position, size }: Parameters<BatchPrinter["print"]>[0],
    origin: RecordOrigin,
    { start, end, countMax }: Parameters<BatchPrinter["print"]>[2],
  ): number {
    const isPlain = codecOf(bytes, position) === Codec.none;
    const source = isPlain ? bytes : plainRecords(bytes, position, size);
    const cursor = new RecordCursor({
      bytes: source,
      start: isPlain ? position + HEADER_BYTES : 0,
      end: isPlain ? position + size : source.length,
      count: recordCount(bytes, position),
      baseOffset: baseOffset(bytes, position),
      baseTimestamp: baseTimestamp(bytes, position),
      logAppendTime: isLogAppendTime(bytes, position) ? maxTimestamp(bytes, position) : undefined,
    });
    let printed = 0;
    while (printed < countMax && cursor.next()) {
      const { offset } = cursor;
      if (offset < start) continue;
      if (offset >= end) break;
      this.#write(this.#out, cursor, source, origin);
      this.nextOffset = offset + 1;
      printed++;
    }
    return printed;
  }
}

/** One JSON object to a line. */
export const writeJson: WriteRecord = (out, record, _bytes, origin) => {
  const line = encoder.encode(`${JSON.stringify(plainRecord(record, origin))}\n`);
  out.append(line, 0, line.length);
};

/** One YAML document for each record. */
export const writeYaml: WriteRecord = (out, record, _bytes, origin) => {
  const text = encoder.encode(`---\n${toYaml(plainRecord(record, origin))}`);
  out.append(text, 0, text.length);
};

function plainRecords(bytes: Uint8Array, position: number, size: number): Uint8Array {
  const codec = codecOf(bytes, position);
  if (!isCodec(codec)) throw new CorruptBatchError(`unknown compression codec ${codec}`);
  const packed = bytes.subarray(position + HEADER_BYTES, position + size);
  return decompress(codec, packed, DECOMPRESSED_BYTES_MAX);
}
