import { DiskError } from "../io/disk.ts";
import { restoreLeaderEpochs } from "./epoch_recovery.ts";
import { DirectoryNames } from "./directory_names.ts";
import type { LeaderEpochs } from "./leader_epochs.ts";
import type { LogConfig } from "./log_config.ts";
import type { LogEnvironment } from "./log_environment.ts";
import { LogReader } from "./log_reader.ts";
import { type OpenedLog, restoreProducers } from "./log_recovery.ts";
import { LogTail } from "./log_tail.ts";
import type { ProducerSnapshots } from "./producer_snapshots.ts";
import type { ProducerStates } from "./producer_states.ts";
import type { SegmentList } from "./segment_list.ts";
import { recoverSegment } from "./segment_recovery.ts";

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
  #producers: ProducerStates | undefined;
  #epochs: LeaderEpochs | undefined;
  #isSettled: boolean;
  #isReady = false;
  startOffset: number;
  endOffset: number;
  /** All below it is durable. */
  flushedOffset: number;
  /** As {@link flushedOffset}, with the indexes, and as the next checkpoint file will say. */
  checkpointedOffset: number;
  /** Of the files in the directory. */
  readonly names: DirectoryNames;
  /** `partition.metadata` was written and not synced. */
  hasDirtyMetadata = false;
  /** The partition was deleted; what is still under way finds its files gone. */
  isRetired = false;
  /** How often the end was cut, so that who waits can tell that it was. */
  truncations = 0;
  /** The lowest end that the log was cut to since the cleaner asked; Infinity when it was not. */
  lowestCutOffset = Infinity;
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
    this.snapshots = opened.snapshots;
    this.#isSettled = opened.isSettled;
    this.startOffset = opened.startOffset;
    this.endOffset = opened.endOffset;
    this.flushedOffset = opened.flushedOffset;
    this.checkpointedOffset = opened.flushedOffset;
    this.names = new DirectoryNames(environment.disk, () => this.directory, !wasCleanlyShut);
    this.tail = new LogTail(environment.tails);
    this.reader = new LogReader(environment, this.segments, this.tail);
  }

  /** Read from the newest snapshot and the batches after it when first asked for. */
  get producers(): ProducerStates {
    this.ensureProducers();
    return this.#producers!;
  }

  /** Restoring the producers brings the transaction index up to the log end as well. */
  ensureProducers(): void {
    if (this.#producers === undefined) this.restoreProducers(this.checkpointedOffset);
  }

  /**
   * Builds the producers anew from what is on the disk.
   * @param indexedOffset the transaction index is complete and right below it
   */
  restoreProducers(indexedOffset: number): void {
    const { environment, segments, snapshots, endOffset } = this;
    const { indexIntervalBytes } = this.config;
    const sources = { environment, segments, snapshots, indexIntervalBytes };
    this.#producers = restoreProducers(sources, { indexedOffset, endOffset });
  }

  /** Read from their file, and the batches that it does not cover, when first asked for. */
  get epochs(): LeaderEpochs {
    const { environment, segments } = this;
    const { indexIntervalBytes } = this.config;
    this.#epochs ??= restoreLeaderEpochs({ environment, segments, indexIntervalBytes }, this);
    return this.#epochs;
  }

  /** Whether the epochs are other than their file says. */
  get hasDirtyEpochs(): boolean {
    return this.#epochs?.isDirty ?? false;
  }

  /**
   * Gets everything ready to be changed that was left for later when the log was opened. To be
   * called before anything is written.
   * @throws {DiskError} the one that ended the log's service, or a new one
   */
  settle(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#isReady) return;
    if (!this.#isSettled) this.#settleActive();
    this.ensureProducers();
    this.#isReady = this.epochs !== undefined;
  }

  get failure(): DiskError | undefined {
    return this.#failure;
  }

  /**
   * What is on the disk is no longer known: the log accepts nothing until it is opened again.
   * @returns `error`, to be thrown
   */
  fail(error: unknown): unknown {
    if (this.#failure === undefined && !this.isRetired) {
      this.#failure = error instanceof DiskError
        ? error
        : new DiskError("other", this.directory, String(error));
      this.environment.duties.logFailed(this.directory, this.#failure);
    }
    return error;
  }

  /** Looks at the end of the active segment, which opening the log did not. */
  #settleActive(): void {
    const { environment, segments, directory, endOffset } = this;
    const { indexIntervalBytes } = this.config;
    const scan = { fromOffset: Infinity, verifyCrc: false, indexIntervalBytes };
    const found = recoverSegment(environment, segments.active, scan);
    if (found !== endOffset) {
      const message = `the log ends at ${found} and not at ${endOffset}`;
      throw this.fail(new DiskError("other", directory, message));
    }
    this.#isSettled = true;
  }
}
