import type { Uuid } from "../base/uuid.ts";
import * as layout from "../protocol/records/batch_layout.ts";
import { isTrueAbort } from "./aborted_transactions.ts";
import { readTextFile, TEMPORARY_SUFFIX } from "./atomic_file.ts";
import { parsePartitionMetadata, PARTITION_METADATA } from "./checkpoint_files.ts";
import { finishSwaps } from "./compaction/swap_recovery.ts";
import type { LogConfig } from "./log_config.ts";
import type { LogEnvironment } from "./log_environment.ts";
import { replayBatch, replayLog } from "./log_replay.ts";
import { LogSegment, NEW_SEGMENT } from "./log_segment.ts";
import { ProducerSnapshots } from "./producer_snapshots.ts";
import { ProducerStates } from "./producer_states.ts";
import { SegmentList } from "./segment_list.ts";
import * as names from "./segment_names.ts";
import { recoverSegment } from "./segment_recovery.ts";

/** What is known of a partition before its directory is looked at. */
export interface LogOpening {
  readonly environment: LogEnvironment;
  /** Directory of the partition, `<topic>-<partition>`. */
  readonly directory: string;
  readonly config: LogConfig;
  /** The last run ended in order, so that all files are complete and durable. */
  readonly wasCleanlyShut: boolean;
  /** From the checkpoint: all below it is durable. */
  readonly recoveryPoint: number;
  /** From the checkpoint. */
  readonly logStartOffset: number;
}

/** A log as it is when it can be appended to. */
export interface OpenedLog {
  readonly segments: SegmentList;
  /** False when the end of the active segment was believed and has to be looked at before use. */
  readonly isSettled: boolean;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly flushedOffset: number;
  readonly snapshots: ProducerSnapshots;
  readonly topicId: Uuid | undefined;
}

/**
 * Opens the log in a directory that is there. After a clean shutdown hardly more than the names of
 * the files is read; after any other the log is checked from the recovery point on, and cut where
 * it is torn. Producers and leader epochs are left for when they are asked for.
 * @throws {DiskError}
 */
export function openLog(opening: LogOpening): OpenedLog {
  const { environment, directory } = opening;
  const files = listFiles(opening);
  const segments = loadSegments(opening, files);
  const isSettled = !canBelieve(opening, segments, files);
  const endOffset = isSettled ? recoverSegments(opening, segments) : opening.recoveryPoint;
  const startOffset = Math.min(
    endOffset,
    Math.max(opening.logStartOffset, segments.first.baseOffset),
  );
  const flushedOffset = Math.min(opening.recoveryPoint, endOffset);
  if (endOffset > flushedOffset) {
    for (const segment of segments.all().slice(segments.indexOf(flushedOffset))) {
      segment.isDirty = true;
    }
  }
  const snapshots = new ProducerSnapshots(environment.disk, directory, files.snapshotOffsets);
  if (snapshots.removeWhere((offset) => offset > flushedOffset)) {
    environment.disk.syncDirectory(directory);
  }
  const topicId = readTopicId(opening, files);
  return { segments, isSettled, startOffset, endOffset, flushedOffset, snapshots, topicId };
}

/**
 * Whether the recovery point is the log end without a look at the log: after a clean shutdown, when
 * the newest snapshot, written at the log end, has the same offset in its name.
 */
function canBelieve(opening: LogOpening, segments: SegmentList, files: PartitionFiles): boolean {
  const { wasCleanlyShut, recoveryPoint } = opening;
  const { active } = segments;
  if (!wasCleanlyShut || recoveryPoint < active.baseOffset) return false;
  if (active.sizeBytes === 0) return recoveryPoint === active.baseOffset;
  return Math.max(...files.snapshotOffsets) === recoveryPoint;
}

/** Where producers are restored from. */
export interface ProducerSources {
  readonly environment: LogEnvironment;
  readonly segments: SegmentList;
  readonly snapshots: ProducerSnapshots;
  readonly indexIntervalBytes: number;
}

/**
 * The producers at the end of the log: from the newest snapshot that is there, and the batches
 * after it. Transactions that were aborted at or above `indexedOffset` are written to the
 * transaction index anew; what it has below that is right and stays.
 */
export function restoreProducers(
  sources: ProducerSources,
  bounds: { readonly indexedOffset: number; readonly endOffset: number },
): ProducerStates {
  const { environment, segments, snapshots, indexIntervalBytes } = sources;
  const { indexedOffset, endOffset } = bounds;
  const unsure = segments.all().slice(segments.indexOf(indexedOffset));
  // A torn write at its end, or an entry that the log denies, makes all of an index doubtful.
  const damaged = unsure.find((segment) => {
    const entries = segment.txnIndex.entries();
    return entries === undefined ||
      entries.some((entry) =>
        entry.lastOffset >= indexedOffset && !isTrueAbort(sources, segment, entry)
      );
  });
  const rewriteFrom = Math.min(indexedOffset, damaged?.baseOffset ?? Infinity);
  for (const segment of unsure) segment.txnIndex.truncateBelow(rewriteFrom);
  const producers = new ProducerStates();
  const snapshotOffset = snapshots.load(producers, rewriteFrom);
  const from = Math.max(snapshotOffset ?? 0, segments.first.baseOffset);
  replayLog(environment, segments, { from, upTo: endOffset, indexIntervalBytes }, {
    batch(segment, buffer, at) {
      if (layout.baseOffset(buffer, at) < from) return;
      const aborted = replayBatch(producers, buffer, at);
      if (aborted !== undefined && aborted.lastOffset >= rewriteFrom) segment.txnIndex.add(aborted);
    },
  });
  if (rewriteFrom < indexedOffset) {
    for (const segment of unsure) segment.txnIndex.syncNow();
  }
  return producers;
}

