import type { Uuid } from "../../base/uuid.ts";
import type { Clock } from "../../io/clock.ts";
import type { ClientAttributes } from "./client_subscription.ts";
import type { ClientMetricPoint } from "./otlp_metrics.ts";

/** The newest value of one metric of one client. */
export interface ClientSeries {
  readonly name: string;
  readonly kind: ClientMetricPoint["kind"];
  readonly attributes: ReadonlyMap<string, string>;
  /** Of a sum, the whole, also where the client pushes increases. */
  value: number;
}

/** One client and what it has told. */
export interface PushingClient {
  readonly instanceId: Uuid;
  readonly clientId: string;
  readonly softwareName: string;
  readonly softwareVersion: string;
  readonly series: ReadonlyMap<string, ClientSeries>;
}

interface Held extends PushingClient {
  readonly series: Map<string, ClientSeries>;
  /** Monotonic; what is not renewed by then is stale. */
  staleAtMs: number;
}

/** Bounds of what clients can make the broker keep. */
const CLIENTS_MAX = 1000;
const SERIES_OF_CLIENT_MAX = 1000;
/** A client that skipped so many pushes is taken to be gone. */
const MISSED_PUSHES = 3;

/** What clients have pushed, until it is stale. */
export class PushedMetrics {
  /** In the order of their last push, the oldest first. */
  readonly #clients = new Map<Uuid, Held>();

  constructor(private readonly clock: Clock) {}

  receive(
    instanceId: Uuid,
    client: ClientAttributes,
    points: readonly ClientMetricPoint[],
    pushIntervalMs: number,
  ): void {
    const held: Held = this.#clients.get(instanceId) ?? {
      instanceId,
      clientId: client["client_id"] ?? "",
      softwareName: client["client_software_name"] ?? "",
      softwareVersion: client["client_software_version"] ?? "",
      series: new Map(),
      staleAtMs: 0,
    };
    held.staleAtMs = this.clock.monotonicMs() + MISSED_PUSHES * pushIntervalMs;
    for (const point of points) take(held.series, point);
    this.#clients.delete(instanceId);
    this.#clients.set(instanceId, held);
    if (this.#clients.size > CLIENTS_MAX) {
      const [oldest] = this.#clients.keys();
      this.#clients.delete(oldest!);
    }
  }

  /** The client has ended. */
  forget(instanceId: Uuid): void {
    this.#clients.delete(instanceId);
  }

  /** The clients that have pushed lately; drops the others. */
  clients(): Iterable<PushingClient> {
    const nowMs = this.clock.monotonicMs();
    for (const [instanceId, { staleAtMs }] of this.#clients) {
      if (staleAtMs < nowMs) this.#clients.delete(instanceId);
    }
    return this.#clients.values();
  }
}

function take(series: Map<string, ClientSeries>, point: ClientMetricPoint): void {
  const { name, kind, attributes, value, isDelta } = point;
  const key = JSON.stringify([name, ...[...attributes].sort()]);
  const known = series.get(key);
  if (known !== undefined) known.value = isDelta ? known.value + value : value;
  else if (series.size < SERIES_OF_CLIENT_MAX) series.set(key, { name, kind, attributes, value });
}
