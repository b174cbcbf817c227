/**
 * Snappy (Snappy compressed format description) in the stream framing of xerial's snappy-java,
 * which Kafka's Java client writes: a 16-byte header, then blocks behind their int32 lengths.
 * librdkafka and others send a bare block; both are read.
 *
 * The codec is our own because snappyjs 0.7 takes a cut-off stream for a whole one and accepts
 * negative distances.
 */
import { malformed, tooLarge } from "./codec.ts";
import { copyLiterals, copyMatch, hash32, hashShiftFor, load32, matchEnd } from "./matches.ts";
import { OutputBuffer } from "./output_buffer.ts";

/** 0x82 "SNAPPY" 0, version 1, lowest compatible version 1. */
const XERIAL_HEADER = Uint8Array.of(0x82, 83, 78, 65, 80, 80, 89, 0, 0, 0, 0, 1, 0, 0, 0, 1);
const XERIAL_MAGIC_BYTES = 8;
/** Uncompressed bytes of a block in the stream framing, as snappy-java has it. */
const CHUNK_BYTES = 32768;
const TABLE_BITS_MAX = 14;
const MATCH_MIN = 4;
/** A copy of 64 bytes takes 3: no block gives more than 22 bytes for each of its own. */
const EXPANSION_MAX = 22;
const table = new Int32Array(1 << TABLE_BITS_MAX);

/** Compresses to the stream framing. */
export function compressSnappy(bytes: Uint8Array): Uint8Array {
  const chunks = Math.ceil(bytes.length / CHUNK_BYTES);
  const target = new Uint8Array(XERIAL_HEADER.length + chunks * (4 + blockBound(CHUNK_BYTES)));
  target.set(XERIAL_HEADER);
  let at = XERIAL_HEADER.length;
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    const end = Math.min(start + CHUNK_BYTES, bytes.length);
    const after = compressSnappyBlock(bytes, start, end, target, at + 4);
    const size = after - at - 4;
    target[at] = size >> 24;
    target[at + 1] = size >> 16;
    target[at + 2] = size >> 8;
    target[at + 3] = size;
    at = after;
  }
  return target.slice(0, at);
}

/**
 * Reads the stream framing, also several streams in a row, or a bare block.
 *
 * @param bytesMax the most bytes to give
 * @throws {CompressionError}
 */
export function decompressSnappy(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const output = new OutputBuffer(bytesMax, Math.max(1024, bytes.length * 3));
  if (!hasXerialMagic(bytes, 0)) {
    decompressBlock(bytes, 0, bytes.length, output);
    return output.filled();
  }
  let at = 0;
  while (at < bytes.length) {
    if (hasXerialMagic(bytes, at)) {
      at += XERIAL_HEADER.length;
      if (at > bytes.length) throw malformed("Snappy stream is cut off");
      continue;
    }
    if (at + 4 > bytes.length) throw malformed("Snappy stream is cut off");
    const size = bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
    at += 4;
    if (size < 0 || size > bytes.length - at) throw malformed("Snappy stream is cut off");
    decompressBlock(bytes, at, at + size, output);
    at += size;
  }
  return output.filled();
}

function hasXerialMagic(bytes: Uint8Array, at: number): boolean {
  if (bytes.length - at < XERIAL_MAGIC_BYTES) return false;
  for (let i = 0; i < XERIAL_MAGIC_BYTES; i++) {
    if (bytes[at + i] !== XERIAL_HEADER[i]) return false;
  }
  return true;
}

function blockBound(inputBytes: number): number {
  return 32 + inputBytes + Math.ceil(inputBytes / 6);
}

function compressSnappyBlock(
  source: Uint8Array,
  start: number,
  end: number,
  target: Uint8Array,
  at: number,
): number {
  for (let rest = end - start;; rest >>>= 7) {
    target[at++] = rest > 127 ? (rest & 127) | 128 : rest;
    if (rest <= 127) break;
  }
  const shift = hashShiftFor(end - start, TABLE_BITS_MAX);
  table.fill(-1, 0, 1 << (32 - shift));
  let literalsFrom = start;
  let position = start;
  let misses = 0;
  while (position <= end - MATCH_MIN) {
    const word = load32(source, position);
    const slot = hash32(word, shift);
    const candidate = table[slot]!;
    table[slot] = position;
    if (candidate < 0 || load32(source, candidate) !== word) {
      position += 1 + (misses++ >> 6);
      continue;
    }
    misses = 0;
    const after = matchEnd(source, position + MATCH_MIN, candidate + MATCH_MIN, end);
    at = writeLiterals(source, literalsFrom, position, target, at);
    at = writeCopies(target, at, position - candidate, after - position);
    position = after;
    literalsFrom = after;
  }
  return writeLiterals(source, literalsFrom, end, target, at);
}

