import type { Random } from "../io/random.ts";

/** What one call of `getRandomValues` gives at most (Web Cryptography API, section 10.1.1). */
const BYTES_PER_CALL_MAX = 65_536;

/** The system's cryptographic random numbers. */
export class DenoRandom implements Random {
  fill(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += BYTES_PER_CALL_MAX) {
      crypto.getRandomValues(
        bytes.subarray(at, at + BYTES_PER_CALL_MAX) as Uint8Array<ArrayBuffer>,
      );
    }
  }
}
