import type { Clock } from "../../io/clock.ts";
import { type RateWindows, WindowedRate } from "../quotas/windowed_rate.ts";

/** A cap on the bytes that throttled replicas cost, one for those led here and one for the others. */
export class ReplicationThrottle {
  readonly #rate: WindowedRate;

  /** @param bytesPerSecond what is allowed now; Infinity for all */
  constructor(
    private readonly clock: Clock,
    private readonly windows: RateWindows,
    private readonly bytesPerSecond: () => number,
  ) {
    this.#rate = new WindowedRate(windows);
  }

  /** Notes bytes of record batches of throttled replicas. */
  record(bytes: number): void {
    if (bytes > 0) this.#rate.record(bytes, this.clock.monotonicMs());
  }

  /** Nothing more of throttled replicas that lag is to be sent, or asked for, now. */
  get isExceeded(): boolean {
    const limit = this.bytesPerSecond();
    return limit !== Infinity && this.#rate.perSecond(this.clock.monotonicMs()) > limit;
  }

  /** After so long the rate may be below the limit again. */
  get retryMs(): number {
    return this.windows.lengthMs;
  }
}
