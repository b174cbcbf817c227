/** LZ4 blocks (LZ4 Block Format Description): sequences of literals and matches, without frame. */
import { malformed } from "./codec.ts";
import { copyLiterals, copyMatch, hash32, hashShiftFor, load32, matchEnd } from "./matches.ts";
import type { OutputBuffer } from "./output_buffer.ts";

const MATCH_MIN = 4;
/** The last bytes of a block are always literals, and no match begins in the last 12. */
const LAST_LITERALS = 5;
const NO_MATCH_IN_LAST = 12;
const TABLE_BITS_MAX = 14;
const table = new Int32Array(1 << TABLE_BITS_MAX);

/** The most bytes that {@link compressLz4Block} writes for `inputBytes`. */
export function lz4BlockBound(inputBytes: number): number {
  return inputBytes + Math.ceil(inputBytes / 255) + 16;
}

/**
 * Compresses `source` from `start` up to `end` (at most 64 KiB apart, so that any distance fits) to
 * `target` at `at`, which has room for {@link lz4BlockBound}; returns the position behind.
 */
export function compressLz4Block(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): number {
  const shift = hashShiftFor(end - start, TABLE_BITS_MAX);
  table.fill(-1, 0, 1 << (32 - shift));
  const lastMatchStart = end - NO_MATCH_IN_LAST;
  const matchLimit = end - LAST_LITERALS;
  let literalsFrom = start;
  let position = start;
  let misses = 0;
  while (position <= lastMatchStart) {
    const word = load32(source, position);
    const slot = hash32(word, shift);
    const candidate = table[slot]!;
    table[slot] = position;
    if (candidate < 0 || load32(source, candidate) !== word) {
      // Incompressible input is passed over in longer and longer steps.
      position += 1 + (misses++ >> 6);
      continue;
    }
    misses = 0;
    const after = matchEnd(source, position + MATCH_MIN, candidate + MATCH_MIN, matchLimit);
    at = writeSequence(
      source,
      literalsFrom,
      position - literalsFrom,
      target,
      at,
      position - candidate,
      after - position,
    );
    position = after;
    literalsFrom = after;
  }
  return writeLiterals(source, literalsFrom, end - literalsFrom, target, at, 0);
}

function writeSequence(
  source: Uint8Array,
  literalsFrom: number,
  literalCount: number,
  target: Uint8Array,
  at: number,
  distance: number,
  matchBytes: number,
): number {
  const extra = matchBytes - MATCH_MIN;
  at = writeLiterals(source, literalsFrom, literalCount, target, at, extra < 15 ? extra : 15);
  target[at++] = distance & 255;
  target[at++] = distance >> 8;
  return extra < 15 ? at : writeLength(target, at, extra - 15);
}

function writeLiterals(
  source: Uint8Array,
  from: number,
  count: number,
  target: Uint8Array,
  at: number,
  lowNibble: number,
): number {
  target[at++] = (count < 15 ? count : 15) << 4 | lowNibble;
  if (count >= 15) at = writeLength(target, at, count - 15);
  copyLiterals(source, from, target, at, count);
  return at + count;
}

function writeLength(target: Uint8Array, at: number, length: number): number {
  for (; length >= 255; length -= 255) target[at++] = 255;
  target[at++] = length;
  return at;
}

/**
 * Decompresses the block from `start` up to `end` of `source` to the end of `output`, which already
 * has room for `bytesMax` more bytes. Matches may reach back to `windowStart` of the output.
 *
 * @throws {CompressionError} when the block is malformed or gives more than `bytesMax`
 */
export function decompressLz4Block(
  source: Uint8Array,
  start: number,
  end: number,
  output: OutputBuffer,
  bytesMax: number,
  windowStart: number,
): void {
  const target = output.bytes;
  const limit = output.length + bytesMax;
  let to = output.length;
  let at = start;
  for (;;) {
    if (at >= end) throw malformed("LZ4 block ends within a sequence");
    const token = source[at++]!;
    let literals = token >> 4;
    if (literals === 15) {
      let byte = 255;
      while (byte === 255 && at < end) literals += byte = source[at++]!;
    }
    if (literals > end - at || literals > limit - to) throw malformed("LZ4 literals out of bounds");
    copyLiterals(source, at, target, to, literals);
    at += literals;
    to += literals;
    if (at === end) break;
    if (end - at < 2) throw malformed("LZ4 block ends within a distance");
    const distance = source[at]! | source[at + 1]! << 8;
    at += 2;
    let count = token & 15;
    if (count === 15) {
      let byte = 255;
      while (byte === 255 && at < end) count += byte = source[at++]!;
    }
    count += MATCH_MIN;
    if (distance === 0 || distance > to - windowStart || count > limit - to) {
      throw malformed("LZ4 match out of bounds");
    }
    copyMatch(target, to, distance, count);
    to += count;
  }
  output.length = to;
}
