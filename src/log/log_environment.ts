import type { Logger } from "../base/logger.ts";
import type { Clock } from "../io/clock.ts";
import type { Disk, DiskError } from "../io/disk.ts";
import type { BufferPool } from "./buffer_pool.ts";
import type { FilePool } from "./file_pool.ts";
import type { TailBudget } from "./log_tail.ts";

/** What all partition logs of one data directory share. */
export interface LogEnvironment {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly files: FilePool;
  readonly buffers: BufferPool;
  readonly tails: TailBudget;
  readonly duties: DirectoryDuties;
  readonly logger: Logger;
  readonly meter: WriteMeter;
}

/** What was written to the segments of a data directory, by whomever, since it was opened. */
export interface WriteMeter {
  /** Bytes of batches. */
  appendedBytes: number;
}

/** What a partition log asks of the data directory that it lies in. */
export interface DirectoryDuties {
  /**
   * Removes the files after `delayMs`; they have their final names already.
   * @param bytes what the disk gets back by that, about
   */
  removeLater(paths: readonly string[], delayMs: number, bytes: number): void;
  /** Makes the names of partition directories durable when they are not. */
  syncNames(): Promise<void>;
  /** As {@link syncNames}; the event loop waits. */
  syncNamesNow(): void;
  /**
   * Writes the recovery points, durably, before it returns: a log is about to be cut below its
   * own, and what is appended after the cut is not durable though the file says so.
   */
  recoveryPointLowered(): void;
  /** A background task of a log met an error that ends its service. */
  logFailed(directory: string, error: DiskError): void;
}
