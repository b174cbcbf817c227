import { equal, throws } from "node:assert/strict";
import { constants, zstdCompressSync } from "node:zlib";
import { CompressionError } from "../../../../src/protocol/compression/codec.ts";
import { zstdFrameEnd } from "../../../../src/protocol/compression/zstd_frame.ts";

/** Bytes that give raw blocks, compressed ones, and one of a single repeated byte. */
const SAMPLES = [
  Uint8Array.from({ length: 300 }, (_, i) => Math.imul(i * i + 7, 0x9e3779b1) >>> 24),
  new TextEncoder().encode("leader epoch ".repeat(30000)),
  new Uint8Array(400_000),
  new Uint8Array(0),
];

for (const checksumFlag of [0, 1]) {
  Deno.test(`zstdFrameEnd() finds the end when the checksum flag is ${checksumFlag}`, () => {
    const params = { [constants.ZSTD_c_checksumFlag]: checksumFlag };
    for (const sample of SAMPLES) {
      const frame = zstdCompressSync(sample, { params });
      equal(zstdFrameEnd(frame, 0), frame.length);
      equal(zstdFrameEnd(Uint8Array.of(9, ...frame, 9), 1), 1 + frame.length);
      for (let kept = Math.max(1, frame.length - 20); kept < frame.length; kept++) {
        throws(() => zstdFrameEnd(frame.subarray(0, kept), 0), CompressionError);
      }
    }
  });
}

Deno.test("zstdFrameEnd() passes over a skippable frame when it is whole", () => {
  const skippable = Uint8Array.of(0x5f, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 1);
  equal(zstdFrameEnd(skippable, 0), 10);
  throws(() => zstdFrameEnd(skippable.subarray(0, 9), 0), CompressionError);
});
