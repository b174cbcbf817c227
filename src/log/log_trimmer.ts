import { invariant } from "../base/invariant.ts";
import { replaceFile } from "./atomic_file.ts";
import { formatLeaderEpochs, LEADER_EPOCH_CHECKPOINT } from "./checkpoint_files.ts";
import type { LogDurability } from "./log_durability.ts";
import { LogSegment, NEW_SEGMENT } from "./log_segment.ts";
import type { LogState } from "./log_state.ts";
import { type RetentionLimits, segmentsPastRetention } from "./retention.ts";
import { locateBatch, rewindSegment } from "./segment_lookup.ts";
import { verifiedMaxTimestamp } from "./timestamp_search.ts";

/** What retention took away. */
export interface Trimmed {
  readonly deletedSegments: number;
  readonly deletedBytes: number;
}

/** A segment, as whoever makes room looks at it. */
export interface SegmentSpan {
  /** Offset after its last record. */
  readonly endOffset: number;
  readonly sizeBytes: number;
  /** Of its youngest record; when the segment was made where its records have no time. */
  readonly maxTimestampMs: number;
}

/** Takes records away at either end of a log. */
export class LogTrimmer {
  constructor(
    private readonly state: LogState,
    private readonly durability: LogDurability,
    private readonly roll: () => void,
  ) {}

  /** See `PartitionLog.advanceStartOffset`. */
  advanceStartOffset(offset: number): Trimmed {
    const { state } = this;
    invariant(offset <= state.endOffset, "the log start can't pass the log end");
    if (offset <= state.startOffset) return { deletedSegments: 0, deletedBytes: 0 };
    state.startOffset = offset;
    state.epochs.truncateFromStart(offset);
    return this.#dropFirst(Math.min(state.segments.indexOf(offset), state.segments.count - 1));
  }

  /** See `PartitionLog.segmentSpans`. */
  segmentSpans(upTo: number): SegmentSpan[] {
    const { segments, endOffset: logEnd } = this.state;
    const spans: SegmentSpan[] = [];
    for (const [i, segment] of segments.all().entries()) {
      const endOffset = segments.at(i + 1)?.baseOffset ?? logEnd;
      if (endOffset > upTo || segment.sizeBytes === 0) break;
      const { timestampMs } = segment.maxTimestamp;
      const maxTimestampMs = timestampMs >= 0 ? timestampMs : segment.createdMs;
      spans.push({ endOffset, sizeBytes: segment.sizeBytes, maxTimestampMs });
    }
    return spans;
  }

  /** See `PartitionLog.applyRetention`. */
  applyRetention(nowMs: number, upTo: number): Trimmed {
    const { state } = this;
    const { segments, config } = state;
    const limits: RetentionLimits = { ...config, nowMs, upTo, startOffset: state.startOffset };
    const past = segmentsPastRetention(
      segments.all().map((segment, i) => ({
        endOffset: segments.at(i + 1)?.baseOffset ?? state.endOffset,
        sizeBytes: segment.sizeBytes,
        maxTimestampMs: () => this.#maxTimestampMs(segment),
      })),
      limits,
    );
    // The last segment can't go, but its records can: they are closed off by a new one.
    if (past === segments.count && segments.active.sizeBytes > 0) this.roll();
    const count = Math.min(past, segments.count - 1);
    if (count === 0) return { deletedSegments: 0, deletedBytes: 0 };
    state.startOffset = Math.max(state.startOffset, segments.at(count)!.baseOffset);
    state.epochs.truncateFromStart(state.startOffset);
    return this.#dropFirst(count);
  }

  /** See `PartitionLog.truncateTo`. */
  truncateTo(offset: number): void {
    const { state } = this;
    if (offset >= state.endOffset) {
      state.epochs.truncateFromEnd(state.endOffset);
      return;
    }
    if (offset <= state.segments.first.baseOffset) return this.restartAt(offset);
    const { segments, environment, config } = state;
    const index = segments.indexOf(offset);
    const segment = segments.at(index)!;
    const batch = locateBatch(environment, segment, offset, config.indexIntervalBytes);
    const endOffset = Math.min(offset, batch?.baseOffset ?? offset);
    this.#beginCut(endOffset);
    const removed = segments.keepFirst(index + 1);
    if (batch !== undefined) {
      rewindSegment(
        environment,
        segment,
        batch.position,
        endOffset,
        config.indexIntervalBytes,
      );
      segment.cutExcess();
    }
    this.#removeFiles(removed);
    state.snapshots.removeWhere((other) => other > endOffset);
    state.startOffset = Math.min(state.startOffset, endOffset);
    state.endOffset = endOffset;
    state.epochs.truncateFromEnd(endOffset);
    this.#endCut();
  }

  /** See `PartitionLog.restartAt`. */
  restartAt(offset: number): void {
    const { state } = this;
    const { environment, directory, segments } = state;
    this.#beginCut(Math.min(offset, state.startOffset));
    const removed = [...segments.all()];
    this.#removeFiles(removed);
    const nowMs = environment.clock.wallMs();
    const segment = new LogSegment(environment, directory, offset, nowMs, NEW_SEGMENT);
    segment.file.open();
    segments.replaceAll(segment);
    state.snapshots.removeWhere(() => true);
    state.startOffset = offset;
    state.endOffset = offset;
    state.epochs.clear();
    this.#endCut();
    state.flushedOffset = offset;
    state.checkpointedOffset = offset;
  }

  /**
   * The checkpoint must not promise that offsets are durable which will be written anew; and what
   * is in memory of the log's end is void.
   */
  #beginCut(endOffset: number): void {
    const { state } = this;
    state.settle();
    state.tail.clear();
    state.reader.forgetPositions();
    const isPromised = endOffset < state.checkpointedOffset;
    this.durability.truncated(endOffset);
    if (isPromised) state.environment.duties.recoveryPointLowered();
  }

  /**
   * Nothing of what was cut may come back after a crash: old batches between new ones would look
   * sound, and epochs and snapshots would tell of another log.
   */
  #endCut(): void {
    const { state } = this;
    const { environment, directory } = state;
    state.segments.active.syncNow();
    if (state.epochs.isDirty) {
      const path = `${directory}/${LEADER_EPOCH_CHECKPOINT}`;
      replaceFile(environment.disk, path, formatLeaderEpochs(state.epochs.entries()));
      state.epochs.isDirty = false;
    }
    environment.disk.syncDirectory(directory);
    state.restoreProducers(state.endOffset);
  }

  #dropFirst(count: number): Trimmed {
    const { state } = this;
    if (count === 0) return { deletedSegments: 0, deletedBytes: 0 };
    const removed = state.segments.removeFirst(count);
    this.#removeFiles(removed);
    const firstBase = state.segments.first.baseOffset;
    state.snapshots.removeWhere((offset) => offset < firstBase);
    let deletedBytes = 0;
    for (const segment of removed) deletedBytes += segment.sizeBytes;
    return { deletedSegments: removed.length, deletedBytes };
  }

  #removeFiles(removed: readonly LogSegment[]): void {
    const { state } = this;
    if (removed.length === 0) return;
    const paths = removed.flatMap((segment) => segment.markDeleted());
    const bytes = removed.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    state.names.changed();
    state.environment.duties.removeLater(paths, state.config.fileDeleteDelayMs, bytes);
  }

  #maxTimestampMs(segment: LogSegment): number {
    const { environment, config } = this.state;
    const { timestampMs } = verifiedMaxTimestamp(environment, segment, config.indexIntervalBytes);
    return timestampMs >= 0 ? timestampMs : segment.createdMs;
  }
}
