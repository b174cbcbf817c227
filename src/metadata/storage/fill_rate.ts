/** How fast something grows, smoothed: what happened a while ago counts ever less. Pure. */
export class FillRate {
  #bytesPerSecond = 0;
  #lastMs: number | undefined;

  /** @param memoryMs after it, two thirds of what is told comes from later */
  constructor(private readonly memoryMs: number) {}

  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** Takes what was added since the call before, at monotonic `nowMs`. */
  update(addedBytes: number, nowMs: number): number {
    const beforeMs = this.#lastMs;
    this.#lastMs = nowMs;
    if (beforeMs === undefined || nowMs <= beforeMs) {
      // Nothing can be told of no time at all; what was added counts with the next call.
      if (beforeMs !== undefined) this.#carriedBytes += addedBytes;
      return this.#bytesPerSecond;
    }
    const elapsedMs = nowMs - beforeMs;
    const rate = (addedBytes + this.#carriedBytes) / elapsedMs * 1000;
    this.#carriedBytes = 0;
    const weight = 1 - Math.exp(-elapsedMs / this.memoryMs);
    this.#bytesPerSecond += weight * (rate - this.#bytesPerSecond);
    return this.#bytesPerSecond;
  }

  #carriedBytes = 0;
}
