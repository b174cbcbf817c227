import * as layout from "../protocol/records/batch_layout.ts";
import { BatchCursor } from "./batch_cursor.ts";
import type { LogEnvironment } from "./log_environment.ts";
import { replayBatch, replayLog } from "./log_replay.ts";
import type { LogSegment } from "./log_segment.ts";
import type { ProducerSnapshots } from "./producer_snapshots.ts";
import { ProducerStates } from "./producer_states.ts";
import type { SegmentList } from "./segment_list.ts";
import { locateBatch } from "./segment_lookup.ts";
import type { AbortedTransaction } from "./transaction_index.ts";

/** Where batches are looked up. */
export interface BatchSources {
  readonly environment: LogEnvironment;
  readonly segments: SegmentList;
  readonly indexIntervalBytes: number;
}

/** Where aborted transactions are looked up. */
export interface TransactionSources extends BatchSources {
  readonly snapshots: ProducerSnapshots;
  readonly endOffset: number;
}

/**
 * The aborted transactions that a reader of the offsets from `from` up to `upTo` has to know of: in
 * the order of their markers, those with a record below `upTo` whose marker is not below `from`.
 */
export function findAborted(
  sources: TransactionSources,
  from: number,
  upTo: number,
): AbortedTransaction[] {
  const { segments } = sources;
  const found: AbortedTransaction[] = [];
  for (let i = segments.indexOf(from); i < segments.count; i++) {
    const segment = segments.at(i)!;
    if (segment.txnIndex.isEmpty) continue;
    for (const entry of trueEntries(sources, i)) {
      if (entry.lastOffset >= from && entry.firstOffset < upTo) found.push(entry);
      // Every transaction that ends later began at the last stable offset or above.
      if (entry.lastStableOffset >= upTo) return found;
    }
  }
  return found;
}

/** The entries of the segment's index; an index that lies is built anew. */
function trueEntries(sources: TransactionSources, index: number): readonly AbortedTransaction[] {
  const segment = sources.segments.at(index)!;
  const { txnIndex } = segment;
  if (!txnIndex.isVerified) {
    const isRight = txnIndex.entries()?.every((entry) => isTrueAbort(sources, segment, entry)) ??
      false;
    if (!isRight) rebuild(sources, segment);
    txnIndex.isVerified = true;
  }
  return txnIndex.entries() ?? [];
}

/** Whether the log has the marker and the first batch that the entry of the segment's index says. */
export function isTrueAbort(
  sources: BatchSources,
  segment: LogSegment,
  { producerId, firstOffset, lastOffset, lastStableOffset }: AbortedTransaction,
): boolean {
  const { baseOffset } = sources.segments.first;
  return isBatchOf(sources, lastOffset, producerId, true) && lastOffset >= segment.baseOffset &&
    (firstOffset < baseOffset || isBatchOf(sources, firstOffset, producerId, false)) &&
    (lastStableOffset === lastOffset + 1 || lastStableOffset < baseOffset ||
      isBatchOf(sources, lastStableOffset, undefined, false));
}

/** Whether a transactional batch, a marker or not, of the producer begins at the offset. */
function isBatchOf(
  sources: BatchSources,
  offset: number,
  producerId: number | undefined,
  isMarker: boolean,
): boolean {
  const { environment, segments, indexIntervalBytes } = sources;
  const segment = segments.at(segments.indexOf(offset))!;
  const batch = locateBatch(environment, segment, offset, indexIntervalBytes);
  if (batch?.baseOffset !== offset) return false;
  const end = batch.position + batch.size;
  const range = { position: batch.position, end, verifyCrc: false, isLookup: true };
  const cursor = new BatchCursor(segment.file.open(), environment.buffers, range);
  try {
    return cursor.next() && layout.isTransactional(cursor.buffer, cursor.at) &&
      layout.isControl(cursor.buffer, cursor.at) === isMarker &&
      (producerId === undefined || layout.producerId(cursor.buffer, cursor.at) === producerId);
  } finally {
    cursor.close();
  }
}

/** Replays the producers through the segment and writes its index from what they did. */
function rebuild(sources: TransactionSources, segment: LogSegment): void {
  const { environment, segments, snapshots, indexIntervalBytes } = sources;
  const producers = new ProducerStates();
  const snapshotOffset = snapshots.load(producers, segment.baseOffset);
  const from = Math.max(snapshotOffset ?? 0, segments.first.baseOffset);
  const next = segments.at(segments.indexOf(segment.baseOffset) + 1);
  const upTo = next?.baseOffset ?? sources.endOffset;
  segment.txnIndex.truncateBelow(0);
  replayLog(environment, segments, { from, upTo, indexIntervalBytes }, {
    batch(holder, buffer, at) {
      if (layout.baseOffset(buffer, at) < from) return;
      const aborted = replayBatch(producers, buffer, at);
      if (aborted !== undefined && holder === segment) segment.txnIndex.add(aborted);
    },
  });
}
