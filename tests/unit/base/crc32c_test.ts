import { equal, notEqual } from "node:assert/strict";
import fc from "fast-check";
import { crc32c, crc32cSliced } from "../../../src/base/crc32c.ts";
import { crc32cKernel } from "../../../src/base/crc32c_kernel.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

/** Bit by bit, from the polynomial. */
function reference(bytes: Uint8Array, start: number, end: number): number {
  let crc = 0xffffffff;
  for (let i = start; i < end; i++) {
    crc ^= bytes[i]!;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? 0x82f63b78 ^ (crc >>> 1) : crc >>> 1;
  }
  return ~crc >>> 0;
}

function pseudoRandom(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0, state = seed | 1; i < length; i++) {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + 0x9e3779b9 | 0;
    bytes[i] = state >>> 11;
  }
  return bytes;
}

Deno.test("crc32c() gives the published values when the input is that of RFC 3720", () => {
  equal(crc32c(new Uint8Array(0)), 0);
  equal(crc32c(ascii("123456789")), 0xe3069283);
  equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd794e);
});

Deno.test("crc32c() has its kernel when WebAssembly is there", () => {
  notEqual(crc32cKernel, undefined);
});

Deno.test("crc32c() equals the bitwise definition when the input has any length up to 1100", () => {
  const bytes = pseudoRandom(1200, 7);
  for (let length = 0; length <= 1100; length++) {
    const start = length % 17;
    const expected = reference(bytes, start, start + length);
    equal(crc32c(bytes, start, start + length), expected, `length ${length}`);
    equal(crc32cSliced(bytes, start, start + length), expected, `sliced, length ${length}`);
  }
});

Deno.test("crc32c() equals the sliced form when the input is larger than a piece", () => {
  const lengths = fc.oneof(fc.integer({ min: 65500, max: 65900 }), fc.nat(300000));
  fc.assert(
    fc.property(lengths, fc.nat(31), fc.integer(), (length, start, seed) => {
      const bytes = pseudoRandom(start + length, seed);
      equal(crc32c(bytes, start, start + length), crc32cSliced(bytes, start, start + length));
    }),
    { numRuns: 40 },
  );
});

Deno.test("crc32c() leaves its input as it was when it folds", () => {
  const bytes = pseudoRandom(5000, 3);
  const copy = bytes.slice();
  crc32c(bytes);
  equal(reference(bytes, 0, 5000), reference(copy, 0, 5000));
});

Deno.test("crc32c() does not depend on earlier calls when their input was longer", () => {
  const bytes = pseudoRandom(4000, 5);
  const fresh = crc32cSliced(bytes, 0, 400);
  crc32c(new Uint8Array(60000).fill(0xa5));
  equal(crc32c(bytes, 0, 400), fresh);
});
