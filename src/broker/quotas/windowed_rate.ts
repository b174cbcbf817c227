/** How finely a rate is measured. */
export interface RateWindows {
  /** Windows that a rate is taken over, the current one included: `quota.window.num`. */
  readonly count: number;
  /** Length of a window: `quota.window.size.seconds`. */
  readonly lengthMs: number;
}

/**
 * Units per second over the last few windows, as Kafka's `Rate` measures them: what came before the
 * current window counts in steps of a window, and a rate that has just begun is taken as if it had
 * been going on for all windows but one, so that a first burst is no breach.
 */
export class WindowedRate {
  /** Units by window, a ring; the window of number n stands at n modulo the count. */
  readonly #units: Float64Array;
  /** When each window of the ring began; -Infinity for one that was never used. */
  readonly #startMs: Float64Array;
  #current = 0;

  constructor(private readonly windows: RateWindows) {
    this.#units = new Float64Array(windows.count);
    this.#startMs = new Float64Array(windows.count).fill(-Infinity);
  }

  record(units: number, nowMs: number): void {
    const started = this.#startMs[this.#current]!;
    if (nowMs - started >= this.windows.lengthMs) {
      this.#current = (this.#current + 1) % this.windows.count;
      this.#startMs[this.#current] = nowMs;
      this.#units[this.#current] = 0;
    }
    this.#units[this.#current]! += units;
  }

  /** Units per second. */
  perSecond(nowMs: number): number {
    const expiredMs = nowMs - this.windows.count * this.windows.lengthMs;
    let total = 0;
    for (let i = 0; i < this.#units.length; i++) {
      if (this.#startMs[i]! > expiredMs) total += this.#units[i]!;
    }
    return total * 1000 / this.spanMs(nowMs);
  }

  /** The time that {@link perSecond} is taken over. */
  spanMs(nowMs: number): number {
    const { count, lengthMs } = this.windows;
    const expiredMs = nowMs - count * lengthMs;
    let oldestMs = nowMs;
    for (const startMs of this.#startMs) {
      if (startMs > expiredMs && startMs < oldestMs) oldestMs = startMs;
    }
    let elapsedMs = nowMs - oldestMs;
    const missing = count - 1 - Math.floor(elapsedMs / lengthMs);
    if (missing > 0) elapsedMs += missing * lengthMs;
    return Math.max(elapsedMs, lengthMs);
  }
}
