import { CRC32C_TABLES, crc32cKernel } from "./crc32c_kernel.ts";

/** Below it the copy into WebAssembly's memory costs more than it saves. */
const KERNEL_FROM_BYTES = 96;
/** Copied and summed at a time, so that the copy is still in the cache when it is read. */
const PIECE_BYTES = 65536;

/**
 * The CRC-32C (RFC 3720, appendix B.4) of `bytes` from `start` up to `end`, as a uint32.
 * `bytes` is not changed.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  if (crc32cKernel === undefined || end - start < KERNEL_FROM_BYTES) {
    return crc32cSliced(bytes, start, end);
  }
  const { memory, input } = crc32cKernel;
  let crc = 0;
  for (let from = start; from < end; from += PIECE_BYTES) {
    const to = Math.min(from + PIECE_BYTES, end);
    memory.set(bytes.subarray(from, to), input);
    crc = crc32cKernel.crc(crc, to - from);
  }
  return crc >>> 0;
}

/** As {@link crc32c}, in JavaScript alone (slicing-by-8). */
export function crc32cSliced(bytes: Uint8Array, start: number, end: number): number {
  const tables = CRC32C_TABLES;
  const wholeEnd = start + ((end - start) & ~7);
  let crc = -1;
  let i = start;
  for (; i < wholeEnd; i += 8) {
    const low = crc ^
      (bytes[i]! | bytes[i + 1]! << 8 | bytes[i + 2]! << 16 | bytes[i + 3]! << 24);
    crc = tables[1792 + (low & 255)]! ^ tables[1536 + (low >>> 8 & 255)]! ^
      tables[1280 + (low >>> 16 & 255)]! ^ tables[1024 + (low >>> 24)]! ^
      tables[768 + bytes[i + 4]!]! ^ tables[512 + bytes[i + 5]!]! ^
      tables[256 + bytes[i + 6]!]! ^ tables[bytes[i + 7]!]!;
  }
  for (; i < end; i++) crc = tables[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
