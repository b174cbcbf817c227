import { replaceFile, replaceFileLater } from "./atomic_file.ts";
import {
  formatLeaderEpochs,
  LEADER_EPOCH_CHECKPOINT,
  PARTITION_METADATA,
} from "./checkpoint_files.ts";
import { GroupCommit } from "./group_commit.ts";
import { isLimited } from "./log_config.ts";
import type { LogState } from "./log_state.ts";
import { encodeProducerSnapshot } from "./producer_snapshots.ts";

/** Snapshots kept besides those at the base offsets of segments. */
const RECENT_SNAPSHOTS = 2;

/** Brings a log from the page cache to the platter: flush, checkpoint, close. */
export class LogDurability {
  readonly #commit: GroupCommit;
  /** What the sync under way will have made durable; lowered when the log is cut meanwhile. */
  #syncTarget = 0;
  #unflushedSinceMs: number | undefined;

  constructor(private readonly state: LogState) {
    this.#commit = new GroupCommit(state.environment.clock, () => this.#sync());
  }

  /** See `PartitionLog.flush`. */
  flush(): Promise<void> {
    const { state } = this;
    if (state.failure !== undefined) return Promise.reject(state.failure);
    if (state.flushedOffset >= state.endOffset) return Promise.resolve();
    return this.#commit.request();
  }

  /**
   * Whether `flush.ms` has passed since something that is not durable was seen here.
   * @param nowMs of the monotonic clock
   */
  isFlushDue(nowMs: number): boolean {
    const { flushedOffset, endOffset, config } = this.state;
    if (!isLimited(config.flushMs) || flushedOffset >= endOffset) {
      this.#unflushedSinceMs = undefined;
      return false;
    }
    this.#unflushedSinceMs ??= nowMs;
    return nowMs - this.#unflushedSinceMs >= config.flushMs;
  }

  /** Called when the log now ends with `offset`. */
  truncated(offset: number): void {
    const { state } = this;
    state.truncations++;
    state.lowestCutOffset = Math.min(state.lowestCutOffset, offset);
    this.#syncTarget = Math.min(this.#syncTarget, offset);
    state.flushedOffset = Math.min(state.flushedOffset, offset);
    state.checkpointedOffset = Math.min(state.checkpointedOffset, offset);
  }

  /** True when {@link checkpoint} would move the recovery point or write anything. */
  get isCheckpointDue(): boolean {
    const { state } = this;
    return state.failure === undefined &&
      (state.checkpointedOffset < state.endOffset || state.hasDirtyEpochs);
  }

  /**
   * Makes the log, its indexes, epochs and producers durable as they are now, so that a start after
   * a crash need not look below the {@link LogState.checkpointedOffset} that this leaves behind.
   */
  async checkpoint(): Promise<void> {
    const { state } = this;
    const { truncations } = state;
    const offset = state.endOffset;
    const snapshot = encodeProducerSnapshot(state.producers);
    await this.flush();
    const first = this.#indexBefore(state.checkpointedOffset);
    for (const segment of state.segments.all().slice(first)) {
      if (!segment.isRetired) segment.addTimeIndexEntry();
      await segment.syncIndexes();
    }
    await this.#syncNames();
    await this.#writeEpochs();
    // The log may have been cut while we waited: then the snapshot is of another log.
    if (state.truncations !== truncations || state.flushedOffset < offset) return;
    if (this.#needsSnapshot(offset)) state.snapshots.write(offset, snapshot);
    this.#dropOldSnapshots();
    state.checkpointedOffset = offset;
  }

  /** Leaves everything complete and durable; the event loop waits. */
  close(): void {
    const { state } = this;
    const { environment, segments, endOffset } = state;
    for (const segment of segments.all()) {
      if (segment === segments.active || segment.isDirty || segment.hasDirtyIndexes) {
        segment.finish();
        segment.syncNow();
      }
      segment.close();
    }
    this.#syncNamesNow();
    if (this.#needsSnapshot(endOffset)) {
      state.snapshots.write(endOffset, encodeProducerSnapshot(state.producers));
    }
    this.#dropOldSnapshots();
    if (state.hasDirtyEpochs) {
      const path = `${state.directory}/${LEADER_EPOCH_CHECKPOINT}`;
      replaceFile(environment.disk, path, formatLeaderEpochs(state.epochs.entries()));
      state.epochs.isDirty = false;
    }
    state.flushedOffset = endOffset;
    state.checkpointedOffset = endOffset;
    this.#commit.settleGathered();
  }

  /** The log is deleted: nobody is to wait for it any more. */
  abandon(): void {
    this.#commit.settleGathered();
  }

  async #sync(): Promise<void> {
    const { state } = this;
    this.#syncTarget = state.endOffset;
    this.#fillAhead();
    try {
      await this.#syncNames();
      // Found after the wait: segments may have been taken off the front meanwhile.
      const first = this.#indexBefore(state.flushedOffset);
      for (const segment of state.segments.all().slice(first)) {
        await segment.sync();
      }
    } catch (error) {
      // After a failed sync nobody can say what the disk holds: trying again may "succeed".
      throw state.fail(error);
    }
    this.#unflushedSinceMs = undefined;
    state.flushedOffset = Math.max(state.flushedOffset, this.#syncTarget);
  }

  /** Before a sync rather than after: then the new size of the file is in the same journal entry. */
  #fillAhead(): void {
    const { config, segments, environment, directory } = this.state;
    if (!segments.active.wantsFill(config)) return;
    try {
      segments.active.fillAhead(config, 0);
    } catch (error) {
      // Not needed for what is to be synced; the append that has no room will say so.
      environment.logger.debug("log not filled ahead", { directory, error });
    }
  }

