import * as layout from "../protocol/records/batch_layout.ts";
import { BatchCursor } from "./batch_cursor.ts";
import type { LogEnvironment } from "./log_environment.ts";
import type { LogSegment } from "./log_segment.ts";
import type { TimestampOffset } from "./time_index.ts";
import type { OffsetPosition } from "./offset_index.ts";
import { holdsTimestamp, noteCursorBatch } from "./segment_lookup.ts";

const INT32_MAX = 2 ** 31 - 1;

/** How a segment is looked through after a start. */
export interface SegmentScan {
  /** Everything below it is known to be durable; the scan begins at or before it. */
  readonly fromOffset: number;
  /** Check the CRC of each batch: the shutdown was not clean. */
  readonly verifyCrc: boolean;
  readonly indexIntervalBytes: number;
}

/**
 * Finds where the batches of the segment end, from the last trustworthy index entry on, brings the
 * indexes up to date and cuts off what follows: torn writes, zeros filled in ahead, and batches
 * that survived although ones before them did not.
 *
 * @returns the offset after the last batch
 * @throws {DiskError}
 */
export function recoverSegment(
  environment: LogEnvironment,
  segment: LogSegment,
  scan: SegmentScan,
): number {
  const fileBytes = segment.sizeBytes;
  if (fileBytes === 0) {
    segment.rewindTo(0, segment.baseOffset);
    return segment.baseOffset;
  }
  const start = scanStart(environment, segment, scan);
  segment.rewindTo(start.position, start.offset);
  if (start.position > 0) {
    segment.firstTimestampMs = firstTimestamp(environment, segment, fileBytes);
  }
  const range = { position: start.position, end: fileBytes, verifyCrc: scan.verifyCrc };
  const cursor = new BatchCursor(segment.file.open(), environment.buffers, range);
  let endOffset = segment.baseOffset;
  let leaderEpoch = -1;
  try {
    while (cursor.next() && continues(segment, cursor, endOffset, leaderEpoch)) {
      noteCursorBatch(segment, cursor, scan.indexIntervalBytes);
      segment.sizeBytes = cursor.endPosition;
      endOffset = cursor.lastOffset + 1;
      leaderEpoch = layout.partitionLeaderEpoch(cursor.buffer, cursor.at);
    }
  } finally {
    cursor.close();
  }
  if (segment.hasExcess) segment.cutExcess();
  if (start.isRebuilt) segment.syncNow();
  return endOffset;
}

/**
 * Whether the batch can be the one after those before it. Bytes that a truncation should have cut
 * may reappear after a crash, whole and with a good CRC: they are of an older leader epoch.
 */
function continues(
  segment: LogSegment,
  cursor: BatchCursor,
  endOffset: number,
  leaderEpoch: number,
): boolean {
  return cursor.baseOffset >= endOffset &&
    cursor.lastOffset - segment.baseOffset <= INT32_MAX &&
    layout.partitionLeaderEpoch(cursor.buffer, cursor.at) >= leaderEpoch;
}

/** The batch that the scan begins with. */
interface ScanStart {
  readonly position: number;
  /** Index entries from this one on are made anew. */
  readonly offset: number;
  /** The index was wrong: all of it is made anew, and is to be durable before anything else. */
  readonly isRebuilt: boolean;
}

/**
 * Where the scan begins: with the batch of the last index entry before `fromOffset`, if it and the
 * time index up to there are true; else at the front.
 */
function scanStart(
  environment: LogEnvironment,
  segment: LogSegment,
  scan: SegmentScan,
): ScanStart {
  const front = { position: 0, offset: segment.baseOffset, isRebuilt: false };
  const entry = segment.offsetIndex.floor(scan.fromOffset - 1);
  if (entry === undefined || entry.index === 0) return front;
  if (!isTrueEntry(environment, segment, entry)) return { ...front, isRebuilt: true };
  return hasTrueTimes(environment, segment, entry.lastOffset, scan)
    ? { position: entry.position, offset: entry.lastOffset, isRebuilt: false }
    : { ...front, isRebuilt: true };
}

/**
 * Whether the time index can be believed below `offset`: its last entry there, and the next one,
 * which would be missed if damage made it seem to be of a later offset. Drops it and what follows.
 */
function hasTrueTimes(
  environment: LogEnvironment,
  segment: LogSegment,
  offset: number,
  scan: SegmentScan,
): boolean {
  const { timeIndex } = segment;
  const isTrue = (entry: TimestampOffset) =>
    holdsTimestamp(environment, segment, entry, scan.indexIntervalBytes);
  const count = timeIndex.countBefore(offset);
  const next = timeIndex.entry(count);
  if (next !== undefined && next.offset > segment.baseOffset && !isTrue(next)) return false;
  timeIndex.truncateTo(count);
  const youngest = timeIndex.last();
  if (youngest !== undefined) return isTrue(youngest);
  return firstTimestamp(environment, segment, segment.sizeBytes) < 0;
}

/** Whether a batch with a good CRC is where the entry says. */
function isTrueEntry(
  environment: LogEnvironment,
  segment: LogSegment,
  entry: OffsetPosition,
): boolean {
  if (entry.position < 0 || entry.position >= segment.sizeBytes) return false;
  const range = { position: entry.position, end: segment.sizeBytes, verifyCrc: true };
  const cursor = new BatchCursor(segment.file.open(), environment.buffers, range);
  try {
    return cursor.next() && cursor.lastOffset === entry.lastOffset;
  } finally {
    cursor.close();
  }
}

/** Timestamp of the first batch; -1 when there is no batch, or none with a timestamp. */
function firstTimestamp(
  environment: LogEnvironment,
  segment: LogSegment,
  fileBytes: number,
): number {
  const range = { position: 0, end: fileBytes, verifyCrc: false, isLookup: true };
  const cursor = new BatchCursor(segment.file.open(), environment.buffers, range);
  const timestampMs = cursor.next() ? layout.maxTimestamp(cursor.buffer, cursor.at) : -1;
  cursor.close();
  return timestampMs;
}
