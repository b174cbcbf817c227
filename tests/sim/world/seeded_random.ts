import type { Random } from "../../../src/io/random.ts";

/**
 * Numbers that one seed decides (sfc32 by Chris Doty-Humphrey). Streams that are forked by name are
 * independent of each other, so that one more draw here does not change what happens there.
 */
export class SeededRandom implements Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;
  readonly #seed: number;

  constructor(seed: number, label = "") {
    this.#seed = mixed(seed, label);
    this.#a = this.#seed;
    this.#b = Math.imul(this.#seed, 0x9e3779b1) | 0;
    this.#c = Math.imul(this.#seed ^ 0x85ebca6b, 0xc2b2ae35) | 0;
    for (let i = 0; i < 12; i++) this.uint32();
  }

  /** A stream of its own for `label`; the same for the same seed and label. */
  fork(label: string): SeededRandom {
    return new SeededRandom(this.#seed, label);
  }

  uint32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    return this.uint32() / 2 ** 32;
  }

  /** A whole number in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** In [from, to). */
  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }

  /** Exponentially distributed, as the time between independent events is. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.next());
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.uint32() >>> 24;
  }
}

/** FNV-1a over the label, begun with the seed. */
function mixed(seed: number, label: string): number {
  let hash = (seed ^ 0x811c9dc5) | 0;
  for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 15)) | 0;
}
