/** How much of its disk a broker takes, and what it does when that fills up. None of it is Kafka's. */
import { APPLIED, atLeast, between, CLUSTER_WIDE, double, long, string, valid } from "../define.ts";
import type { ConfigDefinition } from "../definition.ts";
import { BYTE_AMOUNT } from "../topic_configs.ts";

const PERCENT_OR_OFF = valid({
  allowed: "1 to 100, or -1",
  accepts: (value) => typeof value === "number" && (value === -1 || value >= 1 && value <= 100),
});

export const STORAGE_BUDGET_CONFIGS: readonly ConfigDefinition[] = [
  long(
    "log.storage.capacity.bytes",
    -1,
    "Bytes of the disk that the broker may count as its own; -1 for what it has and what is free.",
    atLeast(-1),
    CLUSTER_WIDE,
    APPLIED,
  ),
  long(
    "log.storage.reserve.bytes",
    -1,
    "Bytes of the file system that stay free; -1 for 5 percent of it, at most 1 GiB.",
    atLeast(-1),
    CLUSTER_WIDE,
    APPLIED,
  ),
  double(
    "log.retention.disk.percent",
    85,
    "Percent of the capacity above which the oldest segments go, as far as minimums let them; " +
      "-1 deletes nothing for the sake of space.",
    PERCENT_OR_OFF,
    CLUSTER_WIDE,
    APPLIED,
  ),
  double(
    "log.storage.soft.percent",
    90,
    "Percent of the capacity above which producers are slowed, the more the fuller it gets.",
    between(1, 100),
    CLUSTER_WIDE,
    APPLIED,
  ),
  double(
    "log.storage.hard.percent",
    95,
    "Percent of the capacity above which producers are refused.",
    between(1, 100),
    CLUSTER_WIDE,
    APPLIED,
  ),
  double(
    "log.storage.reopen.percent",
    92,
    "Percent of the capacity at which producers that were refused are served again.",
    between(1, 100),
    CLUSTER_WIDE,
    APPLIED,
  ),
  long(
    "log.storage.ballast.bytes",
    -1,
    "Bytes of a file that is given up when the disk is full, so that all but producing goes on; " +
      "-1 for 1 percent of the capacity, at most 16 MiB.",
    atLeast(-1),
    CLUSTER_WIDE,
    APPLIED,
  ),
  long(
    "log.storage.shrink.grace.ms",
    60_000,
    "Milliseconds before records go because a budget has become smaller, unless the disk is full.",
    atLeast(0),
    CLUSTER_WIDE,
    APPLIED,
  ),
  string(
    "log.retention.topic.bytes",
    "-1",
    "Default of retention.topic.bytes.",
    BYTE_AMOUNT,
    CLUSTER_WIDE,
    APPLIED,
  ),
  double(
    "log.retention.weight",
    1,
    "Default of retention.weight.",
    between(0.01, 100),
    CLUSTER_WIDE,
    APPLIED,
  ),
  long(
    "log.retention.min.bytes",
    0,
    "Default of retention.min.bytes.",
    atLeast(0),
    CLUSTER_WIDE,
    APPLIED,
  ),
];
