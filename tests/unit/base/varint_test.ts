import { deepEqual, equal, ok } from "node:assert/strict";
import fc from "fast-check";
import {
  readUnsignedVarint,
  readUnsignedVarlong,
  readVarint,
  readVarlong,
  sizeOfUnsignedVarint,
  sizeOfUnsignedVarlong,
  sizeOfVarint,
  sizeOfVarlong,
  varintLength,
  varlongLength,
  writeUnsignedVarint,
  writeUnsignedVarlong,
  writeVarint,
  writeVarlong,
} from "../../../src/base/varint.ts";

const int32 = fc.integer();
const uint32 = fc.nat(0xffffffff);
const anyInt64 = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n).map(Number),
  fc.constantFrom(0, -1, 63, 64, -64, -65, 2 ** 31, 2 ** 32, -(2 ** 53), 2 ** 63, -(2 ** 63)),
);

/** The zigzag varlong of `value`, computed the slow way. */
function reference(value: bigint): number[] {
  let rest = BigInt.asUintN(64, value << 1n ^ value >> 63n);
  const bytes: number[] = [];
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

Deno.test("writeUnsignedVarint() gives what readUnsignedVarint() reads when it is a uint32", () => {
  fc.assert(fc.property(uint32, (value) => {
    const buffer = new Uint8Array(8).fill(0xff);
    const end = writeUnsignedVarint(buffer, 1, value);
    equal(readUnsignedVarint(buffer, 1), value);
    equal(end - 1, sizeOfUnsignedVarint(value));
    equal(varintLength(buffer, 1, 8), end - 1);
  }));
});

Deno.test("writeVarint() gives what readVarint() reads when it is an int32", () => {
  fc.assert(fc.property(int32, (value) => {
    const buffer = new Uint8Array(8);
    const end = writeVarint(buffer, 1, value);
    equal(readVarint(buffer, 1), value);
    equal(end - 1, sizeOfVarint(value));
    deepEqual([...buffer.subarray(1, end)], reference(BigInt(value)));
  }));
});

Deno.test("writeVarlong() encodes the double's integer and saturates when it is past int64", () => {
  fc.assert(fc.property(anyInt64, (value) => {
    const buffer = new Uint8Array(12);
    const end = writeVarlong(buffer, 1, value);
    const saturated = BigInt(value) > 2n ** 63n - 1n ? 2n ** 63n - 1n : BigInt(value);
    deepEqual([...buffer.subarray(1, end)], reference(saturated));
    equal(readVarlong(buffer, 1), value);
    equal(end - 1, sizeOfVarlong(value));
    equal(varlongLength(buffer, 1, 12), end - 1);
  }));
});

Deno.test("readVarlong() gives the nearest double when the value is any int64", () => {
  fc.assert(fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), (value) => {
    const read = readVarlong(Uint8Array.from(reference(value)), 0);
    ok(Math.abs(read - Number(value)) <= 2 ** -52 * Math.abs(Number(value)));
  }));
});

Deno.test("writeUnsignedVarlong() gives what readUnsignedVarlong() reads when it is below 2^53", () => {
  fc.assert(fc.property(fc.maxSafeNat(), (value) => {
    const buffer = new Uint8Array(12);
    const end = writeUnsignedVarlong(buffer, 0, value);
    equal(readUnsignedVarlong(buffer, 0), value);
    equal(end, sizeOfUnsignedVarlong(value));
  }));
  const buffer = new Uint8Array(10);
  equal(writeUnsignedVarlong(buffer, 0, 2 ** 65), 10);
  deepEqual([...buffer], [...new Array(9).fill(255), 1]);
});

Deno.test("varintLength() is 0 when the varint is cut off or overlong", () => {
  const endless = new Uint8Array(16).fill(0x80);
  equal(varintLength(endless, 0, 16), 0);
  equal(varlongLength(endless, 0, 16), 0);
  equal(varintLength(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0), 0, 6), 0);
  const five = Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0);
  equal(varintLength(five, 0, 5), 5);
  equal(varintLength(five, 0, 4), 0);
  equal(varintLength(five, 5, 5), 0);
});
