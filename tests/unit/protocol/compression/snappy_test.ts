import { deepEqual, equal, throws } from "node:assert/strict";
import { compressSnappy, decompressSnappy } from "../../../../src/protocol/compression/snappy.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const HEADER = [0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1];
/** "abcd" and a copy of its four bytes, once with each width of distance. */
const LITERAL = [3 << 2, 97, 98, 99, 100];
const COPY_1 = [0 << 2 | 1, 4];
const COPY_2 = [3 << 2 | 2, 4, 0];
const COPY_4 = [3 << 2 | 3, 4, 0, 0, 0];

Deno.test("decompressSnappy() reads a bare block when there is no stream header", () => {
  const bytes = Uint8Array.of(16, ...LITERAL, ...COPY_1, ...COPY_2, ...COPY_4);
  deepEqual(decompressSnappy(bytes, 16), ascii("abcd".repeat(4)));
});

Deno.test("decompressSnappy() reads on when streams are joined, header and all", () => {
  const chunk = [0, 0, 0, 8, 8, ...LITERAL, ...COPY_1];
  const bytes = Uint8Array.of(...HEADER, ...chunk, ...chunk, ...HEADER, ...chunk);
  deepEqual(decompressSnappy(bytes, 100), ascii("abcdabcd".repeat(3)));
});

Deno.test("compressSnappy() writes the stream header when the input is empty", () => {
  deepEqual([...compressSnappy(new Uint8Array(0))], HEADER);
});

Deno.test("compressSnappy() begins a chunk every 32 KiB when the input is larger", () => {
  const compressed = compressSnappy(new Uint8Array(32768 * 2 + 5));
  const view = new DataView(compressed.buffer);
  let chunks = 0;
  for (let at = 16; at < compressed.length; at += 4 + view.getInt32(at)) chunks++;
  equal(chunks, 3);
});

Deno.test("compressSnappy() keeps a match whole when it is of any length, near or far", () => {
  const noise = Uint8Array.from(
    { length: 5000 },
    (_, i) => Math.imul(i * i + 7, 0x9e3779b1) >>> 24,
  );
  for (const distance of [300, 2047, 2048, 5000]) {
    for (let count = 4; count <= 140; count++) {
      const bytes = Uint8Array.of(...noise.subarray(0, distance), ...noise.subarray(0, count));
      deepEqual(decompressSnappy(compressSnappy(bytes), 6000), bytes);
    }
  }
});

Deno.test("decompressSnappy() throws when a block is shorter or longer than it claims", () => {
  throws(() => decompressSnappy(Uint8Array.of(5, ...LITERAL), 100), /shorter/);
  throws(() => decompressSnappy(Uint8Array.of(3, ...LITERAL), 100), /out of bounds/);
});

Deno.test("decompressSnappy() throws when a copy reaches before the block", () => {
  throws(() => decompressSnappy(Uint8Array.of(8, ...LITERAL, 1, 5), 100), /out of bounds/);
  const negative = [3 << 2 | 3, 4, 0, 0, 0x80];
  throws(() => decompressSnappy(Uint8Array.of(8, ...LITERAL, ...negative), 100), /out of bounds/);
  const chunk = [0, 0, 0, 6, 4, ...LITERAL];
  const reaching = Uint8Array.of(...HEADER, ...chunk, 0, 0, 0, 3, 4, ...COPY_1);
  throws(() => decompressSnappy(reaching, 100), /out of bounds/);
});

Deno.test("decompressSnappy() allocates nothing when the claimed length is out of proportion", () => {
  const claimsGigabytes = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, ...LITERAL);
  throws(() => decompressSnappy(claimsGigabytes, 2 ** 40), /proportion/);
});
