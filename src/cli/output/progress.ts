import type { Clock } from "../../io/clock.ts";

const INTERVAL_MS = 200;
const CLEAR_LINE = "\r\x1b[K";

/** What shows progress: a line on standard error, and whether anybody sees it. */
export interface ProgressTarget {
  readonly clock: Clock;
  readonly process: { writeError(text: string): void };
  readonly surroundings: { readonly showsErrors: boolean };
}

/** A line that tells how far long work has come, on a terminal alone. */
export class Progress {
  readonly #target: ProgressTarget;
  readonly #isShown: boolean;
  #nextMs: number;

  constructor(target: ProgressTarget) {
    this.#target = target;
    this.#isShown = target.surroundings.showsErrors;
    this.#nextMs = target.clock.monotonicMs() + INTERVAL_MS;
  }

  /** Replaces the line, a few times a second at most. */
  show(text: () => string): void {
    if (!this.#isShown) return;
    const nowMs = this.#target.clock.monotonicMs();
    if (nowMs < this.#nextMs) return;
    this.#nextMs = nowMs + INTERVAL_MS;
    this.#target.process.writeError(`${CLEAR_LINE}${text()}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isShown) this.#target.process.writeError(CLEAR_LINE);
  }
}
