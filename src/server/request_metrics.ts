import type { Route } from "../handlers/route.ts";

/** Upper bounds of the buckets of a {@link LatencyHistogram}, in milliseconds; a last is open. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  25,
  50,
  100,
  250,
  500,
  1_000,
  2_500,
  5_000,
  10_000,
  30_000,
];

/** Counts durations in fixed buckets. */
export class LatencyHistogram {
  /** How many fell into each bucket alone (not those below it); one more than the bounds. */
  readonly counts = new Float64Array(LATENCY_BOUNDS_MS.length + 1);
  count = 0;
  sumMs = 0;

  record(durationMs: number): void {
    this.count++;
    this.sumMs += durationMs;
    let bucket = 0;
    while (bucket < LATENCY_BOUNDS_MS.length && durationMs > LATENCY_BOUNDS_MS[bucket]!) bucket++;
    this.counts[bucket]!++;
  }
}

/** What was asked of one API. */
export class ApiMetrics {
  /** Requests by version, from version 0 on. */
  readonly requestsByVersion: Float64Array;
  /** Handlers that threw, answers that could not be encoded. */
  failures = 0;
  requestBytes = 0;
  responseBytes = 0;
  /** From the arrival of the last byte to the reply's place in the output. */
  readonly latency = new LatencyHistogram();

  constructor(readonly apiKey: number, readonly apiName: string, versionMax: number) {
    this.requestsByVersion = new Float64Array(versionMax + 1);
  }
}

/** What a server counts. Plain numbers that only grow, unless said otherwise. */
export class ServerMetrics {
  /** Gauge. */
  connectionsOpen = 0;
  connectionsAccepted = 0;
  /** Closed at once because of a limit. */
  connectionsRefused = 0;
  /** Closed because of idleness, a slow request, or a peer that does not read. */
  connectionsTimedOut = 0;
  /** Closed because of bytes that are no request. */
  connectionsMalformed = 0;
  acceptErrors = 0;
  bytesIn = 0;
  bytesOut = 0;
  readonly #apis = new Map<number, ApiMetrics>();

  /** The metrics of the route's API; made at the first call. */
  forRoute(route: Route): ApiMetrics {
    const { key, name } = route.api;
    let metrics = this.#apis.get(key);
    if (metrics === undefined) {
      metrics = new ApiMetrics(key, name, route.versions.max);
      this.#apis.set(key, metrics);
    }
    return metrics;
  }

  /** By API key, in no particular order. */
  apis(): IterableIterator<ApiMetrics> {
    return this.#apis.values();
  }
}
