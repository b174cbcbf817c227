import { DiskError } from "../io/disk.ts";
import type { LeaderEpochs } from "./leader_epochs.ts";
import type { LogConfig } from "./log_config.ts";
import type { LogEnvironment } from "./log_environment.ts";
import { LogReader } from "./log_reader.ts";
import type { OpenedLog } from "./log_recovery.ts";
import { LogTail } from "./log_tail.ts";
import type { ProducerSnapshots } from "./producer_snapshots.ts";
import type { ProducerStates } from "./producer_states.ts";
import type { SegmentList } from "./segment_list.ts";

/**
 * What one partition log is at a moment, shared by the classes that append to it, make it durable
 * and trim it. They keep these true:
 * startOffset <= endOffset, flushedOffset <= endOffset, checkpointedOffset <= flushedOffset, and
 * every batch below endOffset is in a segment, in the producers and in the epochs.
 */
export class LogState {
  readonly segments: SegmentList;
  readonly tail: LogTail;
  readonly reader: LogReader;
  readonly snapshots: ProducerSnapshots;
  producers: ProducerStates;
  readonly epochs: LeaderEpochs;
  startOffset: number;
  endOffset: number;
  /** All below it is durable. */
  flushedOffset: number;
  /** As {@link flushedOffset}, with the indexes, and as the next checkpoint file will say. */
  checkpointedOffset: number;
  /** Names in the directory changed since it was last synced. */
  hasDirtyNames: boolean;
  /** `partition.metadata` was written and not synced. */
  hasDirtyMetadata = false;
  /** How often the end was cut, so that who waits can tell that it was. */
  truncations = 0;
  #failure: DiskError | undefined;

  constructor(
    readonly environment: LogEnvironment,
    /** Directory of the partition, `<topic>-<partition>`; another name once it is deleted. */
    public directory: string,
    public config: LogConfig,
    opened: OpenedLog,
    wasCleanlyShut: boolean,
  ) {
    this.segments = opened.segments;
    this.producers = opened.producers;
    this.snapshots = opened.snapshots;
    this.epochs = opened.epochs;
    this.startOffset = opened.startOffset;
    this.endOffset = opened.endOffset;
    this.flushedOffset = opened.flushedOffset;
    this.checkpointedOffset = opened.flushedOffset;
    this.hasDirtyNames = !wasCleanlyShut;
    this.tail = new LogTail(environment.tails);
    this.reader = new LogReader(environment, this.segments, this.tail);
  }

  get failure(): DiskError | undefined {
    return this.#failure;
  }

  /**
   * What is on the disk is no longer known: the log accepts nothing until it is opened again.
   * @returns `error`, to be thrown
   */
  fail(error: unknown): unknown {
    if (this.#failure === undefined) {
      this.#failure = error instanceof DiskError
        ? error
        : new DiskError("other", this.directory, String(error));
      this.environment.duties.logFailed(this.directory, this.#failure);
    }
    return error;
  }

  /** @throws {DiskError} the one that ended the log's service */
  ensureUsable(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
