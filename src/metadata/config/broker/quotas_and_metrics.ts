/** Quotas, metrics and client telemetry. */
import { APPLIED, atLeast, CLUSTER_WIDE, int, javaClass, list, long, string } from "../define.ts";
import type { ConfigDefinition } from "../definition.ts";

export const QUOTA_AND_METRIC_CONFIGS: readonly ConfigDefinition[] = [
  int(
    "quota.window.num",
    11,
    "Windows over which client quotas are measured.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "quota.window.size.seconds",
    1,
    "Seconds of a window of client quotas.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "replication.quota.window.num",
    11,
    "Windows over which replication quotas are measured.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "replication.quota.window.size.seconds",
    1,
    "Seconds of a window of replication quotas.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "alter.log.dirs.replication.quota.window.num",
    11,
    "Windows over which moves between data directories are measured.",
    atLeast(1),
  ),
  int(
    "alter.log.dirs.replication.quota.window.size.seconds",
    1,
    "Seconds of a window of moves between data directories.",
    atLeast(1),
  ),
  int(
    "controller.quota.window.num",
    11,
    "Windows over which changes of topics are measured.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "controller.quota.window.size.seconds",
    1,
    "Seconds of a window of changes of topics.",
    atLeast(1),
    APPLIED,
  ),
  javaClass(
    "client.quota.callback.class",
    null,
    "A Java class that decides on quotas. Java classes are not loaded.",
  ),
  list(
    "metric.reporters",
    "",
    "Java classes that report metrics. Java classes are not loaded; see http.listener.",
    CLUSTER_WIDE,
  ),
  list(
    "kafka.metrics.reporters",
    "",
    "Java classes that report metrics. Java classes are not loaded; see http.listener.",
  ),
  int(
    "kafka.metrics.polling.interval.secs",
    10,
    "Seconds between two polls of metrics.",
    atLeast(1),
  ),
  int("metrics.num.samples", 2, "Samples that a metric is computed over.", atLeast(1)),
  string("metrics.recording.level", "INFO", "Which metrics are recorded: INFO, DEBUG or TRACE."),
  long(
    "metrics.sample.window.ms",
    30_000,
    "Milliseconds of one sample of a metric.",
    atLeast(1),
  ),
  int(
    "telemetry.max.bytes",
    1_048_576,
    "Largest push of client metrics, in bytes.",
    atLeast(1),
    APPLIED,
  ),
];
