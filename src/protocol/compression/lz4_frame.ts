/**
 * LZ4 frames (LZ4 Frame Format Description 1.6.x). Written as Kafka's Java client does: independent
 * blocks of 64 KiB, no checksum but the header's. Read: every block size, dependent blocks, both
 * checksums, stored blocks, skippable frames, and several frames in a row. Dictionaries, and the
 * wrong header checksum of message formats v0 and v1, are refused.
 */
import { CompressionError, malformed, tooLarge } from "./codec.ts";
import { compressLz4Block, decompressLz4Block, lz4BlockBound } from "./lz4_block.ts";
import { load32 } from "./matches.ts";
import { OutputBuffer } from "./output_buffer.ts";
import { xxhash32 } from "./xxhash32.ts";

const FRAME_MAGIC = 0x184d2204;
const SKIPPABLE_MAGIC = 0x184d2a50;
const STORED_BIT = 0x80000000;
const BLOCK_BYTES = 65536;
/** Version 1, independent blocks; 64 KiB. */
const FLAGS = 0x60;
const BLOCK_DESCRIPTOR = 0x40;
/** No LZ4 block gives more than 255 bytes for each of its own. */
const EXPANSION_MAX = 255;

/** Frame header: what the blocks are like. */
interface FrameDescriptor {
  readonly blocksDepend: boolean;
  readonly blockChecksum: boolean;
  readonly contentChecksum: boolean;
  readonly blockBytesMax: number;
  /** Position of the first block. */
  readonly blocksAt: number;
}

export function compressLz4(bytes: Uint8Array): Uint8Array {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES);
  const target = new Uint8Array(7 + blocks * (4 + lz4BlockBound(BLOCK_BYTES)) + 4);
  writeInt32(target, 0, FRAME_MAGIC);
  target[4] = FLAGS;
  target[5] = BLOCK_DESCRIPTOR;
  target[6] = xxhash32(target, 4, 6) >>> 8;
  let at = 7;
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, bytes.length);
    const after = compressLz4Block(bytes, start, end, target, at + 4);
    if (after - at - 4 < end - start) {
      writeInt32(target, at, after - at - 4);
      at = after;
    } else {
      writeInt32(target, at, (end - start) | STORED_BIT);
      target.set(bytes.subarray(start, end), at + 4);
      at += 4 + end - start;
    }
  }
  writeInt32(target, at, 0);
  return target.slice(0, at + 4);
}

/**
 * @param bytesMax the most bytes to give
 * @throws {CompressionError}
 */
export function decompressLz4(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const output = new OutputBuffer(bytesMax, Math.max(1024, bytes.length * 3));
  let at = 0;
  while (at < bytes.length) {
    const magic = at + 4 <= bytes.length ? load32(bytes, at) : 0;
    if ((magic & ~15) === SKIPPABLE_MAGIC) {
      if (at + 8 > bytes.length) throw malformed("LZ4 frame is cut off");
      at += 8 + (load32(bytes, at + 4) >>> 0);
      if (at > bytes.length) throw malformed("LZ4 frame is cut off");
    } else if (magic === FRAME_MAGIC) {
      at = readFrame(bytes, at + 4, output);
    } else {
      throw malformed("not an LZ4 frame");
    }
  }
  return output.filled();
}

function readDescriptor(bytes: Uint8Array, at: number): FrameDescriptor {
  if (at + 3 > bytes.length) throw malformed("LZ4 frame is cut off");
  const flags = bytes[at]!;
  const sizeCode = bytes[at + 1]! >> 4;
  if (flags >> 6 !== 1 || (flags & 0x02) !== 0) throw malformed("unknown version of LZ4 frame");
  if ((flags & 0x01) !== 0) throw malformed("LZ4 frame needs a dictionary");
  if (sizeCode < 4 || sizeCode > 7) throw malformed("LZ4 block size is not defined");
  const end = at + 2 + ((flags & 0x08) !== 0 ? 8 : 0);
  if (end >= bytes.length) throw malformed("LZ4 frame is cut off");
  if (bytes[end] !== (xxhash32(bytes, at, end) >>> 8 & 255)) {
    throw malformed("LZ4 header checksum differs");
  }
  return {
    blocksDepend: (flags & 0x20) === 0,
    blockChecksum: (flags & 0x10) !== 0,
    contentChecksum: (flags & 0x04) !== 0,
    blockBytesMax: 1 << (8 + 2 * sizeCode),
    blocksAt: end + 1,
  };
}

/** Reads the frame whose descriptor is at `start`; returns the position behind the frame. */
function readFrame(bytes: Uint8Array, start: number, output: OutputBuffer): number {
  const frame = readDescriptor(bytes, start);
  const contentStart = output.length;
  let at = frame.blocksAt;
  for (;;) {
    if (at + 4 > bytes.length) throw malformed("LZ4 frame is cut off");
    const word = load32(bytes, at);
    at += 4;
    if (word === 0) break;
    const size = word & ~STORED_BIT;
    if (size > frame.blockBytesMax || size > bytes.length - at) {
      throw malformed("LZ4 block is larger than its frame allows");
    }
    readBlock(bytes, at, size, word < 0, frame, output, contentStart);
    at += size;
    if (frame.blockChecksum) at = verifyChecksum(bytes, at, xxhash32(bytes, at - size, at));
  }
  if (!frame.contentChecksum) return at;
  return verifyChecksum(bytes, at, xxhash32(output.bytes, contentStart, output.length));
}

function readBlock(
  bytes: Uint8Array,
  at: number,
  size: number,
  stored: boolean,
  frame: FrameDescriptor,
  output: OutputBuffer,
  contentStart: number,
): void {
  if (stored) {
    output.append(bytes.subarray(at, at + size));
    return;
  }
  const wanted = Math.min(frame.blockBytesMax, size * EXPANSION_MAX);
  const allowed = Math.min(wanted, output.bytesMax - output.length);
  output.reserve(allowed);
  const windowStart = frame.blocksDepend ? contentStart : output.length;
  try {
    decompressLz4Block(bytes, at, at + size, output, allowed, windowStart);
  } catch (error) {
    if (allowed < wanted && error instanceof CompressionError) throw tooLarge(output.bytesMax);
    throw error;
  }
}

function verifyChecksum(bytes: Uint8Array, at: number, expected: number): number {
  if (at + 4 > bytes.length) throw malformed("LZ4 frame is cut off");
  if (load32(bytes, at) >>> 0 !== expected) throw malformed("LZ4 checksum differs");
  return at + 4;
}

function writeInt32(target: Uint8Array, at: number, value: number): void {
  target[at] = value;
  target[at + 1] = value >> 8;
  target[at + 2] = value >> 16;
  target[at + 3] = value >> 24;
}
