import type { PartitionLog } from "../../log/partition_log.ts";

/** A replica, as far as the cleaner has to know it. */
export interface CleanablePartition {
  readonly log: PartitionLog;
  /** Nothing at or above it is cleaned: it may still be taken back or be aborted. */
  readonly lastStableOffset: number;
  readonly isOnline: boolean;
}
