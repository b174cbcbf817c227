import { deepEqual, equal, throws } from "node:assert/strict";
import fc from "fast-check";
import { Codec, CompressionError } from "../../../../src/protocol/compression/codec.ts";
import { buildBatch, recordSize } from "../../../../src/protocol/records/batch_builder.ts";
import {
  baseOffset,
  baseTimestamp,
  hasDeleteHorizon,
  HEADER_BYTES,
  lastOffset,
  maxTimestamp,
  setAttributes,
  setRecordCount,
} from "../../../../src/protocol/records/batch_layout.ts";
import { CorruptBatchError } from "../../../../src/protocol/records/corrupt_batch_error.ts";
import { readControlRecord } from "../../../../src/protocol/records/control_record.ts";
import { forEachRecord, readRecords } from "../../../../src/protocol/records/record_reader.ts";
import { asRead, recordInits } from "./arbitrary_records.ts";

const codec = fc.constantFrom(...Object.values(Codec));

function readOrDeclaredError(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof CorruptBatchError || error instanceof CompressionError)) throw error;
  }
}

Deno.test("readRecords() gives back the records when buildBatch() wrote them with any codec", () => {
  fc.assert(fc.property(recordInits, codec, fc.maxSafeNat(), (records, codec, offset) => {
    const base = Math.floor(offset / 2);
    const batch = buildBatch(records, { codec, baseOffset: base });
    deepEqual(readRecords(batch), asRead(records, base));
    equal(lastOffset(batch, 0), base + records.length - 1);
    equal(maxTimestamp(batch, 0), Math.max(...records.map((record) => record.timestamp)));
  }));
});

Deno.test("readRecords() finds the batch when it lies within a larger buffer", () => {
  const batch = buildBatch([{ key: Uint8Array.of(7) }], { codec: Codec.zstd });
  const buffer = new Uint8Array(batch.length + 20).fill(0xee);
  buffer.set(batch, 9);
  deepEqual(readRecords(buffer, 9), readRecords(batch));
});

Deno.test("readRecords() keeps gaps when offset deltas were given", () => {
  const records = [{ offsetDelta: 2 }, { offsetDelta: 5 }];
  const batch = buildBatch(records, { baseOffset: 10, lastOffsetDelta: 9 });
  deepEqual(readRecords(batch).map(({ offset }) => offset), [12, 15]);
  equal(lastOffset(batch, 0), 19);
});

Deno.test("readRecords() gives the append time to all when the batch has LogAppendTime", () => {
  const batch = buildBatch([{ timestamp: 5 }, { timestamp: 9 }], { logAppendTimeMs: 77 });
  deepEqual(readRecords(batch).map(({ timestamp }) => timestamp), [77, 77]);
});

Deno.test("readRecords() gives none when compaction has left an empty batch", () => {
  const batch = buildBatch([], { baseOffset: 4, lastOffsetDelta: 3, producerId: 9 });
  deepEqual(readRecords(batch), []);
  equal(batch.length, HEADER_BYTES);
  deepEqual([baseOffset(batch, 0), lastOffset(batch, 0)], [4, 7]);
});

Deno.test("readRecords() keeps timestamps when the base timestamp is a delete horizon", () => {
  const batch = buildBatch([{ timestamp: 5000 }], { deleteHorizonMs: 90000 });
  deepEqual(readRecords(batch).map(({ timestamp }) => timestamp), [5000]);
  equal(hasDeleteHorizon(batch, 0), true);
  equal(baseTimestamp(batch, 0), 90000);
});

Deno.test("readRecords() throws only declared errors when the batch is cut off or damaged", () => {
  fc.assert(
    fc.property(recordInits, codec, fc.nat(), fc.nat(255), (records, codec, at, to) => {
      const batch = buildBatch(records, { codec });
      readOrDeclaredError(() => readRecords(batch.subarray(0, at % batch.length)));
      batch[at % batch.length] = to;
      readOrDeclaredError(() => readRecords(batch));
    }),
    { numRuns: 300 },
  );
});

Deno.test("readRecords() throws when the count is not that of the records", () => {
  for (const count of [1, 3, 0x7fffffff]) {
    const batch = buildBatch([{}, {}]);
    setRecordCount(batch, 0, count);
    throws(() => readRecords(batch), CorruptBatchError);
  }
});

Deno.test("readRecords() throws when the codec is not defined", () => {
  const batch = buildBatch([{}]);
  setAttributes(batch, 0, 5);
  throws(() => readRecords(batch), CorruptBatchError);
});

Deno.test("readRecords() throws tooLarge when a small batch decompresses to more than allowed", () => {
  for (const codec of [Codec.gzip, Codec.snappy, Codec.lz4, Codec.zstd]) {
    const batch = buildBatch([{ value: new Uint8Array(1_000_000) }], { codec });
    throws(() => readRecords(batch, 0, 999_999), { name: "CompressionError", kind: "tooLarge" });
  }
});

Deno.test("forEachRecord() shows nothing of a record when it reaches beyond its batch", () => {
  const batch = buildBatch([{ value: new Uint8Array(20) }]);
  const buffer = new Uint8Array(batch.length + 50);
  buffer.set(batch);
  buffer[HEADER_BYTES]! += 8;
  const visited: number[] = [];
  throws(() => forEachRecord(buffer, 0, ({ index }) => void visited.push(index)), /beyond/);
  deepEqual(visited, []);
});

Deno.test("forEachRecord() stops when the visitor returns false", () => {
  const offsets: number[] = [];
  forEachRecord(buildBatch([{}, {}, {}]), 0, (record) => {
    offsets.push(record.offset);
    return record.offset < 1;
  });
  deepEqual(offsets, [0, 1]);
});

Deno.test("recordSize() is what each record adds when batches are built of more", () => {
  fc.assert(fc.property(recordInits, (records) => {
    const base = records[0]!.timestamp;
    const sizes = records.map((record, i) => recordSize(record, i, base));
    equal(buildBatch(records).length, HEADER_BYTES + sizes.reduce((sum, size) => sum + size));
  }));
});

Deno.test("readControlRecord() is undefined when the batch holds data or no record", () => {
  equal(readControlRecord(buildBatch([{}])), undefined);
  equal(readControlRecord(buildBatch([], { isControl: true })), undefined);
});

Deno.test("readControlRecord() throws when key or value is too short", () => {
  const init = { isControl: true };
  throws(() => readControlRecord(buildBatch([{}], init)), CorruptBatchError);
  throws(() => readControlRecord(buildBatch([{ key: new Uint8Array(4) }], init)), /epoch/);
});
