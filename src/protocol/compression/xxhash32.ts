import { load32 } from "./matches.ts";

const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;

function rotate(value: number, bits: number): number {
  return value << bits | value >>> (32 - bits);
}

function round(accumulator: number, word: number): number {
  return Math.imul(rotate(accumulator + Math.imul(word, PRIME_2) | 0, 13), PRIME_1);
}

/** xxHash32 with seed 0 of `bytes` from `start` up to `end`, a uint32 (xxHash specification 0.1.1). */
export function xxhash32(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let at = start;
  let hash = PRIME_5;
  if (end - start >= 16) {
    let v1 = PRIME_1 + PRIME_2 | 0;
    let v2 = PRIME_2 | 0;
    let v3 = 0;
    let v4 = -PRIME_1 | 0;
    for (; at <= end - 16; at += 16) {
      v1 = round(v1, load32(bytes, at));
      v2 = round(v2, load32(bytes, at + 4));
      v3 = round(v3, load32(bytes, at + 8));
      v4 = round(v4, load32(bytes, at + 12));
    }
    hash = rotate(v1, 1) + rotate(v2, 7) + rotate(v3, 12) + rotate(v4, 18) | 0;
  }
  hash = hash + (end - start) | 0;
  for (; at <= end - 4; at += 4) {
    hash = Math.imul(rotate(hash + Math.imul(load32(bytes, at), PRIME_3) | 0, 17), PRIME_4);
  }
  for (; at < end; at++) {
    hash = Math.imul(rotate(hash + Math.imul(bytes[at]!, PRIME_5) | 0, 11), PRIME_1);
  }
  hash = Math.imul(hash ^ hash >>> 15, PRIME_2);
  hash = Math.imul(hash ^ hash >>> 13, PRIME_3);
  return (hash ^ hash >>> 16) >>> 0;
}
