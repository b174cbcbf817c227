import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { buildBatch } from "../../../../src/protocol/records/batch_builder.ts";
import {
  HEADER_BYTES,
  recordCount,
  setRecordCount,
} from "../../../../src/protocol/records/batch_layout.ts";
import { RecordWalk } from "../../../../src/protocol/records/record_walk.ts";
import { recordInits } from "./arbitrary_records.ts";

function inKernel(batch: Uint8Array): RecordWalk {
  const walk = new RecordWalk();
  walk.checkBatch(batch, 0, batch.length);
  return walk;
}

function inScript(batch: Uint8Array): RecordWalk {
  const walk = new RecordWalk();
  walk.walkInScript(batch, HEADER_BYTES, batch.length, recordCount(batch, 0));
  return walk;
}

Deno.test("RecordWalk finds keys and timestamps when the batch is sound", () => {
  fc.assert(fc.property(recordInits, (records) => {
    const batch = buildBatch(records);
    const walk = new RecordWalk();
    equal(walk.checkBatch(batch, 0, batch.length), true);
    const deltas = records.map((record) => record.timestamp - records[0]!.timestamp);
    deepEqual({ ...walk }, {
      wellFormed: true,
      hasNullKey: records.some((record) => record.key === null),
      timestampDeltaMax: Math.max(...deltas),
      timestampDeltaMin: Math.min(...deltas),
    });
    deepEqual(inScript(batch), walk);
    walk.walk(batch.subarray(HEADER_BYTES), records.length);
    deepEqual(inScript(batch), walk);
  }));
});

Deno.test("RecordWalk agrees with its script when a byte of the records is another", () => {
  fc.assert(
    fc.property(recordInits, fc.nat(), fc.nat(255), (records, place, to) => {
      const batch = buildBatch(records);
      batch[HEADER_BYTES + place % (batch.length - HEADER_BYTES)] = to;
      const [kernel, script] = [inKernel(batch), inScript(batch)];
      equal(kernel.wellFormed, script.wellFormed);
      if (kernel.wellFormed) deepEqual(kernel, script);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("RecordWalk agrees with its script when the records are noise", () => {
  const noise = fc.uint8Array({ minLength: 1, maxLength: 80 });
  fc.assert(
    fc.property(noise, fc.integer({ min: 1, max: 3 }), (bytes, count) => {
      const batch = buildBatch([{}]);
      const noisy = new Uint8Array(HEADER_BYTES + bytes.length);
      noisy.set(batch.subarray(0, HEADER_BYTES));
      noisy.set(bytes, HEADER_BYTES);
      setRecordCount(noisy, 0, count);
      equal(inKernel(noisy).wellFormed, inScript(noisy).wellFormed);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("RecordWalk is not well-formed when the count or the offset deltas are wrong", () => {
  const batch = buildBatch([{}, {}, {}]);
  for (const count of [1, 2, 4, 0x7fffffff]) {
    setRecordCount(batch, 0, count);
    equal(inKernel(batch).wellFormed, false, `count ${count}`);
  }
  for (const deltas of [[1, 2], [0, 0], [0, 2]]) {
    const gaps = buildBatch(deltas.map((offsetDelta) => ({ offsetDelta })));
    equal(inKernel(gaps).wellFormed, false);
    equal(inScript(gaps).wellFormed, false);
  }
});

Deno.test("RecordWalk is not well-formed when a varint or a varlong is overlong", () => {
  const [keyNull, noHeaders] = [1, 0];
  const overlong = [0x80, 0x80, 0x80, 0x80, 0x80];
  const bodies = [
    [0, 0, 0, keyNull, ...overlong, noHeaders],
    [0, ...overlong, ...overlong, 0, keyNull, 1, noHeaders],
  ];
  for (const body of bodies) {
    const records = Uint8Array.of(body.length << 1, ...body);
    const walk = new RecordWalk();
    walk.walk(records, 1);
    equal(walk.wellFormed, false);
    walk.walkInScript(records, 0, records.length, 1);
    equal(walk.wellFormed, false);
  }
});

Deno.test("RecordWalk serves batches when they are larger than the kernel's memory", () => {
  const records = Array.from({ length: 3 }, (_, i) => ({ value: new Uint8Array(500_000).fill(i) }));
  const batch = buildBatch(records);
  const walk = new RecordWalk();
  equal(walk.checkBatch(batch, 0, batch.length), true);
  equal(walk.wellFormed, true);
  equal(walk.hasNullKey, true);
  batch[700_000]! ^= 1;
  equal(walk.checkBatch(batch, 0, batch.length), false);
});
