import type { Logger } from "../base/logger.ts";
import type { DiskError } from "../io/disk.ts";
import type { Clock } from "../io/clock.ts";
import type { CorruptLogError } from "../log/log_reader.ts";
import type { FollowerRules, IsrProposal } from "./replication/leadership.ts";

/** Why a replica can't serve: the disk failed under its log, or holds something else in it. */
export type StorageFailure = DiskError | CorruptLogError;

/** What all replicas of a broker share; `Replica` is what stands for one of them. */
export interface PartitionEnvironment<Replica> extends FollowerRules {
  readonly brokerId: number;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told once when the storage fails under a log, and of every append without room. */
  storageFailed(partition: Replica, error: StorageFailure): void;
  /** The controller is to be asked for another in-sync set. */
  isrProposed(partition: Replica, proposal: IsrProposal): void;
}
