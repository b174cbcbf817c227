import { invariant } from "../../base/invariant.ts";
import { findAborted } from "../aborted_transactions.ts";
import { isLimited } from "../log_config.ts";
import type { LogSegment } from "../log_segment.ts";
import type { LogState } from "../log_state.ts";
import { frontCursor } from "../segment_lookup.ts";
import { verifiedMaxTimestamp } from "../timestamp_search.ts";
import { maxTimestamp } from "../../protocol/records/batch_layout.ts";
import { activeProducers } from "./active_producers.ts";
import type { CleanedSegment, CleaningJob, CleaningResources } from "./cleaning_job.ts";
import { swapIn } from "./segment_swap.ts";

/** What cleaning a log would be about, at a moment. */
export interface CleaningSurvey {
  /** Where the part begins that was never cleaned. */
  readonly firstDirtyOffset: number;
  /** Where the part begins that can't be cleaned: a segment's base offset. */
  readonly firstUncleanableOffset: number;
  readonly cleanBytes: number;
  /** Bytes between the two offsets. */
  readonly cleanableBytes: number;
  /** Cleanable bytes by all that would be read; 0 when there are none. */
  readonly dirtyRatio: number;
  /** `max.compaction.lag.ms` has passed for a record that was never cleaned. */
  readonly isOverdue: boolean;
}

/** What a survey is told. */
export interface SurveyInput {
  /** From the checkpoint: all below it was cleaned; undefined when nothing was. */
  readonly cleanedOffset: number | undefined;
  /** Nothing at or above it is cleaned. Asked for only when there is something to clean. */
  readonly lastStableOffset: () => number;
  readonly nowMs: number;
}

/** A log as its cleaner sees it; the part of compaction that is done where the log lives. */
export class LogCleaning {
  constructor(private readonly state: LogState) {}

  /**
   * The lowest end that the log was cut to since the last call: what was cleaned above it is no
   * longer there. Infinity when it was not cut.
   */
  takeLowestCut(): number {
    const { lowestCutOffset } = this.state;
    this.state.lowestCutOffset = Infinity;
    return lowestCutOffset;
  }

  /** @throws {DiskError} */
  survey({ cleanedOffset, lastStableOffset, nowMs }: SurveyInput): CleaningSurvey {
    const { segments, startOffset, endOffset } = this.state;
    // A checkpoint that can't be right is none.
    const isPlausible = cleanedOffset !== undefined && cleanedOffset >= startOffset &&
      cleanedOffset <= endOffset;
    const firstDirtyOffset = isPlausible ? cleanedOffset : startOffset;
    const clean = { firstDirtyOffset, firstUncleanableOffset: firstDirtyOffset };
    const nothing = { ...clean, cleanBytes: 0, cleanableBytes: 0, dirtyRatio: 0, isOverdue: false };
    if (segments.active.baseOffset <= firstDirtyOffset) return nothing;
    const end = this.#firstUncleanable(firstDirtyOffset, lastStableOffset(), nowMs);
    const first = segments.indexOf(firstDirtyOffset);
    if (end <= first) return nothing;
    let cleanBytes = 0;
    let cleanableBytes = 0;
    for (let i = 0; i < end; i++) {
      const { baseOffset, sizeBytes } = segments.at(i)!;
      if (baseOffset < firstDirtyOffset) cleanBytes += sizeBytes;
      if (i >= first) cleanableBytes += sizeBytes;
    }
    return {
      firstDirtyOffset,
      firstUncleanableOffset: segments.at(end)!.baseOffset,
      cleanBytes,
      cleanableBytes,
      dirtyRatio: cleanableBytes === 0 ? 0 : cleanableBytes / (cleanBytes + cleanableBytes),
      isOverdue: this.#isOverdue(first, nowMs),
    };
  }

