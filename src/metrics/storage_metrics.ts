/** How the disk stands against its budget. */
import { type DiskBudget, type DiskState, STORAGE_LEVELS } from "../broker/storage/disk_budget.ts";
import type { TrimReason } from "../broker/storage/log_trims.ts";
import type { MetricDefinition } from "./metric_definition.ts";

const REASONS: readonly TrimReason[] = ["disk", "follower", "topic"];

/** The definitions for one broker; gauges are absent where the size of the disk is not known. */
export function storageMetrics(budget: DiskBudget): MetricDefinition[] {
  const gauge = (
    name: string,
    help: string,
    value: (state: DiskState) => number,
  ): MetricDefinition => ({
    name: `jocko_storage_${name}`,
    help,
    kind: "gauge",
    read(set) {
      const { state } = budget;
      if (state !== undefined) set(value(state));
    },
  });
  return [
    gauge(
      "capacity_bytes",
      "What the broker may have on its disk.",
      ({ marks }) => marks.capacityBytes,
    ),
    gauge(
      "used_bytes",
      "Logs, files that are out of use, and the ballast.",
      ({ usedBytes }) => usedBytes,
    ),
    gauge(
      "pending_removal_bytes",
      "Files that are out of use and go by themselves.",
      (state) => state.pendingBytes,
    ),
    gauge("hard_mark_bytes", "Use at which producers are refused.", ({ marks }) => marks.hardBytes),
    gauge(
      "level",
      "0 open, 1 trimming, 2 slowing producers, 3 refusing them.",
      ({ level }) => STORAGE_LEVELS.indexOf(level),
    ),
    gauge(
      "time_to_full_seconds",
      "Until the hard mark, at the rate of now.",
      (state) => state.timeToFullMs / 1000,
    ),
    {
      name: "jocko_storage_deleted_bytes_total",
      help: "Bytes of segments that were deleted for the sake of space.",
      kind: "counter",
      labels: ["reason"],
      read(set) {
        for (const reason of REASONS) set(budget.trims.deletedBytes[reason], { reason });
      },
    },
  ];
}
