/** The bounds of a {@link Suspicion}. */
export interface SuspicionTerms {
  /** Confirmations by others after which it lasts the shortest. */
  readonly confirmations: number;
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * A suspicion that a member has failed. It lasts long when only one member holds it, who may be the
 * one that is ill, and gets shorter with each other member that comes to it by itself (Lifeguard,
 * section 4.2, LHA-Suspicion).
 */
export class Suspicion {
  readonly #terms: SuspicionTerms;
  readonly #accusers: Set<string>;
  #startMs: number;

  constructor(accuser: string, terms: SuspicionTerms, startMs: number) {
    this.#terms = terms;
    this.#accusers = new Set([accuser]);
    this.#startMs = startMs;
  }

  /** When the suspect is taken for failed. */
  get deadlineMs(): number {
    return this.#startMs + suspicionMs(this.#terms, this.#accusers.size - 1);
  }

  /** True when that is news: an accuser that was not heard yet, while more are wanted. */
  confirm(accuser: string): boolean {
    if (this.#accusers.size > this.#terms.confirmations || this.#accusers.has(accuser)) {
      return false;
    }
    this.#accusers.add(accuser);
    return true;
  }

  /** Gives the suspect time in which we could not have heard it. */
  postpone(ms: number): void {
    this.#startMs += ms;
  }
}

/** From the longest, alone, to the shortest by the logarithm of those who share the suspicion. */
export function suspicionMs(terms: SuspicionTerms, confirmed: number): number {
  const { confirmations, minMs, maxMs } = terms;
  if (confirmations < 1) return minMs;
  const share = Math.log(confirmed + 1) / Math.log(confirmations + 1);
  return Math.max(minMs, maxMs - share * (maxMs - minMs));
}
