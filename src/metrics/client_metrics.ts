/** What clients push of their own metrics (KIP-714), told on with the broker's. */
import type { PushedMetrics, PushingClient } from "../broker/telemetry/pushed_metrics.ts";
import type { ClientSeries } from "../broker/telemetry/pushed_metrics.ts";
import type { MetricDefinition } from "./metric_definition.ts";

const PREFIX = "kafka_client_";
const OWN_LABELS = [
  "client_id",
  "client_instance_id",
  "client_software_name",
  "client_software_version",
];

interface Reading {
  readonly client: PushingClient;
  readonly series: ClientSeries;
}

/**
 * A gauge for each name that any client has pushed: `org.apache.kafka.producer.record.send.rate` is
 * `kafka_client_producer_record_send_rate`. Labels are who the client is, and its attributes.
 */
export function collectClients(pushed: PushedMetrics): MetricDefinition[] {
  const readings = new Map<string, Reading[]>();
  for (const client of pushed.clients()) {
    for (const series of client.series.values()) {
      const name = PREFIX + prometheusName(series.name.replace(/^org\.apache\.kafka\./, ""));
      const known = readings.get(name);
      if (known === undefined) readings.set(name, [{ client, series }]);
      else known.push({ client, series });
    }
  }
  return [...readings].map(([name, of]) => definition(name, of));
}

function definition(name: string, readings: readonly Reading[]): MetricDefinition {
  const labels = new Set(OWN_LABELS);
  for (const { series } of readings) {
    for (const attribute of series.attributes.keys()) labels.add(prometheusName(attribute));
  }
  return {
    name,
    help: `${readings[0]!.series.name}, as clients push it.`,
    kind: "gauge",
    labels: [...labels],
    read(set) {
      for (const { client, series } of readings) set(series.value, labelsOf(client, series));
    },
  };
}

function labelsOf(client: PushingClient, { attributes }: ClientSeries): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [attribute, value] of attributes) labels[prometheusName(attribute)] = value;
  // Last, since a client can't be let to pass for another one.
  labels["client_id"] = client.clientId;
  labels["client_instance_id"] = client.instanceId;
  labels["client_software_name"] = client.softwareName;
  labels["client_software_version"] = client.softwareVersion;
  return labels;
}

/** With anything that Prometheus does not take in a name as `_`. */
function prometheusName(name: string): string {
  const clean = name.replace(/[^A-Za-z0-9_]/g, "_");
  return /^[0-9]/.test(clean) ? `_${clean}` : clean;
}
