import type { PartitionPermits } from "../../metadata/partition_permits.ts";
import type { QuotaLimit, QuotaLimits } from "./quota_limits.ts";
import { TokenBucket } from "./token_bucket.ts";
import type { RateWindows } from "./windowed_rate.ts";

const BUCKETS_MAX = 10_000;

/** `controller_mutation_rate`: partitions that clients may create and delete per second (KIP-599). */
export class MutationQuota {
  readonly #buckets = new Map<string, TokenBucket>();

  /** @param windows their whole length is what a bucket takes to fill */
  constructor(private readonly windows: RateWindows, private limits: QuotaLimits) {}

  /** Other limits from now on. */
  replaceLimits(limits: QuotaLimits): void {
    this.limits = limits;
    if (limits.isEmpty) this.#buckets.clear();
  }

  /**
   * What one request may do.
   *
   * @param isStrict whether the client understands a refusal; one that does not may do all that it
   *   asks for, and waits afterwards
   */
  permits(user: string, clientId: string, isStrict: boolean, nowMs: () => number): RequestPermits {
    const limit = this.limits.isEmpty ? undefined : this.limits.ofClient(user, clientId);
    if (limit === undefined) return UNLIMITED;
    return new LimitedPermits(this.#bucketOf(limit.sharedBy), limit, isStrict, nowMs);
  }

  #bucketOf(sharedBy: string): TokenBucket {
    let bucket = this.#buckets.get(sharedBy);
    if (bucket === undefined) {
      if (this.#buckets.size >= BUCKETS_MAX) {
        this.#buckets.delete(this.#buckets.keys().next().value!);
      }
      bucket = new TokenBucket(this.windows.count * this.windows.lengthMs);
      this.#buckets.set(sharedBy, bucket);
    }
    return bucket;
  }
}

/** The permits of one request. */
export interface RequestPermits extends PartitionPermits {
  /** How long the client is to wait after the request, in whole milliseconds. */
  readonly throttleMs: number;
}

const UNLIMITED: RequestPermits = { throttleMs: 0, take: () => true };

class LimitedPermits implements RequestPermits {
  throttleMs = 0;

  constructor(
    private readonly bucket: TokenBucket,
    private readonly limit: QuotaLimit,
    private readonly isStrict: boolean,
    private readonly nowMs: () => number,
  ) {}

  take(partitions: number): boolean {
    const { value } = this.limit;
    const nowMs = this.nowMs();
    if (this.isStrict) {
      this.throttleMs = this.bucket.debtMs(value, nowMs);
      if (this.throttleMs > 0) return false;
      this.bucket.take(partitions, value, nowMs);
      return true;
    }
    this.bucket.take(partitions, value, nowMs);
    this.throttleMs = this.bucket.debtMs(value, nowMs);
    return true;
  }
}
