/** The configuration keys of groups and of client-metrics subscriptions in Kafka 4.2. */
import { LinearRegex } from "../../base/linear_regex.ts";
import {
  APPLIED,
  atLeast,
  CLUSTER_WIDE,
  type ConfigTrait,
  int,
  list,
  oneOf,
  string,
  valid,
} from "./define.ts";
import type { ConfigDefinition } from "./definition.ts";

const OFFSET_RESET: ConfigTrait = valid({
  allowed: "latest, earliest, or by_duration:PnDTnHnMn.nS",
  accepts: (value) =>
    value === "latest" || value === "earliest" ||
    typeof value === "string" &&
      /^by_duration:P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d{1,9})?S)?)?$/i.test(value),
});

/** Keys of a consumer, share or streams group. */
export const GROUP_CONFIGS: readonly ConfigDefinition[] = [
  int(
    "consumer.heartbeat.interval.ms",
    5000,
    "Milliseconds between two heartbeats of a member of a consumer group.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
  int(
    "consumer.session.timeout.ms",
    45_000,
    "Milliseconds without a heartbeat after which a member of a consumer group is removed.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
  string(
    "share.auto.offset.reset",
    "latest",
    "Where a share group begins in a partition that is new to it.",
    OFFSET_RESET,
    CLUSTER_WIDE,
  ),
  int(
    "share.heartbeat.interval.ms",
    5000,
    "Milliseconds between two heartbeats of a member of a share group.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
  string(
    "share.isolation.level",
    "read_uncommitted",
    "Whether a share group sees records of transactions that are open or aborted.",
    oneOf("read_committed", "read_uncommitted"),
    CLUSTER_WIDE,
  ),
  int(
    "share.record.lock.duration.ms",
    30_000,
    "Milliseconds that a delivered record stays locked for its consumer.",
    atLeast(1000),
    CLUSTER_WIDE,
  ),
  int(
    "share.session.timeout.ms",
    45_000,
    "Milliseconds without a heartbeat after which a member of a share group is removed.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
  int(
    "streams.heartbeat.interval.ms",
    5000,
    "Milliseconds between two heartbeats of a member of a streams group.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
  int(
    "streams.initial.rebalance.delay.ms",
    3000,
    "Milliseconds that the first assignment of a new streams group waits for more members.",
    atLeast(0),
    CLUSTER_WIDE,
  ),
  int(
    "streams.num.standby.replicas",
    0,
    "Standby copies of each task's state.",
    atLeast(0),
    CLUSTER_WIDE,
  ),
  int(
    "streams.session.timeout.ms",
    45_000,
    "Milliseconds without a heartbeat after which a member of a streams group is removed.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
];

/** Keys of a client-metrics subscription (KIP-714). */
export const CLIENT_METRICS_CONFIGS: readonly ConfigDefinition[] = [
  int(
    "interval.ms",
    300_000,
    "Milliseconds between two pushes of a client.",
    valid({
      allowed: "100 to 3600000",
      accepts: (value) => typeof value === "number" && value >= 100 && value <= 3_600_000,
    }),
    CLUSTER_WIDE,
    APPLIED,
  ),
  list(
    "match",
    "",
    "Which clients are asked, as NAME=REGEX of client attributes; empty for all.",
    valid({
      allowed: "a list of NAME=REGEX, with the client attributes that KIP-714 names",
      accepts: (value) => Array.isArray(value) && value.every(isClientMatch),
    }),
    CLUSTER_WIDE,
    APPLIED,
  ),
  list(
    "metrics",
    "",
    "Prefixes of the metrics that clients push; * for all.",
    CLUSTER_WIDE,
    APPLIED,
  ),
];

const CLIENT_ATTRIBUTES = new Set([
  "client_id",
  "client_instance_id",
  "client_software_name",
  "client_software_version",
  "client_source_address",
  "client_source_port",
]);

function isClientMatch(text: string): boolean {
  const separator = text.indexOf("=");
  if (!CLIENT_ATTRIBUTES.has(text.slice(0, separator).trim())) return false;
  return LinearRegex.parse(text.slice(separator + 1).trim()) !== undefined;
}
