import { readTextFile } from "./atomic_file.ts";
import { LEADER_EPOCH_CHECKPOINT, parseLeaderEpochs } from "./checkpoint_files.ts";
import * as layout from "../protocol/records/batch_layout.ts";
import { type EpochStart, LeaderEpochs } from "./leader_epochs.ts";
import type { LogEnvironment } from "./log_environment.ts";
import { replayLog } from "./log_replay.ts";
import type { SegmentList } from "./segment_list.ts";
import { locateBatch } from "./segment_lookup.ts";

/** Where leader epochs are restored from. */
export interface EpochSources {
  readonly environment: LogEnvironment;
  readonly segments: SegmentList;
  readonly indexIntervalBytes: number;
}

/** The log whose epochs are restored. */
export interface EpochBounds {
  /** Of the partition. */
  readonly directory: string;
  readonly startOffset: number;
  /** The checkpoint file knows of all epochs below it. */
  readonly checkpointedOffset: number;
  readonly endOffset: number;
}

/**
 * The leader epochs of a log that was opened: those of the checkpoint file, when the batches agree
 * with them, and those of the batches that were appended after it was written.
 */
export function restoreLeaderEpochs(sources: EpochSources, bounds: EpochBounds): LeaderEpochs {
  const { directory, startOffset, checkpointedOffset, endOffset } = bounds;
  const text = readTextFile(sources.environment.disk, `${directory}/${LEADER_EPOCH_CHECKPOINT}`);
  const checkpoint = text === undefined ? undefined : parseLeaderEpochs(text);
  const epochs = new LeaderEpochs(checkpoint ?? []);
  epochs.truncateFromEnd(endOffset);
  const entries = epochs.entries();
  const isTrusted = checkpoint !== undefined && reachesStart(entries, bounds) &&
    entries.every((_, i) => agrees(sources, bounds, entries, i));
  if (!isTrusted) epochs.clear();
  const from = isTrusted ? checkpointedOffset : sources.segments.first.baseOffset;
  if (from < endOffset) assignFromBatches(sources, epochs, from, endOffset);
  epochs.truncateFromStart(startOffset);
  return epochs;
}

/**
 * Whether the first epoch holds the log start, as it does unless a crash lost the checkpoint of a
 * log start that the epochs were cut for already.
 */
function reachesStart(entries: readonly EpochStart[], bounds: EpochBounds): boolean {
  const first = entries[0];
  if (first !== undefined) return first.startOffset <= bounds.startOffset;
  return bounds.checkpointedOffset <= bounds.startOffset;
}

function assignFromBatches(
  sources: EpochSources,
  epochs: LeaderEpochs,
  from: number,
  upTo: number,
): void {
  const { environment, segments, indexIntervalBytes } = sources;
  replayLog(environment, segments, { from, upTo, indexIntervalBytes }, {
    batch(_segment, buffer, at) {
      epochs.assign(layout.partitionLeaderEpoch(buffer, at), layout.baseOffset(buffer, at));
    },
  });
}

/**
 * Whether the batches where epoch number `i` begins and ends are of it. Where the log has lost them
 * (retention, compaction) there is nothing to disagree with.
 */
function agrees(
  sources: EpochSources,
  bounds: EpochBounds,
  entries: readonly EpochStart[],
  i: number,
): boolean {
  const { epoch, startOffset } = entries[i]!;
  const begin = Math.max(startOffset, bounds.startOffset);
  const end = entries[i + 1]?.startOffset ?? Math.min(bounds.checkpointedOffset, bounds.endOffset);
  if (begin >= end) return true;
  const first = batchAt(sources, begin);
  if (first !== undefined && first.baseOffset < end && first.leaderEpoch !== epoch) return false;
  const last = batchAt(sources, end - 1);
  return last === undefined || last.baseOffset >= end || last.leaderEpoch === epoch;
}

function batchAt(sources: EpochSources, offset: number) {
  const { environment, segments, indexIntervalBytes } = sources;
  const segment = segments.at(segments.indexOf(offset))!;
  if (offset < segment.baseOffset || segment.sizeBytes === 0) return undefined;
  return locateBatch(environment, segment, offset, indexIntervalBytes);
}
