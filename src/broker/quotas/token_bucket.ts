/**
 * Tokens that come in at a steady rate and are taken in lots, as Kafka's `TokenBucket` has them
 * (KIP-599). A lot may take more than there is: the debt is what others have to wait for.
 */
export class TokenBucket {
  #tokens: number | undefined;
  #updatedMs = 0;

  /** @param burstMs so long a bucket takes to fill, and so much may be taken at once */
  constructor(private readonly burstMs: number) {}

  take(tokens: number, perSecond: number, nowMs: number): void {
    this.#tokens = this.available(perSecond, nowMs) - tokens;
    this.#updatedMs = nowMs;
  }

  /** Tokens that are there; below 0 is debt. A bucket that was never used is full. */
  available(perSecond: number, nowMs: number): number {
    const fullAt = perSecond * this.burstMs / 1000;
    if (this.#tokens === undefined) return fullAt;
    const added = perSecond * (nowMs - this.#updatedMs) / 1000;
    return Math.min(fullAt, this.#tokens + added);
  }

  /** How long until the debt is paid; 0 without one. Whole milliseconds, up. */
  debtMs(perSecond: number, nowMs: number): number {
    const available = this.available(perSecond, nowMs);
    return available >= 0 ? 0 : Math.ceil(-available / perSecond * 1000);
  }
}
