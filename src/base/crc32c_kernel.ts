import { CAPACITY, INPUT, RESULT, WASM_BASE64 } from "./crc32c_wasm.ts";

/** The reflected form of CRC-32C's polynomial (Castagnoli; RFC 3720, appendix B.4). */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 16;

/**
 * Lookup tables for slicing, 256 entries each: entry `256 * k + b` is the CRC of byte `b` followed
 * by `k` zero bytes.
 */
export const CRC32C_TABLES: Uint32Array = buildTables();

function buildTables(): Uint32Array {
  const tables = new Uint32Array(256 * SLICES);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? POLYNOMIAL ^ (crc >>> 1) : crc >>> 1;
    tables[byte] = crc;
  }
  for (let i = 256; i < tables.length; i++) {
    const shorter = tables[i - 256]!;
    tables[i] = tables[shorter & 255]! ^ (shorter >>> 8);
  }
  return tables;
}

/**
 * The WebAssembly half of the checksum: bytes are copied to `memory` at `input`, then a function is
 * called on them. `crc` overwrites its input, so `walk` comes first. Nothing is kept between calls.
 */
export interface Crc32cKernel {
  readonly memory: Uint8Array;
  /** Position in `memory` where the bytes go. */
  readonly input: number;
  /** How many bytes may go there. */
  readonly capacity: number;
  /** After a `walk` that returned no bit 0: the highest and the lowest timestamp delta, in ms. */
  readonly timestampDeltas: Float64Array;
  /** Continues `crc` (0 at first) over the first `length` bytes of the input; an int32. */
  crc(crc: number, length: number): number;
  /**
   * Walks `count` (at least 1) records of message format v2 from `position` to `end`, both
   * positions in `memory`. Bit 0: they are malformed, too few, too many, or their offset deltas
   * are not 0, 1, 2... Bit 1: some key is null.
   */
  walk(position: number, end: number, count: number): number;
}

/** Undefined where WebAssembly (or its SIMD) is missing. */
export const crc32cKernel: Crc32cKernel | undefined = instantiate();

function instantiate(): Crc32cKernel | undefined {
  const text = atob(WASM_BASE64);
  const binary = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) binary[i] = text.charCodeAt(i);
  if (typeof WebAssembly === "undefined" || !WebAssembly.validate(binary)) return undefined;
  const exports = new WebAssembly.Instance(new WebAssembly.Module(binary)).exports as {
    readonly memory: WebAssembly.Memory;
    readonly crc: Crc32cKernel["crc"];
    readonly walk: Crc32cKernel["walk"];
  };
  const { buffer } = exports.memory;
  new Uint32Array(buffer, 0, CRC32C_TABLES.length).set(CRC32C_TABLES);
  return {
    memory: new Uint8Array(buffer),
    input: INPUT,
    capacity: CAPACITY,
    timestampDeltas: new Float64Array(buffer, RESULT, 2),
    crc: exports.crc,
    walk: exports.walk,
  };
}
