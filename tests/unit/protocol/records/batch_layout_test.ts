import { deepEqual, equal } from "node:assert/strict";
import fc from "fast-check";
import * as layout from "../../../../src/protocol/records/batch_layout.ts";

const int64 = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(-(2 ** 63), 2 ** 63, -1, 2 ** 32));
const int32 = fc.integer();
const int16 = fc.integer({ min: -32768, max: 32767 });

/** A field: its position, its width in bits, how it is set and read. */
const FIELDS = [
  ["baseOffset", 0, 64, layout.setBaseOffset, layout.baseOffset],
  ["batchLength", 8, 32, layout.setBatchLength, layout.batchLength],
  ["partitionLeaderEpoch", 12, 32, layout.setPartitionLeaderEpoch, layout.partitionLeaderEpoch],
  ["attributes", 21, 16, layout.setAttributes, layout.attributes],
  ["lastOffsetDelta", 23, 32, layout.setLastOffsetDelta, layout.lastOffsetDelta],
  ["baseTimestamp", 27, 64, layout.setBaseTimestamp, layout.baseTimestamp],
  ["maxTimestamp", 35, 64, layout.setMaxTimestamp, layout.maxTimestamp],
  ["producerId", 43, 64, layout.setProducerId, layout.producerId],
  ["producerEpoch", 51, 16, layout.setProducerEpoch, layout.producerEpoch],
  ["baseSequence", 53, 32, layout.setBaseSequence, layout.baseSequence],
  ["recordCount", 57, 32, layout.setRecordCount, layout.recordCount],
] as const;

for (const [name, at, bits, set, get] of FIELDS) {
  Deno.test(`${name}() is the big-endian int${bits} at ${at} when it was set`, () => {
    const values = bits === 64 ? int64 : bits === 32 ? int32 : int16;
    fc.assert(fc.property(values, fc.nat(9), (value, position) => {
      const buffer = new Uint8Array(80).fill(0x5a);
      set(buffer, position, value);
      equal(get(buffer, position), value);
      const expected = new Uint8Array(80).fill(0x5a);
      const view = new DataView(expected.buffer);
      const saturated = BigInt(value) >= 2n ** 63n ? 2n ** 63n - 1n : BigInt(value);
      if (bits === 64) view.setBigInt64(position + at, saturated);
      else if (bits === 32) view.setInt32(position + at, value);
      else view.setInt16(position + at, value);
      deepEqual(buffer, expected);
    }));
  });
}

Deno.test("storedCrc() is a uint32 when its top bit is set", () => {
  const buffer = new Uint8Array(61);
  layout.setCrc(buffer, 0, 0xfedcba98);
  equal(layout.storedCrc(buffer, 0), 0xfedcba98);
});

Deno.test("attribute functions each read their own bit when others are set", () => {
  const readers = [
    layout.isLogAppendTime,
    layout.isTransactional,
    layout.isControl,
    layout.hasDeleteHorizon,
  ];
  readers.forEach((_, set) => {
    const buffer = new Uint8Array(61);
    layout.setAttributes(buffer, 0, 8 << set | 4);
    deepEqual(readers.map((read) => read(buffer, 0)), readers.map((_, i) => i === set));
    equal(layout.codecOf(buffer, 0), 4);
  });
});

Deno.test("lastSequence() wraps to 0 when it passes 2^31-1", () => {
  const buffer = new Uint8Array(61);
  layout.setBaseSequence(buffer, 0, 0x7ffffffe);
  layout.setLastOffsetDelta(buffer, 0, 3);
  equal(layout.lastSequence(buffer, 0), 1);
  layout.setBaseSequence(buffer, 0, -1);
  equal(layout.lastSequence(buffer, 0), -1);
});
