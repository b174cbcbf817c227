import type { Clock, Timer } from "../io/clock.ts";

const SAMPLE_INTERVAL_MS = 100;

/**
 * How late timers run: the time that work, or a garbage collection, kept the event loop from
 * turning. Sampled by a timer; a stall shorter than the interval may go unseen in part.
 */
export class EventLoopLag {
  #timer: Timer | undefined;
  #lastMs = 0;
  #maxMs = 0;

  constructor(readonly clock: Clock, readonly intervalMs = SAMPLE_INTERVAL_MS) {}

  start(): void {
    this.stop();
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  /** Of the newest sample, in milliseconds. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** The largest since the last call, in milliseconds. */
  takeMaxMs(): number {
    const maxMs = this.#maxMs;
    this.#maxMs = 0;
    return maxMs;
  }

  #arm(): void {
    const dueMs = this.clock.monotonicMs() + this.intervalMs;
    this.#timer = this.clock.schedule(this.intervalMs, () => {
      this.#lastMs = Math.max(0, this.clock.monotonicMs() - dueMs);
      if (this.#lastMs > this.#maxMs) this.#maxMs = this.#lastMs;
      this.#arm();
    });
  }
}
