import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import { buildBatch } from "../../../../src/protocol/records/batch_builder.ts";
import { CRC_AT, setBatchLength } from "../../../../src/protocol/records/batch_layout.ts";
import {
  BATCH_CUT_OFF,
  BATCH_MALFORMED,
  batchSizeAt,
  restoreCrc,
  scanBatches,
  verifyCrc,
} from "../../../../src/protocol/records/batch_scan.ts";
import { recordInits } from "./arbitrary_records.ts";

const one = buildBatch([{ value: Uint8Array.of(1, 2, 3) }]);
const two = buildBatch([{ value: new Uint8Array(400) }], { baseOffset: 1 });
const both = Uint8Array.of(...one, ...two);

Deno.test("scanBatches() visits each batch when all are whole", () => {
  const visited: number[][] = [];
  const result = scanBatches(both, (position, size) => void visited.push([position, size]));
  deepEqual(result, { batches: 2, end: both.length, reason: "end" });
  deepEqual(visited, [[0, one.length], [one.length, two.length]]);
});

Deno.test("scanBatches() ends before the batch that is cut off, wherever that is", () => {
  for (let length = one.length + 1; length < both.length; length++) {
    const result = scanBatches(both.subarray(0, length), () => {});
    deepEqual(result, { batches: 1, end: one.length, reason: "cutOff" });
  }
});

Deno.test("scanBatches() stops behind the batch when the visitor returns false", () => {
  const result = scanBatches(both, () => false);
  deepEqual(result, { batches: 1, end: one.length, reason: "stopped" });
});

Deno.test("batchSizeAt() is malformed when the length can't be or the magic isn't 2", () => {
  for (const length of [48, 0, -1, -(2 ** 31)]) {
    const batch = one.slice();
    setBatchLength(batch, 0, length);
    equal(batchSizeAt(batch, 0, batch.length), BATCH_MALFORMED, `length ${length}`);
  }
  equal(batchSizeAt(one.with(16, 1), 0, one.length), BATCH_MALFORMED);
  equal(batchSizeAt(new Uint8Array(100), 0, 100), BATCH_MALFORMED);
  const huge = one.slice();
  setBatchLength(huge, 0, 0x7fffffff);
  equal(batchSizeAt(huge, 0, huge.length), BATCH_CUT_OFF);
});

Deno.test("verifyCrc() is false when any bit from the crc field on is flipped", () => {
  fc.assert(fc.property(recordInits, fc.nat(), (records, place) => {
    const batch = buildBatch(records);
    equal(verifyCrc(batch, 0), true);
    const bits = (batch.length - CRC_AT) * 8;
    const bit = CRC_AT * 8 + place % bits;
    batch[bit >> 3]! ^= 1 << (bit & 7);
    equal(verifyCrc(batch, 0), false);
    restoreCrc(batch, 0);
    equal(verifyCrc(batch, 0), true);
  }));
});
