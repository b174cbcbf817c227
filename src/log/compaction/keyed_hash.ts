/** Words of a {@link KeyedHash}'s secret, and of its result. */
export const HASH_WORDS = 4;

const FINAL_ROUNDS = 4;

/**
 * A keyed hash of 128 bits: the round of HalfSipHash (Aumasson and Bernstein, "SipHash", 2012; the
 * variant of 32-bit words), one for each word of the message as SipHash-1-3 has it, on a state of
 * 128 secret bits that is given out whole.
 *
 * Two of n keys collide by chance with probability n²/2^129: below 10^-20 for a thousand million.
 * Who chooses keys can't do better, since the secret is drawn anew for each cleaning and no hash
 * ever leaves it. A hash without secret, such as MD5, lets a producer prepare two keys of which
 * compaction would lose one.
 */
export class KeyedHash {
  /** The result of the last {@link digest}. */
  readonly words = new Int32Array(HASH_WORDS);
  readonly #secret: Int32Array;

  /** @param secret {@link HASH_WORDS} random words */
  constructor(secret: ArrayLike<number>) {
    this.#secret = Int32Array.from(secret);
  }

  /** Hashes the bytes from `start` up to `end` into {@link words}. */
  digest(bytes: Uint8Array, start: number, end: number): void {
    const secret = this.#secret;
    let v0 = secret[0]!;
    let v1 = secret[1]!;
    let v2 = secret[2]!;
    let v3 = secret[3]!;
    const wordsEnd = start + ((end - start) & ~3);
    // The rounds are written out: as a function they would have four results.
    for (let i = start; i <= wordsEnd; i += 4) {
      const word = i < wordsEnd
        ? bytes[i]! | bytes[i + 1]! << 8 | bytes[i + 2]! << 16 | bytes[i + 3]! << 24
        : lastWord(bytes, i, end, start);
      v3 ^= word;
      v0 = v0 + v1 | 0;
      v1 = (v1 << 5 | v1 >>> 27) ^ v0;
      v0 = v0 << 16 | v0 >>> 16;
      v2 = v2 + v3 | 0;
      v3 = (v3 << 8 | v3 >>> 24) ^ v2;
      v0 = v0 + v3 | 0;
      v3 = (v3 << 7 | v3 >>> 25) ^ v0;
      v2 = v2 + v1 | 0;
      v1 = (v1 << 13 | v1 >>> 19) ^ v2;
      v2 = v2 << 16 | v2 >>> 16;
      v0 ^= word;
    }
    v2 ^= 0xff;
    for (let round = 0; round < FINAL_ROUNDS; round++) {
      v0 = v0 + v1 | 0;
      v1 = (v1 << 5 | v1 >>> 27) ^ v0;
      v0 = v0 << 16 | v0 >>> 16;
      v2 = v2 + v3 | 0;
      v3 = (v3 << 8 | v3 >>> 24) ^ v2;
      v0 = v0 + v3 | 0;
      v3 = (v3 << 7 | v3 >>> 25) ^ v0;
      v2 = v2 + v1 | 0;
      v1 = (v1 << 13 | v1 >>> 19) ^ v2;
      v2 = v2 << 16 | v2 >>> 16;
    }
    const { words } = this;
    words[0] = v0;
    words[1] = v1;
    words[2] = v2;
    words[3] = v3;
  }
}

/** The bytes that fill no word, and the length of the message above them. */
function lastWord(bytes: Uint8Array, at: number, end: number, start: number): number {
  let word = (end - start) << 24;
  switch (end - at) {
    case 3:
      word |= bytes[at + 2]! << 16 | bytes[at + 1]! << 8 | bytes[at]!;
      break;
    case 2:
      word |= bytes[at + 1]! << 8 | bytes[at]!;
      break;
    case 1:
      word |= bytes[at]!;
      break;
  }
  return word;
}
