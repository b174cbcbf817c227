/**
 * The random choices of the gossip, from one seed: the same seed and the same events give the same
 * effects. The generator is xorshift128 (Marsaglia, 2003), good for choosing and not for secrets.
 */
export class Choices {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** @param seed four words of any bits */
  constructor(seed: readonly [number, number, number, number]) {
    [this.#a, this.#b, this.#c, this.#d] = seed;
    // All zeros is the one state that the generator never leaves.
    if ((this.#a | this.#b | this.#c | this.#d) === 0) this.#a = 1;
  }

  /** A uint32. */
  word(): number {
    let t = this.#a;
    const d = this.#d;
    this.#a = this.#b;
    this.#b = this.#c;
    this.#c = d;
    t ^= t << 11;
    t ^= t >>> 8;
    this.#d = t ^ d ^ (d >>> 19);
    return this.#d >>> 0;
  }

  /** A number of 0 to 1, 1 left out. */
  fraction(): number {
    return this.word() / 2 ** 32;
  }

  /** An integer of 0 to `limit`, `limit` left out; 0 when `limit` is. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  /** Reorders `list` in place (Fisher and Yates). */
  shuffle(list: unknown[]): void {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [list[i], list[j]] = [list[j], list[i]];
    }
  }

  /** Up to `count` different elements of `list`, in random order. */
  sample<T>(list: readonly T[], count: number): T[] {
    const copy = [...list];
    this.shuffle(copy);
    return copy.slice(0, count);
  }
}