  /**
   * Prepares the cleaning that `survey` is about.
   * @param secret random words for the hash of keys
   * @throws {DiskError}
   */
  begin(
    survey: CleaningSurvey,
    resources: CleaningResources,
    nowMs: number,
    secret: Int32Array,
  ): LogCleaningRun {
    const { state } = this;
    state.settle();
    const { environment, segments, snapshots, endOffset, config, directory } = state;
    const { firstDirtyOffset, firstUncleanableOffset } = survey;
    const count = segments.indexOf(firstUncleanableOffset);
    const taken = segments.all().slice(0, count);
    const { indexIntervalBytes, segmentBytes, segmentIndexBytes, deleteRetentionMs } = config;
    const found = { environment, segments, snapshots, endOffset, indexIntervalBytes };
    return new LogCleaningRun(state, taken, {
      directory,
      sources: taken.map((segment, i) => ({
        baseOffset: segment.baseOffset,
        endOffset: segments.at(i + 1)!.baseOffset,
        sizeBytes: segment.sizeBytes,
        offsetIndexBytes: segment.offsetIndex.sizeBytes,
        timeIndexBytes: segment.timeIndex.sizeBytes,
      })),
      firstDirtyOffset,
      aborted: findAborted(found, segments.first.baseOffset, firstUncleanableOffset),
      producers: activeProducers(state.producers),
      rules: { nowMs, deleteRetentionMs, segmentBytes, segmentIndexBytes, indexIntervalBytes },
      resources,
      secret,
    });
  }

  /**
   * Index of the first segment that can't be cleaned: the active one, that of the last stable
   * offset, or one with a record younger than `min.compaction.lag.ms`.
   */
  #firstUncleanable(firstDirtyOffset: number, lastStableOffset: number, nowMs: number): number {
    const { segments, config, environment } = this.state;
    const end = Math.min(segments.count - 1, segments.indexOf(lastStableOffset));
    if (config.minCompactionLagMs <= 0) return end;
    const youngMs = nowMs - config.minCompactionLagMs;
    for (let i = segments.indexOf(firstDirtyOffset); i < end; i++) {
      const segment = segments.at(i)!;
      const youngest = verifiedMaxTimestamp(environment, segment, config.indexIntervalBytes);
      if (youngest.timestampMs > youngMs) return i;
    }
    return end;
  }

  /** Whether a segment from `first` on, which is to be cleaned or would be, began too long ago. */
  #isOverdue(first: number, nowMs: number): boolean {
    const { segments, config, environment } = this.state;
    if (!isLimited(config.maxCompactionLagMs)) return false;
    const dueMs = nowMs - config.maxCompactionLagMs;
    for (let i = first; i < segments.count - 1; i++) {
      const cursor = frontCursor(environment, segments.at(i)!);
      try {
        const beganMs = cursor.next() ? maxTimestamp(cursor.buffer, cursor.at) : -1;
        if (beganMs > 0 && beganMs < dueMs) return true;
      } finally {
        cursor.close();
      }
    }
    return false;
  }
}

/** One cleaning of one log, from the side of the log: says what there is, takes what comes of it. */
export class LogCleaningRun {
  readonly #truncations: number;
  /** First of the sources that no cleaned segment has replaced yet. */
  #next = 0;

  constructor(
    private readonly state: LogState,
    private readonly sources: readonly LogSegment[],
    readonly job: CleaningJob,
  ) {
    this.#truncations = state.truncations;
  }

  /** False once the log was deleted, cut, or lost sources to retention: the cleaning is void. */
  get isCurrent(): boolean {
    const { state, sources } = this;
    if (state.isRetired || state.failure !== undefined) return false;
    if (state.truncations !== this.#truncations) return false;
    return this.#next >= sources.length || this.#isPresent(this.#next);
  }

  /**
   * Puts a cleaned segment in the place of its sources, at once for all readers, and then makes
   * the change of names durable.
   * @returns false when the log has changed: nothing was done
   * @throws {DiskError}
   */
  async swap(cleaned: CleanedSegment): Promise<boolean> {
    const { state, sources } = this;
    const { firstSource, endSource } = cleaned;
    invariant(firstSource === this.#next, "segments are swapped in one after the other");
    // Segments go from the front or by a cut, so that the first of them stands for all.
    if (!this.isCurrent) return false;
    const replaced = sources.slice(firstSource, endSource);
    const removed = swapIn(state, replaced, cleaned);
    this.#next = endSource;
    await state.names.sync();
    // Those of a log that was deleted meanwhile go with its directory.
    if (!state.isRetired) {
      const bytes = replaced.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      state.environment.duties.removeLater(removed, state.config.fileDeleteDelayMs, bytes);
    }
    return true;
  }

  #isPresent(source: number): boolean {
    const segment = this.sources[source]!;
    return this.state.segments.withBase(segment.baseOffset) === segment;
  }
}