  /** The segment before a base offset may have been cut at its end since it was synced. */
  #indexBefore(offset: number): number {
    return this.state.segments.indexOf(offset - 1);
  }

  /** Makes names durable: of the partition, and of the files that are not known to be below it. */
  async #syncNames(): Promise<void> {
    const { state } = this;
    this.#noteNewNames(this.#indexBefore(state.checkpointedOffset));
    await state.environment.duties.syncNames();
    if (!state.names.isDirty) return;
    if (state.hasDirtyMetadata) {
      state.hasDirtyMetadata = false;
      const metadata = state.environment.disk.open(`${state.directory}/${PARTITION_METADATA}`);
      try {
        await metadata.sync();
      } catch (error) {
        state.hasDirtyMetadata = true;
        throw error;
      } finally {
        metadata.close();
      }
    }
    await state.names.sync();
  }

  /** As {@link #syncNames} for all segments; the event loop waits. */
  #syncNamesNow(): void {
    const { state } = this;
    this.#noteNewNames(0);
    state.environment.duties.syncNamesNow();
    if (state.hasDirtyMetadata) {
      const metadata = state.environment.disk.open(`${state.directory}/${PARTITION_METADATA}`);
      try {
        metadata.syncNow();
      } finally {
        metadata.close();
      }
      state.hasDirtyMetadata = false;
    }
    state.names.syncNow();
  }

  #noteNewNames(first: number): void {
    const { segments, names } = this.state;
    for (const segment of segments.all().slice(first)) {
      if (segment.takeNewNames()) names.changed();
    }
  }

  async #writeEpochs(): Promise<void> {
    const { state } = this;
    if (!state.epochs.isDirty) return;
    state.epochs.isDirty = false;
    const path = `${state.directory}/${LEADER_EPOCH_CHECKPOINT}`;
    try {
      const text = formatLeaderEpochs(state.epochs.entries());
      await replaceFileLater(state.environment.disk, path, text);
    } catch (error) {
      state.epochs.isDirty = true;
      throw error;
    }
  }

  /** A log that never had a batch needs none. */
  #needsSnapshot(offset: number): boolean {
    const { segments, snapshots } = this.state;
    return snapshots.latestOffset !== offset && offset > segments.first.baseOffset;
  }

  #dropOldSnapshots(): void {
    const { segments, snapshots } = this.state;
    const recent = snapshots.offsets().slice(-RECENT_SNAPSHOTS);
    snapshots.removeWhere((offset) =>
      !recent.includes(offset) && segments.withBase(offset) === undefined
    );
  }
}
