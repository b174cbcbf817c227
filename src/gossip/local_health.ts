/**
 * How far this member can trust its own observations (Lifeguard, section 4.1). 0 is well; each step
 * above stretches the times of its probes, so that a member which is slow itself does not accuse
 * others.
 */
export class LocalHealth {
  #score = 0;

  /** @param steps the number of different scores */
  constructor(private readonly steps: number) {}

  get score(): number {
    return this.#score;
  }

  /** A probe was answered: better by one; something pointed at us: worse by `delta`. */
  adjust(delta: number): void {
    this.#score = Math.min(Math.max(this.#score + delta, 0), this.steps - 1);
  }

  /** `ms`, stretched by what the health is worth. */
  stretch(ms: number): number {
    return ms * (this.#score + 1);
  }
}
