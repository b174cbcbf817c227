/** The process, under the names that Prometheus clients share. */
import type { MetricDefinition } from "./metric_definition.ts";
import type { ProcessFigures } from "./sources.ts";

export function collectProcess(process: ProcessFigures): MetricDefinition[] {
  const gauge = (name: string, help: string, value: () => number): MetricDefinition => ({
    name,
    help,
    kind: "gauge",
    read: (set) => set(value()),
  });
  return [
    {
      name: "process_resident_memory_bytes",
      help: "Resident memory of the process; absent where the system doesn't tell.",
      kind: "gauge",
      read(set) {
        const bytes = process.residentBytes();
        if (bytes !== undefined) set(bytes);
      },
    },
    {
      name: "process_cpu_seconds_total",
      help: "CPU time of the process, user and system.",
      kind: "counter",
      read(set) {
        const { user, system } = process.cpuSeconds();
        set(user + system);
      },
    },
    gauge(
      "process_start_time_seconds",
      "When the broker was started, since the Unix epoch.",
      () => process.startedAtMs / 1000,
    ),
    gauge("jocko_heap_used_bytes", "JavaScript heap in use.", () => process.heapUsedBytes()),
    gauge("jocko_heap_total_bytes", "JavaScript heap.", () => process.heapTotalBytes()),
    gauge(
      "jocko_external_memory_bytes",
      "Buffers that JavaScript objects keep alive.",
      () => process.externalBytes(),
    ),
    gauge(
      "jocko_event_loop_lag_seconds_max",
      "How late the event loop was at most since the last scrape.",
      () => process.takeEventLoopLagMsMax() / 1000,
    ),
    {
      name: "jocko_build_info",
      help: "1, with the version as label.",
      kind: "gauge",
      labels: ["version"],
      read: (set) => set(1, { version: process.version }),
    },
  ];
}
