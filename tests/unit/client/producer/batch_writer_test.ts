import assert from "node:assert/strict";
import fc from "fast-check";
import { BatchWriter } from "../../../../src/client/producer/batch_writer.ts";
import { murmur2, partitionOfKey } from "../../../../src/client/producer/murmur2.ts";
import { Codec } from "../../../../src/protocol/compression/codec.ts";
import { buildBatch } from "../../../../src/protocol/records/batch_builder.ts";
import { readRecords } from "../../../../src/protocol/records/record_reader.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

Deno.test("murmur2() gives what Kafka's own client gives", () => {
  // The values that Apache Kafka's UtilsTest asserts for Utils.murmur2.
  const cases: readonly (readonly [string, number])[] = [
    ["21", -973932308],
    ["foobar", -790332482],
    ["a-little-bit-long-string", -985981536],
    ["a-little-bit-longer-string", -1486304829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971],
    ["abc", 479470107],
  ];
  for (const [text, hash] of cases) {
    assert.equal(murmur2(utf8(text)), hash, text);
    assert.equal(murmur2(utf8(`##${text}#`), 2, 2 + utf8(text).length), hash, text);
  }
});

Deno.test("partitionOfKey() stays within the partitions", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.integer({ min: 1, max: 100 }), (key, count) => {
    const partition = partitionOfKey(key, 0, key.length, count);
    assert(partition >= 0 && partition < count);
  }));
});

const AUTHOR = { producerId: 7, producerEpoch: 1, baseSequence: 40 };
const recordArbitrary = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 60 }), { nil: null }),
  value: fc.option(fc.uint8Array({ maxLength: 200 }), { nil: null }),
  timestamp: fc.integer({ min: 1_000, max: 2 ** 41 }),
  headers: fc.array(
    fc.record({
      key: fc.uint8Array({ maxLength: 4 }),
      value: fc.option(fc.uint8Array({ maxLength: 4 }), { nil: null }),
    }),
    { maxLength: 2 },
  ),
});

interface TestRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly timestamp: number;
  readonly headers: readonly { readonly key: Uint8Array; readonly value: Uint8Array | null }[];
}

/** The record as ranges of one array, with other bytes around it. */
function ranges({ key, value, timestamp, headers }: TestRecord) {
  return {
    bytes: Uint8Array.from([9, ...key ?? [], 9, ...value ?? [], 9]),
    keyStart: 1,
    keyLength: key === null ? -1 : key.length,
    valueStart: 2 + (key?.length ?? 0),
    valueLength: value === null ? -1 : value.length,
    headers,
    timestamp,
  };
}

Deno.test("BatchWriter makes the batch that the batch builder makes", () => {
  const writer = new BatchWriter(100_000);
  fc.assert(fc.property(
    fc.array(recordArbitrary, { minLength: 1, maxLength: 20 }),
    fc.constantFrom(Codec.none, Codec.gzip, Codec.lz4),
    (records, codec) => {
      for (const record of records) assert(writer.append(ranges(record)));
      assert.equal(writer.recordCount, records.length);
      const batch = writer.finish(codec, AUTHOR).slice();
      writer.reset();
      assert.deepEqual(batch, buildBatch(records, { ...AUTHOR, codec }));
    },
  ));
});

Deno.test("BatchWriter.append() says when a record has to go into the next batch", () => {
  const writer = new BatchWriter(300);
  const record = ranges({ key: null, value: new Uint8Array(100), timestamp: 1, headers: [] });
  assert(writer.append(record));
  assert(writer.append(record));
  assert.equal(writer.append(record), false);
  const batch = writer.finish(Codec.none, AUTHOR);
  assert.equal(readRecords(batch).length, 2);
  assert(batch.length <= 300);
});

Deno.test("BatchWriter.append() lets in one record that is larger than a batch", () => {
  const writer = new BatchWriter(300);
  const large = ranges({ key: null, value: new Uint8Array(1_000), timestamp: 1, headers: [] });
  assert(writer.append(large));
  assert.equal(writer.append(large), false);
  assert.equal(readRecords(writer.finish(Codec.none, AUTHOR))[0]!.value!.length, 1_000);
  writer.reset();
  assert(writer.isEmpty);
  assert(writer.append(ranges({ key: null, value: null, timestamp: 1, headers: [] })));
});
