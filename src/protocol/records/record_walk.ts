import { crc32c } from "../../base/crc32c.ts";
import { crc32cKernel } from "../../base/crc32c_kernel.ts";
import { ATTRIBUTES_AT, HEADER_BYTES, recordCount, storedCrc } from "./batch_layout.ts";
import { CorruptBatchError } from "./corrupt_batch_error.ts";
import { RecordCursor } from "./record_cursor.ts";

const MALFORMED_BIT = 1;
const NULL_KEY_BIT = 2;

/** What a walk over the records of a batch found. One object serves many walks. */
export class RecordWalk {
  /**
   * False when the records are malformed, are not as many as the batch claims, or their offset
   * deltas are not 0, 1, 2... The other fields then say nothing.
   */
  wellFormed = false;
  hasNullKey = false;
  timestampDeltaMax = 0;
  timestampDeltaMin = 0;

  /**
   * Checks the CRC of the uncompressed batch of `size` bytes at `position` and walks its records,
   * of which it claims at least one. In WebAssembly one copy serves both.
   *
   * @returns whether the CRC is right
   */
  checkBatch(buffer: Uint8Array, position: number, size: number): boolean {
    const count = recordCount(buffer, position);
    const end = position + size;
    const covered = size - ATTRIBUTES_AT;
    const kernel = crc32cKernel;
    if (kernel === undefined || covered > kernel.capacity) {
      this.walkInScript(buffer, position + HEADER_BYTES, end, count);
      return crc32c(buffer, position + ATTRIBUTES_AT, end) === storedCrc(buffer, position);
    }
    kernel.memory.set(buffer.subarray(position + ATTRIBUTES_AT, end), kernel.input);
    this.walkInKernel(kernel.input + HEADER_BYTES - ATTRIBUTES_AT, kernel.input + covered, count);
    return kernel.crc(0, covered) >>> 0 === storedCrc(buffer, position);
  }

  /** Walks `count` (at least one) uncompressed records that fill `bytes`. */
  walk(bytes: Uint8Array, count: number): void {
    const kernel = crc32cKernel;
    if (kernel === undefined || bytes.length > kernel.capacity) {
      this.walkInScript(bytes, 0, bytes.length, count);
      return;
    }
    kernel.memory.set(bytes, kernel.input);
    this.walkInKernel(kernel.input, kernel.input + bytes.length, count);
  }

  private walkInKernel(start: number, end: number, count: number): void {
    const kernel = crc32cKernel!;
    const flags = kernel.walk(start, end, count);
    this.wellFormed = (flags & MALFORMED_BIT) === 0;
    this.hasNullKey = (flags & NULL_KEY_BIT) !== 0;
    this.timestampDeltaMax = kernel.timestampDeltas[0]!;
    this.timestampDeltaMin = kernel.timestampDeltas[1]!;
  }

  /** The walk in JavaScript, for what is too large for WebAssembly's memory. */
  walkInScript(bytes: Uint8Array, start: number, end: number, count: number): void {
    const run = { bytes, start, end, count, baseOffset: 0, baseTimestamp: 0 };
    const cursor = new RecordCursor({ ...run, logAppendTime: undefined });
    this.hasNullKey = false;
    this.timestampDeltaMax = -Infinity;
    this.timestampDeltaMin = Infinity;
    try {
      while (cursor.next()) {
        if (cursor.offsetDelta !== cursor.index) {
          this.wellFormed = false;
          return;
        }
        if (cursor.keyLength < 0) this.hasNullKey = true;
        const delta = cursor.timestampDelta;
        if (delta > this.timestampDeltaMax) this.timestampDeltaMax = delta;
        if (delta < this.timestampDeltaMin) this.timestampDeltaMin = delta;
      }
      this.wellFormed = true;
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error;
      this.wellFormed = false;
    }
  }
}
