import type { QuotaLimit, QuotaLimits } from "./quota_limits.ts";
import { type RateWindows, WindowedRate } from "./windowed_rate.ts";

/** Client ids are made up by clients: no more of them are kept apart, the oldest are forgotten. */
const RATES_MAX = 10_000;

/** Limits on a rate, and how far those that they limit have used them up. */
export class RateQuota {
  readonly #rates = new Map<string, WindowedRate>();

  constructor(private readonly windows: RateWindows, private limits: QuotaLimits) {}

  get isActive(): boolean {
    return !this.limits.isEmpty;
  }

  /** Other limits from now on. What was used up stays used up. */
  replaceLimits(limits: QuotaLimits): void {
    this.limits = limits;
    if (limits.isEmpty) this.#rates.clear();
  }

  limitOf(user: string, clientId: string): QuotaLimit | undefined {
    return this.limits.isEmpty ? undefined : this.limits.ofClient(user, clientId);
  }

  limitOfAddress(ip: string): QuotaLimit | undefined {
    return this.limits.isEmpty ? undefined : this.limits.ofAddress(ip);
  }

  /**
   * Counts `units`, which may be negative to take back what was counted.
   *
   * @returns whole milliseconds after which the rate is back at the limit; 0 when it is not above
   */
  record({ value, sharedBy }: QuotaLimit, units: number, nowMs: number): number {
    const rate = this.#rateOf(sharedBy);
    rate.record(units, nowMs);
    const excess = rate.perSecond(nowMs) - value;
    return excess <= 0 ? 0 : Math.round(excess / value * rate.spanMs(nowMs));
  }

  /** What a client that was idle may use at once without being above its limit. */
  burstOf({ value }: QuotaLimit): number {
    const { count, lengthMs } = this.windows;
    return value * Math.max(1, count - 1) * lengthMs / 1000;
  }

  #rateOf(sharedBy: string): WindowedRate {
    let rate = this.#rates.get(sharedBy);
    if (rate === undefined) {
      if (this.#rates.size >= RATES_MAX) this.#rates.delete(this.#rates.keys().next().value!);
      this.#rates.set(sharedBy, rate = new WindowedRate(this.windows));
    }
    return rate;
  }
}
