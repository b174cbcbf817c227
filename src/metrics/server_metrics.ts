/** Connections and requests, under the names that Kafka dashboards use. */
import { quantileMs, QUANTILES } from "./quantiles.ts";
import type { MetricDefinition } from "./metric_definition.ts";
import type { ApiFigures, ServerFigures } from "./sources.ts";

export function collectServer(
  server: ServerFigures,
  boundsMs: readonly number[],
): MetricDefinition[] {
  return [...connections(server), ...requests(server, boundsMs)];
}

function connections(server: ServerFigures): MetricDefinition[] {
  return [
    {
      name: "kafka_server_socketservermetrics_connection_count",
      help: "Open connections.",
      kind: "gauge",
      read: (set) => set(server.connectionsOpen),
    },
    {
      name: "kafka_server_socketservermetrics_connection_creation_total",
      help: "Connections that were accepted.",
      kind: "counter",
      read: (set) => set(server.connectionsAccepted),
    },
    {
      name: "jocko_connections_closed_total",
      help: "Connections that the broker has closed, by reason.",
      kind: "counter",
      labels: ["reason"],
      read(set) {
        set(server.connectionsRefused, { reason: "limit" });
        set(server.connectionsTimedOut, { reason: "timeout" });
        set(server.connectionsMalformed, { reason: "malformed" });
      },
    },
    {
      name: "kafka_server_socketservermetrics_incoming_byte_total",
      help: "Bytes that were read from connections.",
      kind: "counter",
      read: (set) => set(server.bytesIn),
    },
    {
      name: "kafka_server_socketservermetrics_outgoing_byte_total",
      help: "Bytes that were written to connections.",
      kind: "counter",
      read: (set) => set(server.bytesOut),
    },
  ];
}

function requests(server: ServerFigures, boundsMs: readonly number[]): MetricDefinition[] {
  const perApi = (
    definition: Pick<MetricDefinition, "name" | "help" | "kind">,
    valueOf: (api: ApiFigures) => number,
  ): MetricDefinition => ({
    ...definition,
    labels: ["request"],
    read(set) {
      for (const api of server.apis()) set(valueOf(api), { request: api.apiName });
    },
  });
  const counter = "counter";
  return [
    {
      name: "kafka_network_requestmetrics_requests_total",
      help: "Requests, by API and version.",
      kind: counter,
      labels: ["request", "version"],
      read(set) {
        for (const { apiName: request, requestsByVersion } of server.apis()) {
          for (let version = 0; version < requestsByVersion.length; version++) {
            const count = requestsByVersion[version]!;
            if (count > 0) set(count, { request, version: String(version) });
          }
        }
      },
    },
    {
      name: "kafka_network_requestmetrics_totaltimems",
      help: "Milliseconds from a request's last byte to its answer, estimated from buckets.",
      kind: "gauge",
      labels: ["request", "quantile"],
      read(set) {
        for (const { apiName: request, latency } of server.apis()) {
          for (const quantile of QUANTILES) {
            const value = quantileMs(latency.counts, boundsMs, quantile);
            set(value, { request, quantile: String(quantile) });
          }
        }
      },
    },
    perApi({
      name: "kafka_network_requestmetrics_totaltimems_count",
      help: "Requests that were timed.",
      kind: counter,
    }, ({ latency }) => latency.count),
    perApi({
      name: "kafka_network_requestmetrics_totaltimems_sum",
      help: "Milliseconds that requests took, summed.",
      kind: counter,
    }, ({ latency }) => latency.sumMs),
    perApi({
      name: "kafka_network_requestmetrics_errors_total",
      help: "Requests that ended in an error of the broker and closed their connection.",
      kind: counter,
    }, ({ failures }) => failures),
    perApi({
      name: "kafka_network_requestmetrics_requestbytes_total",
      help: "Bytes of requests.",
      kind: counter,
    }, ({ requestBytes }) => requestBytes),
    perApi({
      name: "kafka_network_requestmetrics_responsebytes_total",
      help: "Bytes of responses.",
      kind: counter,
    }, ({ responseBytes }) => responseBytes),
  ];
}
