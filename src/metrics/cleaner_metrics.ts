/** What compaction does, under names like those of Kafka's LogCleaner and LogCleanerManager. */
import type { LogCleaner } from "../broker/cleaning/log_cleaner.ts";
import type { Clock } from "../io/clock.ts";
import type { MetricDefinition } from "./metric_definition.ts";

/** The definitions for one broker's cleaner. */
export function cleanerMetrics(cleaner: LogCleaner, clock: Clock): MetricDefinition[] {
  const { counters } = cleaner;
  const metric = (
    kind: MetricDefinition["kind"],
    name: string,
    help: string,
    value: () => number,
  ): MetricDefinition => ({ name, help, kind, read: (set) => set(value()) });
  const counter = (name: string, help: string, value: () => number) =>
    metric("counter", `kafka_log_logcleaner_${name}_total`, help, value);
  const gauge = (name: string, help: string, value: () => number) =>
    metric("gauge", `kafka_log_${name}`, help, value);
  const uncleanable = () => [...cleaner.uncleanable()];
  return [
    counter("cleanings", "Logs compacted.", () => counters.cleanings),
    counter("bytesread", "Bytes that compaction has read.", () => counters.bytesRead),
    counter("byteswritten", "Bytes that compaction has written.", () => counters.bytesWritten),
    counter("recordsread", "Records that compaction has looked at.", () => counters.recordsRead),
    counter("recordskept", "Records that compaction has kept.", () => counters.recordsKept),
    gauge(
      "logcleaner_max_clean_time_secs",
      "Seconds that the longest compaction of a log took.",
      () => counters.longestMs / 1000,
    ),
    gauge(
      "logcleaner_max_buffer_utilization_percent",
      "How full the table of keys was at the last compaction.",
      () => 100 * counters.tableUse,
    ),
    gauge(
      "logcleaner_cleaner_recopy_percent",
      "Bytes kept by the last compaction, of all that it went through.",
      () => 100 * counters.recopyRatio,
    ),
    gauge(
      "logcleanermanager_max_dirty_percent",
      "The largest share of a log that is not compacted.",
      () => 100 * counters.dirtyRatioMax,
    ),
    gauge(
      "logcleanermanager_uncleanable_partitions_count",
      "Logs that could not be compacted and are left alone.",
      () => uncleanable().length,
    ),
    gauge(
      "logcleanermanager_uncleanable_bytes",
      "Bytes of the logs that could not be compacted.",
      () => uncleanable().reduce((bytes, log) => bytes + log.sizeBytes, 0),
    ),
    gauge(
      "logcleanermanager_time_since_last_run_ms",
      "Milliseconds since logs to compact were looked for.",
      () => clock.monotonicMs() - counters.lastRoundMs,
    ),
  ];
}
