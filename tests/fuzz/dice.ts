/** Random choices that a seed repeats. sfc32 by Chris Doty-Humphrey (PractRand). */
export class Dice {
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  /** Two seeds that differ in either number give unrelated sequences. */
  constructor(seed: number, index: number) {
    this.#a = seed | 0;
    this.#b = Math.floor(index / 2 ** 32) | 0;
    this.#c = index | 0;
    for (let i = 0; i < 12; i++) this.next();
  }

  /** 0 to 2^32-1. */
  next(): number {
    const t = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) | 0;
    return t >>> 0;
  }

  /** 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.next() / 2 ** 32 * bound);
  }

  /** `min` to `max`, both included. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }

  /** True once in `times` on average. */
  oneIn(times: number): boolean {
    return this.below(times) === 0;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.next();
    return bytes;
  }
}
