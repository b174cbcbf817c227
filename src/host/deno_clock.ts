import type { Clock, Timer } from "../io/clock.ts";

/** The longest delay that `setTimeout` takes; a longer one would fire at once. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/** The machine's clock. */
export class DenoClock implements Clock {
  wallMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  schedule(delayMs: number, callback: () => void): Timer {
    return delayMs <= TIMEOUT_MS_MAX
      ? new Timeout(Math.max(0, delayMs), callback)
      : new LongTimeout(delayMs, callback);
  }
}

class Timeout implements Timer {
  readonly #id: ReturnType<typeof setTimeout>;

  constructor(delayMs: number, callback: () => void) {
    this.#id = setTimeout(callback, delayMs);
  }

  cancel(): void {
    clearTimeout(this.#id);
  }
}

/** Counts down in steps of {@link TIMEOUT_MS_MAX}: retention of a month is longer than one. */
class LongTimeout implements Timer {
  #id: ReturnType<typeof setTimeout>;
  #remainingMs: number;
  readonly #callback: () => void;

  constructor(delayMs: number, callback: () => void) {
    this.#remainingMs = delayMs;
    this.#callback = callback;
    this.#id = this.#step();
  }

  cancel(): void {
    clearTimeout(this.#id);
  }

  #step(): ReturnType<typeof setTimeout> {
    const stepMs = Math.min(this.#remainingMs, TIMEOUT_MS_MAX);
    this.#remainingMs -= stepMs;
    return setTimeout(() => {
      if (this.#remainingMs <= 0) this.#callback();
      else this.#id = this.#step();
    }, stepMs);
  }
}
