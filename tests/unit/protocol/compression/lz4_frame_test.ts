import { deepEqual, equal, throws } from "node:assert/strict";
import { CompressionError } from "../../../../src/protocol/compression/codec.ts";
import { compressLz4, decompressLz4 } from "../../../../src/protocol/compression/lz4_frame.ts";
import { xxhash32 } from "../../../../src/protocol/compression/xxhash32.ts";

const ascii = (text: string) => new TextEncoder().encode(text);
const uint32 = (value: number) => [value & 255, value >> 8 & 255, value >> 16 & 255, value >>> 24];

/** A frame with these flags (version bits apart) of 64 KiB blocks. */
function frame(flags: number, ...blocks: number[][]): Uint8Array {
  const descriptor = [0x40 | flags, 0x40];
  const checksum = xxhash32(Uint8Array.from(descriptor)) >>> 8 & 255;
  return Uint8Array.of(0x04, 0x22, 0x4d, 0x18, ...descriptor, checksum, ...blocks.flat());
}

const INDEPENDENT = 0x20;
const BLOCK_CHECKSUM = 0x10;
const CONTENT_CHECKSUM = 0x04;
const END = [0, 0, 0, 0];
const stored = (bytes: Uint8Array) => [...uint32(bytes.length | 0x80000000), ...bytes];
/** No literals, a match of 8 bytes from `distance` before, then the literal "!". */
const matchBlock = (distance: number) => [5, 0, 0, 0, 0x04, distance, 0, 0x10, 0x21];

Deno.test("xxhash32() gives the reference values when the seed is 0", () => {
  equal(xxhash32(ascii("")), 0x02cc5d05);
  equal(xxhash32(ascii("a")), 0x550d7456);
  equal(xxhash32(ascii("abc")), 0x32d153ff);
  equal(xxhash32(ascii("Nobody inspects the spammish repetition")), 0xe2293b2f);
});

Deno.test("decompressLz4() reaches back into the block before when blocks depend", () => {
  const bytes = frame(0, stored(ascii("abcdefgh")), matchBlock(8), END);
  deepEqual(decompressLz4(bytes, 100), ascii("abcdefghabcdefgh!"));
});

Deno.test("decompressLz4() throws when a match reaches out of an independent block", () => {
  const bytes = frame(INDEPENDENT, stored(ascii("abcdefgh")), matchBlock(8), END);
  throws(() => decompressLz4(bytes, 100), CompressionError);
});

Deno.test("decompressLz4() throws when a match reaches back before the frame", () => {
  const first = frame(0, stored(ascii("abcdefgh")), END);
  const second = frame(0, matchBlock(8), END);
  throws(() => decompressLz4(Uint8Array.of(...first, ...second), 100), CompressionError);
});

Deno.test("decompressLz4() joins them when several frames and a skippable one follow", () => {
  const skippable = [0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9];
  const bytes = Uint8Array.of(
    ...compressLz4(ascii("one ")),
    ...skippable,
    ...compressLz4(ascii("two")),
  );
  deepEqual(decompressLz4(bytes, 100), ascii("one two"));
});

Deno.test("decompressLz4() checks both checksums when the frame has them", () => {
  const text = ascii("checked");
  const sum = uint32(xxhash32(text));
  const good = [stored(text), sum, END, sum] as const;
  const flags = INDEPENDENT | BLOCK_CHECKSUM | CONTENT_CHECKSUM;
  deepEqual(decompressLz4(frame(flags, ...good), 100), text);
  const bad = uint32(1);
  throws(() => decompressLz4(frame(flags, good[0], bad, END, sum), 100), /checksum/);
  throws(() => decompressLz4(frame(flags, good[0], sum, END, bad), 100), /checksum/);
});

Deno.test("decompressLz4() throws when the header checksum, version or a dictionary is wrong", () => {
  const bytes = frame(INDEPENDENT, stored(ascii("x")), END);
  throws(() => decompressLz4(bytes.with(6, bytes[6]! ^ 1), 100), /header checksum/);
  throws(() => decompressLz4(bytes.with(4, 0x20), 100), /version/);
  throws(() => decompressLz4(frame(INDEPENDENT | 1, stored(ascii("x")), END), 100), /dictionary/);
});

Deno.test("compressLz4() ends a block with five literals when all of it repeats", () => {
  const compressed = compressLz4(new Uint8Array(100));
  deepEqual([...compressed.subarray(-10)], [0x50, 0, 0, 0, 0, 0, ...END]);
});

Deno.test("decompressLz4() repeats the pattern when a match overlaps itself", () => {
  for (const distance of [1, 2, 3, 7, 30]) {
    const pattern = Uint8Array.from({ length: distance }, (_, i) => 65 + i);
    const text = ascii(new TextDecoder().decode(pattern).repeat(5000 / distance));
    deepEqual(decompressLz4(compressLz4(text), 5000), text);
  }
});
