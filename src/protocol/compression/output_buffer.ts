import { tooLarge } from "./codec.ts";

/** Decompressed bytes of unknown number: grows by doubling, up to a limit. */
export class OutputBuffer {
  bytes: Uint8Array<ArrayBuffer>;
  /** How many of `bytes` are filled. */
  length = 0;

  constructor(readonly bytesMax: number, bytesExpected: number) {
    this.bytes = new Uint8Array(Math.min(bytesMax, bytesExpected));
  }

  /**
   * Makes room for `count` more bytes.
   * @throws {CompressionError} when the limit doesn't allow them
   */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    if (needed > this.bytesMax) throw tooLarge(this.bytesMax);
    const grown = new Uint8Array(Math.min(this.bytesMax, Math.max(needed, 2 * this.bytes.length)));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** What was filled, without a copy. */
  filled(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}
