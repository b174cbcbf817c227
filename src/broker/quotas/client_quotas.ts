import type { Clock } from "../../io/clock.ts";
import { QuotaKey } from "../../metadata/client_quotas.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import type { MetadataRecord } from "../../metadata/records.ts";
import { MutationQuota, type RequestPermits } from "./mutation_quota.ts";
import { QuotaLimits } from "./quota_limits.ts";
import { RateQuota } from "./rate_quota.ts";
import { type RateWindows, WindowedRate } from "./windowed_rate.ts";

/** Who every client is as long as no listener asks for authentication. */
const ANONYMOUS = "ANONYMOUS";
/** Units of `request_percentage` in a millisecond of work: a second of it is 100 % for a second. */
const PERCENT_SECONDS_PER_MS = 100 / 1000;

/** What {@link ClientQuotas} works with. */
export interface ClientQuotasOptions {
  readonly clock: Clock;
  readonly image: ClusterImage;
  /** `quota.window.num` and `quota.window.size.seconds`. */
  readonly windows: RateWindows;
  /** `controller.quota.window.num` and `controller.quota.window.size.seconds`. */
  readonly mutationWindows: RateWindows;
  /** `max.connection.creation.rate`, as it is now. */
  readonly connectionRateMax: () => number;
}

/**
 * The quotas of clients: how far each has used up what it may, and for how long it is to be muted.
 * All times that are returned are whole milliseconds, 0 for a client that keeps to its limits.
 */
export class ClientQuotas {
  readonly #options: ClientQuotasOptions;
  readonly #produce: RateQuota;
  readonly #fetch: RateQuota;
  readonly #request: RateQuota;
  readonly #connections: RateQuota;
  readonly #mutations: MutationQuota;
  /** Connections from all addresses. */
  readonly #accepted: WindowedRate;
  #isActive = false;

  constructor(options: ClientQuotasOptions) {
    this.#options = options;
    const { windows, mutationWindows } = options;
    const rateQuota = (key: string) => new RateQuota(windows, this.#limits(key));
    this.#produce = rateQuota(QuotaKey.PRODUCER_BYTE_RATE);
    this.#fetch = rateQuota(QuotaKey.CONSUMER_BYTE_RATE);
    this.#request = rateQuota(QuotaKey.REQUEST_PERCENTAGE);
    this.#connections = rateQuota(QuotaKey.CONNECTION_CREATION_RATE);
    const mutationLimits = this.#limits(QuotaKey.CONTROLLER_MUTATION_RATE);
    this.#mutations = new MutationQuota(mutationWindows, mutationLimits);
    this.#accepted = new WindowedRate(windows);
    this.#judgeActivity();
  }

  /** Whether any client's requests are limited at all. */
  get isActive(): boolean {
    return this.#isActive;
  }

  /** Takes over what committed records have changed. The image has it already. */
  apply(records: readonly MetadataRecord[]): void {
    if (!records.some(({ type }) => type === "ClientQuotaRecord")) return;
    this.#produce.replaceLimits(this.#limits(QuotaKey.PRODUCER_BYTE_RATE));
    this.#fetch.replaceLimits(this.#limits(QuotaKey.CONSUMER_BYTE_RATE));
    this.#request.replaceLimits(this.#limits(QuotaKey.REQUEST_PERCENTAGE));
    this.#connections.replaceLimits(this.#limits(QuotaKey.CONNECTION_CREATION_RATE));
    this.#mutations.replaceLimits(this.#limits(QuotaKey.CONTROLLER_MUTATION_RATE));
    this.#judgeActivity();
  }

  /** Counts a Produce request. */
  produced(clientId: string, requestBytes: number): number {
    const limit = this.#produce.limitOf(ANONYMOUS, clientId);
    return limit === undefined ? 0 : this.#produce.record(limit, requestBytes, this.#nowMs());
  }

  /** Counts the time that the broker was busy with a request. At most one window is muted for. */
  worked(clientId: string, busyMs: number): number {
    const limit = this.#request.limitOf(ANONYMOUS, clientId);
    if (limit === undefined) return 0;
    const units = busyMs * PERCENT_SECONDS_PER_MS;
    const throttleMs = this.#request.record(limit, units, this.#nowMs());
    return Math.min(throttleMs, this.#options.windows.lengthMs);
  }

  /**
   * Counts a Fetch that would return `bytes` of records. When the client has to wait, they must
   * not be sent, and don't count. A batch that is larger than the quota ever allows is sent to a
   * client that has been idle long enough, since it would otherwise never get past it.
   */
  fetched(clientId: string, bytes: number, busyMs: number): number {
    const requestMs = this.worked(clientId, busyMs);
    const limit = this.#fetch.limitOf(ANONYMOUS, clientId);
    if (limit === undefined) return requestMs;
    const nowMs = this.#nowMs();
    const isIdle = requestMs === 0 && this.#fetch.record(limit, 0, nowMs) === 0;
    const throttleMs = Math.max(requestMs, this.#fetch.record(limit, bytes, nowMs));
    if (isIdle && bytes > this.#fetch.burstOf(limit)) return 0;
    if (throttleMs > 0) this.#fetch.record(limit, -bytes, nowMs);
    return throttleMs;
  }

  /** What one Fetch may return: more would never be within the limit. */
  fetchBytesMax(clientId: string): number {
    const limit = this.#fetch.limitOf(ANONYMOUS, clientId);
    return limit === undefined ? Infinity : this.#fetch.burstOf(limit);
  }

  /** What a request that makes or removes partitions may do; see {@link MutationQuota.permits}. */
  partitionPermits(clientId: string, isStrict: boolean): RequestPermits {
    return this.#mutations.permits(ANONYMOUS, clientId, isStrict, () => this.#nowMs());
  }

  /**
   * Counts a connection from an address. One that comes too early doesn't count, and is to be
   * closed when the time is over.
   */
  connected(ip: string): number {
    const limit = this.#connections.limitOfAddress(ip);
    if (limit === undefined) return 0;
    const nowMs = this.#nowMs();
    const delayMs = this.#connections.record(limit, 1, nowMs);
    if (delayMs > 0) this.#connections.record(limit, -1, nowMs);
    return delayMs;
  }

  /**
   * Counts a connection from anywhere against `max.connection.creation.rate`.
   * @returns for how long no more are to be accepted; a window at most, as Kafka bounds it
   */
  accepted(): number {
    const nowMs = this.#nowMs();
    this.#accepted.record(1, nowMs);
    const max = this.#options.connectionRateMax();
    const excess = this.#accepted.perSecond(nowMs) - max;
    if (excess <= 0) return 0;
    const delayMs = Math.round(excess / max * this.#accepted.spanMs(nowMs));
    return Math.min(delayMs, this.#options.windows.lengthMs);
  }

  #limits(key: string): QuotaLimits {
    return new QuotaLimits(this.#options.image.security.quotas(), key);
  }

  #judgeActivity(): void {
    this.#isActive = this.#produce.isActive || this.#fetch.isActive || this.#request.isActive;
  }

  #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }
}