interface PartitionFiles {
  readonly sizes: ReadonlyMap<string, number>;
  readonly segmentOffsets: readonly number[];
  readonly snapshotOffsets: readonly number[];
}

/** Looks through the directory and removes what a crash or a restart left over. */
function listFiles({ environment, directory }: LogOpening): PartitionFiles {
  const sizes = new Map<string, number>();
  const segmentOffsets: number[] = [];
  const snapshotOffsets: number[] = [];
  let entries = environment.disk.list(directory) ?? [];
  const fileNames = entries.map(({ name }) => name);
  if (finishSwaps(environment, directory, fileNames)) {
    entries = environment.disk.list(directory) ?? [];
  }
  for (const { name, size, isDirectory } of entries) {
    if (isDirectory) continue;
    if (name.endsWith(names.DELETED_SUFFIX) || name.endsWith(TEMPORARY_SUFFIX)) {
      environment.disk.remove(`${directory}/${name}`);
      continue;
    }
    sizes.set(name, size);
    const segment = names.offsetOfFileName(name, names.LOG_SUFFIX);
    if (segment !== undefined) segmentOffsets.push(segment);
    const snapshot = names.offsetOfFileName(name, names.SNAPSHOT_SUFFIX);
    if (snapshot !== undefined) snapshotOffsets.push(snapshot);
  }
  segmentOffsets.sort((a, b) => a - b);
  return { sizes, segmentOffsets, snapshotOffsets };
}

function loadSegments(opening: LogOpening, files: PartitionFiles): SegmentList {
  const { environment, directory, logStartOffset } = opening;
  const nowMs = environment.clock.wallMs();
  const sizeOf = (base: number, suffix: string) =>
    files.sizes.get(names.offsetFileName(base, suffix)) ?? 0;
  const segments = files.segmentOffsets.map((base) =>
    new LogSegment(environment, directory, base, nowMs, {
      log: sizeOf(base, names.LOG_SUFFIX),
      index: sizeOf(base, names.INDEX_SUFFIX),
      timeIndex: sizeOf(base, names.TIME_INDEX_SUFFIX),
      txnIndex: sizeOf(base, names.TXN_INDEX_SUFFIX),
    })
  );
  if (segments.length === 0) {
    const segment = new LogSegment(environment, directory, logStartOffset, nowMs, NEW_SEGMENT);
    segment.file.open();
    segments.push(segment);
  }
  return new SegmentList(segments);
}

/** @returns the log end offset */
function recoverSegments(opening: LogOpening, segments: SegmentList): number {
  const { environment, config, directory, recoveryPoint } = opening;
  const { indexIntervalBytes } = config;
  if (opening.wasCleanlyShut) {
    const scan = { fromOffset: Infinity, verifyCrc: false, indexIntervalBytes };
    const endOffset = recoverSegment(environment, segments.active, scan);
    if (endOffset === recoveryPoint) return endOffset;
    const fields = { directory, endOffset, recoveryPoint };
    environment.logger.warn("log does not end where the checkpoint says", fields);
  }
  // The segment before a recovery point at a base offset may still have zeros that its end cut off.
  for (let i = segments.indexOf(recoveryPoint - 1);; i++) {
    const segment = segments.at(i)!;
    const scan = { fromOffset: recoveryPoint, verifyCrc: true, indexIntervalBytes };
    const endOffset = recoverSegment(environment, segment, scan);
    const next = segments.at(i + 1);
    if (next === undefined) return endOffset;
    if (next.baseOffset === endOffset) continue;
    environment.logger.warn("log torn, later segments dropped", { directory, endOffset });
    dropSegments(opening, segments, i + 1);
    return endOffset;
  }
}

function dropSegments(opening: LogOpening, segments: SegmentList, count: number): void {
  const { disk } = opening.environment;
  for (const segment of segments.keepFirst(count)) {
    for (const path of segment.markDeleted()) disk.remove(path);
  }
  disk.syncDirectory(opening.directory);
}

function readTopicId(
  { environment, directory }: LogOpening,
  files: PartitionFiles,
): Uuid | undefined {
  if (!files.sizes.has(PARTITION_METADATA)) return undefined;
  const text = readTextFile(environment.disk, `${directory}/${PARTITION_METADATA}`);
  return text === undefined ? undefined : parsePartitionMetadata(text);
}
