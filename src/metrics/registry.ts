import type { Registry } from "prom-client";
import type { Broker } from "../broker/broker.ts";
import { collectBroker } from "./broker_metrics.ts";
import { collectClients } from "./client_metrics.ts";
import type { MetricDefinition } from "./metric_definition.ts";
import { collectCluster } from "./cluster_metrics.ts";
import { collectGroups } from "./group_metrics.ts";
import { collectProcess } from "./process_metrics.ts";
import { collectServer } from "./server_metrics.ts";
import type { ProcessFigures, ServerFigures } from "./sources.ts";

/** Metrics as Prometheus reads them. */
export interface MetricsText {
  readonly contentType: string;
  metrics(): Promise<string>;
}

/**
 * Makes the registry of everything that the broker tells. Nothing is counted here: values are read
 * where they are kept when the registry is asked, so that no request pays for metrics.
 *
 * The library is loaded only now, since a broker that nobody scrapes starts without it.
 */
export async function createRegistry(
  broker: Broker,
  server: ServerFigures,
  process: ProcessFigures,
  boundsMs: readonly number[],
): Promise<MetricsText> {
  const { Registry } = await import("prom-client");
  const registry = new Registry();
  await register(registry, [
    ...collectBroker(broker),
    ...collectCluster(broker),
    ...collectGroups(broker),
    ...collectServer(server, boundsMs),
    ...collectProcess(process),
  ]);
  return {
    contentType: registry.contentType,
    async metrics() {
      // What clients push comes and goes, with names that only they know.
      const ofClients = new Registry();
      await register(ofClients, collectClients(broker.telemetry.pushed));
      return await registry.metrics() + await ofClients.metrics();
    },
  };
}

async function register(
  registry: Registry,
  definitions: readonly MetricDefinition[],
): Promise<void> {
  const { Counter, Gauge } = await import("prom-client");
  for (const { name, help, kind, labels = [], read } of definitions) {
    const labelNames = [...labels];
    const registers = [registry];
    if (kind === "counter") {
      new Counter({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          read((value, of = {}) => this.inc(of, value));
        },
      });
    } else {
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect() {
          this.reset();
          let isKnown = labelNames.length > 0;
          read((value, of = {}) => {
            isKnown = true;
            this.set(of, value);
          });
          // Without labels a reset leaves a 0, which would be a lie.
          if (!isKnown) this.remove();
        },
      });
    }
  }
}
