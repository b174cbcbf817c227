import * as layout from "../protocol/records/batch_layout.ts";
import { BatchCursor } from "./batch_cursor.ts";
import type { LogEnvironment } from "./log_environment.ts";
import type { LogSegment } from "./log_segment.ts";
import type { TimestampOffset } from "./time_index.ts";

/** Where a batch is in its segment, and what its header says. */
export interface BatchPosition {
  readonly position: number;
  readonly size: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly maxTimestampMs: number;
}

/**
 * A cursor from the last index entry at or below `offset` on. The entry is checked against the
 * batch that it points to; when it lies, the indexes of the segment are built anew.
 */
export function cursorBefore(
  environment: LogEnvironment,
  segment: LogSegment,
  offset: number,
  indexIntervalBytes: number,
): BatchCursor {
  const end = segment.sizeBytes;
  const entry = segment.offsetIndex.floor(offset);
  if (entry === undefined) return frontCursor(environment, segment);
  const { position } = entry;
  if (position >= 0 && position < end) {
    const range = { position, end, verifyCrc: false, isLookup: true };
    const cursor = new BatchCursor(segment.file.open(), environment.buffers, range);
    if (cursor.next() && cursor.lastOffset === entry.lastOffset) {
      cursor.stepBack();
      return cursor;
    }
    cursor.close();
  }
  rebuildIndexes(environment, segment, indexIntervalBytes);
  return frontCursor(environment, segment);
}

/** A cursor over the whole segment. */
export function frontCursor(environment: LogEnvironment, segment: LogSegment): BatchCursor {
  const range = { position: 0, end: segment.sizeBytes, verifyCrc: false };
  return new BatchCursor(segment.file.open(), environment.buffers, range);
}

/** The batch that holds `offset`, or the next one in the segment; undefined when there is none. */
export function locateBatch(
  environment: LogEnvironment,
  segment: LogSegment,
  offset: number,
  indexIntervalBytes: number,
): BatchPosition | undefined {
  const cursor = cursorBefore(environment, segment, offset, indexIntervalBytes);
  try {
    while (cursor.next()) {
      if (cursor.lastOffset >= offset) return describe(cursor);
    }
    return undefined;
  } finally {
    cursor.close();
  }
}

/** Whether a batch ends with the offset of the entry of a time index and is as young as it says. */
export function holdsTimestamp(
  environment: LogEnvironment,
  segment: LogSegment,
  entry: TimestampOffset,
  indexIntervalBytes: number,
): boolean {
  const batch = locateBatch(environment, segment, entry.offset, indexIntervalBytes);
  return batch !== undefined && batch.lastOffset === entry.offset &&
    batch.maxTimestampMs === entry.timestampMs;
}

/** What the header of the cursor's batch says. */
export function describe(cursor: BatchCursor): BatchPosition {
  const { buffer, at } = cursor;
  return {
    position: cursor.position,
    size: cursor.size,
    baseOffset: layout.baseOffset(buffer, at),
    lastOffset: layout.lastOffset(buffer, at),
    leaderEpoch: layout.partitionLeaderEpoch(buffer, at),
    maxTimestampMs: layout.maxTimestamp(buffer, at),
  };
}

/**
 * Reads all batch headers of the segment and writes its offset and time index from them, durably:
 * a prefix of a time index, as a crash may leave it, is true in each entry and wrong as a whole.
 */
export function rebuildIndexes(
  environment: LogEnvironment,
  segment: LogSegment,
  indexIntervalBytes: number,
): void {
  const { sizeBytes } = segment;
  segment.rewindTo(0, segment.baseOffset);
  segment.sizeBytes = sizeBytes;
  const cursor = frontCursor(environment, segment);
  try {
    while (cursor.next()) noteCursorBatch(segment, cursor, indexIntervalBytes);
  } finally {
    cursor.close();
  }
  segment.addTimeIndexEntry();
  segment.offsetIndex.syncNow();
  segment.timeIndex.syncNow();
}

/** Tells the segment's indexes of the cursor's batch. */
export function noteCursorBatch(
  segment: LogSegment,
  cursor: BatchCursor,
  indexIntervalBytes: number,
): void {
  const maxTimestampMs = layout.maxTimestamp(cursor.buffer, cursor.at);
  segment.noteBatch(
    cursor.position,
    cursor.size,
    cursor.lastOffset,
    maxTimestampMs,
    indexIntervalBytes,
  );
}

/**
 * Makes the segment end at byte `position`, before `offset`: its indexes forget what is beyond. The
 * file is not cut.
 */
export function rewindSegment(
  environment: LogEnvironment,
  segment: LogSegment,
  position: number,
  offset: number,
  indexIntervalBytes: number,
): void {
  const cursor = cursorBefore(environment, segment, offset - 1, indexIntervalBytes);
  try {
    let isFirst = true;
    while (cursor.next() && cursor.position < position) {
      if (isFirst) segment.rewindTo(cursor.position, cursor.lastOffset);
      isFirst = false;
      noteCursorBatch(segment, cursor, indexIntervalBytes);
      segment.sizeBytes = cursor.endPosition;
    }
    if (isFirst) segment.rewindTo(position, offset);
  } finally {
    cursor.close();
  }
  segment.txnIndex.truncateBelow(offset);
}
