/** Counters that are told apart behind the highest one: so far may a packet overtake others. */
const WINDOW = 1024;

/**
 * Which counters of one sender have been seen. Each is accepted once; one that is more than
 * {@link WINDOW} behind the highest is not accepted at all (as in RFC 4303, section 3.4.3).
 */
export class ReplayWindow {
  readonly #seen = new Uint32Array(WINDOW / 32);
  #highest = -1;

  /** True, once, for a counter that is new. */
  accept(counter: number): boolean {
    if (counter > this.#highest) {
      this.#advance(counter);
      return true;
    }
    if (this.#highest - counter >= WINDOW) return false;
    const word = (counter % WINDOW) >>> 5;
    const bit = 1 << (counter & 31);
    if ((this.#seen[word]! & bit) !== 0) return false;
    this.#seen[word]! |= bit;
    return true;
  }

  #advance(counter: number): void {
    // The places between the old highest and the new one belong to counters that were not seen.
    const steps = Math.min(counter - this.#highest, WINDOW);
    for (let i = 0; i < steps; i++) {
      const place = (counter - i) % WINDOW;
      this.#seen[place >>> 5]! &= ~(1 << (place & 31));
    }
    this.#seen[(counter % WINDOW) >>> 5]! |= 1 << (counter & 31);
    this.#highest = counter;
  }
}
