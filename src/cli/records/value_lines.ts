import { readVarint, varintLength, varlongLength } from "../../base/varint.ts";
import { CorruptBatchError } from "../../protocol/records/corrupt_batch_error.ts";
import type { OutputWriter } from "./output_writer.ts";

const LOOP_COPY_BYTES_MAX = 40;

/**
 * Writes the values of a run of uncompressed records, `delimiter` behind each; a null value is
 * written as nothing. What `consume` does unless it is told otherwise, so nothing is made for a
 * record here.
 *
 * @throws {CorruptBatchError} when a record is malformed
 */
export function writeValues(
  out: OutputWriter,
  source: Uint8Array,
  start: number,
  end: number,
  count: number,
  delimiter: Uint8Array,
): void {
  // Each record has at least seven bytes besides its value.
  out.ensure(end - start + count * delimiter.length);
  const target = out.bytes;
  const delimiterLength = delimiter.length;
  const delimiterByte = delimiter[0]!;
  let to = out.at;
  let at = start;
  for (let i = 0; i < count; i++) {
    const sizeBytes = varintLength(source, at, end);
    const recordEnd = at + sizeBytes + readVarint(source, at);
    if (sizeBytes === 0 || recordEnd > end || recordEnd <= at) malformed();
    // Attributes, then the deltas of timestamp and offset.
    at += sizeBytes + 1;
    at += varlongLength(source, at, recordEnd);
    at += varintLength(source, at, recordEnd);
    const keyLength = readVarint(source, at);
    at += varintLength(source, at, recordEnd) + (keyLength > 0 ? keyLength : 0);
    if (at >= recordEnd) malformed();
    const length = readVarint(source, at);
    at += varintLength(source, at, recordEnd);
    if (length > 0) {
      const valueEnd = at + length;
      if (valueEnd > recordEnd) malformed();
      if (length > LOOP_COPY_BYTES_MAX) {
        target.set(source.subarray(at, valueEnd), to);
        to += length;
      } else {
        for (; at < valueEnd; at++) target[to++] = source[at]!;
      }
    }
    if (delimiterLength === 1) {
      target[to++] = delimiterByte;
    } else {
      for (let d = 0; d < delimiterLength; d++) target[to++] = delimiter[d]!;
    }
    at = recordEnd;
  }
  if (at !== end) malformed();
  out.at = to;
}

function malformed(): never {
  throw new CorruptBatchError("a record is malformed");
}