function writeLiterals(
  source: Uint8Array,
  from: number,
  end: number,
  target: Uint8Array,
  at: number,
): number {
  const count = end - from;
  if (count === 0) return at;
  if (count <= 60) {
    target[at++] = (count - 1) << 2;
  } else if (count <= 256) {
    target[at++] = 60 << 2;
    target[at++] = count - 1;
  } else {
    target[at++] = 61 << 2;
    target[at++] = count - 1 & 255;
    target[at++] = count - 1 >> 8;
  }
  copyLiterals(source, from, target, at, count);
  return at + count;
}

function writeCopies(target: Uint8Array, at: number, distance: number, count: number): number {
  while (count >= 68) {
    at = writeCopy(target, at, distance, 64);
    count -= 64;
  }
  if (count > 64) {
    at = writeCopy(target, at, distance, 60);
    count -= 60;
  }
  return writeCopy(target, at, distance, count);
}

function writeCopy(target: Uint8Array, at: number, distance: number, count: number): number {
  if (count < 12 && distance < 2048) {
    target[at++] = distance >> 8 << 5 | (count - 4) << 2 | 1;
    target[at++] = distance & 255;
    return at;
  }
  target[at++] = (count - 1) << 2 | 2;
  target[at++] = distance & 255;
  target[at++] = distance >> 8;
  return at;
}

function decompressBlock(source: Uint8Array, start: number, end: number, output: OutputBuffer) {
  let at = start;
  let length = 0;
  for (let shift = 0;; shift += 7) {
    if (at === end || shift > 28) throw malformed("Snappy length is malformed");
    const byte = source[at++]!;
    length += (byte & 127) * 2 ** shift;
    if (byte < 128) break;
  }
  if (length > (end - at) * EXPANSION_MAX) throw malformed("Snappy length is out of proportion");
  if (length > output.bytesMax - output.length) throw tooLarge(output.bytesMax);
  output.reserve(length);
  readElements(source, at, end, output.bytes, output.length, output.length + length);
  output.length += length;
}

/** Decodes the elements from `at` to `end` into exactly the bytes `to` to `limit` of the target. */
function readElements(
  source: Uint8Array,
  at: number,
  end: number,
  target: Uint8Array,
  to: number,
  limit: number,
): void {
  const blockStart = to;
  while (at < end) {
    const tag = source[at++]!;
    const kind = tag & 3;
    let count = (tag >> 2) + 1;
    if (kind === 0) {
      const lengthBytes = count > 60 ? count - 60 : 0;
      if (lengthBytes > 0) {
        if (end - at < lengthBytes) throw malformed("Snappy block is cut off");
        count = readUint(source, at, lengthBytes) + 1;
        at += lengthBytes;
      }
      if (count > end - at || count > limit - to) throw malformed("Snappy literal out of bounds");
      copyLiterals(source, at, target, to, count);
      at += count;
    } else {
      const distanceBytes = kind === 3 ? 4 : kind;
      if (end - at < distanceBytes) throw malformed("Snappy block is cut off");
      let distance = readUint(source, at, distanceBytes);
      if (kind === 1) {
        distance |= tag >> 5 << 8;
        count = (tag >> 2 & 7) + 4;
      }
      at += distanceBytes;
      if (distance === 0 || distance > to - blockStart || count > limit - to) {
        throw malformed("Snappy copy out of bounds");
      }
      copyMatch(target, to, distance, count);
    }
    to += count;
  }
  if (to !== limit) throw malformed("Snappy block is shorter than it claims");
}

function readUint(source: Uint8Array, at: number, bytes: number): number {
  let value = source[at]!;
  for (let i = 1; i < bytes; i++) value += source[at + i]! * 2 ** (8 * i);
  return value;
}
