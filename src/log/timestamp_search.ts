import * as layout from "../protocol/records/batch_layout.ts";
import { openBatch } from "../protocol/records/record_reader.ts";
import type { BatchCursor } from "./batch_cursor.ts";
import type { LogEnvironment } from "./log_environment.ts";
import type { LogSegment } from "./log_segment.ts";
import type { SegmentList } from "./segment_list.ts";
import { cursorBefore, frontCursor, holdsTimestamp, rebuildIndexes } from "./segment_lookup.ts";
import type { TimestampOffset } from "./time_index.ts";

/** A record, found by its timestamp. */
export interface FoundRecord {
  readonly offset: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** What is searched. */
export interface TimestampSearch {
  readonly environment: LogEnvironment;
  readonly segments: SegmentList;
  /** Records below it don't count. */
  readonly startOffset: number;
  readonly indexIntervalBytes: number;
}

/**
 * The earliest record at or above the start offset with a timestamp of at least `timestampMs`; it
 * is looked for inside of batches, compressed ones too.
 *
 * @throws {DiskError}
 * @throws {CorruptBatchError} or {CompressionError} when a batch can't be read
 */
export function findByTimestamp(
  search: TimestampSearch,
  timestampMs: number,
): FoundRecord | undefined {
  const { environment, segments, startOffset, indexIntervalBytes } = search;
  for (let i = segments.indexOf(startOffset); i < segments.count; i++) {
    const segment = segments.at(i)!;
    const youngest = verifiedMaxTimestamp(environment, segment, indexIntervalBytes);
    if (youngest.timestampMs < timestampMs) continue;
    const before = verified(search, segment, () => segment.timeIndex.before(timestampMs));
    const cursor = before === undefined
      ? frontCursor(environment, segment)
      : cursorBefore(environment, segment, before.offset, indexIntervalBytes);
    const found = firstRecord(cursor, startOffset, timestampMs);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first record that has the largest timestamp; undefined in an empty log. */
export function findMaxTimestamp(search: TimestampSearch): FoundRecord | undefined {
  const { environment, segments, startOffset, indexIntervalBytes } = search;
  let youngest: TimestampOffset | undefined;
  let holder: LogSegment | undefined;
  for (let i = segments.indexOf(startOffset); i < segments.count; i++) {
    const segment = segments.at(i)!;
    if (segment.sizeBytes === 0) continue;
    let candidate = verifiedMaxTimestamp(environment, segment, indexIntervalBytes);
    if (candidate.offset < startOffset) candidate = scanMax(search, segment);
    if (youngest !== undefined && candidate.timestampMs <= youngest.timestampMs) continue;
    youngest = candidate;
    holder = segment;
  }
  if (youngest === undefined || holder === undefined) return undefined;
  const cursor = cursorBefore(environment, holder, youngest.offset, indexIntervalBytes);
  return firstRecord(cursor, startOffset, youngest.timestampMs);
}

/** The youngest timestamp of the segment, checked against the batch that is said to hold it. */
export function verifiedMaxTimestamp(
  environment: LogEnvironment,
  segment: LogSegment,
  indexIntervalBytes: number,
): TimestampOffset {
  if (segment.sizeBytes === 0 || segment.isMaxTimestampKnown) return segment.maxTimestamp;
  const claimed = segment.timeIndex.last();
  if (claimed === undefined || !holdsTimestamp(environment, segment, claimed, indexIntervalBytes)) {
    rebuildIndexes(environment, segment, indexIntervalBytes);
  }
  return segment.maxTimestamp;
}

/** What `lookup` finds in the time index; after a lie the index is built anew and asked again. */
function verified(
  search: TimestampSearch,
  segment: LogSegment,
  lookup: () => TimestampOffset | undefined,
): TimestampOffset | undefined {
  const { environment, indexIntervalBytes } = search;
  const entry = lookup();
  if (entry === undefined || holdsTimestamp(environment, segment, entry, indexIntervalBytes)) {
    return entry;
  }
  rebuildIndexes(environment, segment, indexIntervalBytes);
  return lookup();
}

/** The youngest timestamp among the batches that reach the start offset. */
function scanMax(search: TimestampSearch, segment: LogSegment): TimestampOffset {
  const { environment, startOffset, indexIntervalBytes } = search;
  const cursor = cursorBefore(environment, segment, startOffset, indexIntervalBytes);
  let youngest = { timestampMs: -Infinity, offset: startOffset };
  try {
    while (cursor.next()) {
      const timestampMs = layout.maxTimestamp(cursor.buffer, cursor.at);
      if (cursor.lastOffset >= startOffset && timestampMs > youngest.timestampMs) {
        youngest = { timestampMs, offset: cursor.lastOffset };
      }
    }
  } finally {
    cursor.close();
  }
  return youngest;
}

/** The first record from the cursor on that is young enough. Closes the cursor. */
function firstRecord(
  cursor: BatchCursor,
  startOffset: number,
  timestampMs: number,
): FoundRecord | undefined {
  try {
    while (cursor.next()) {
      if (cursor.lastOffset < startOffset) continue;
      if (layout.maxTimestamp(cursor.buffer, cursor.at) < timestampMs) continue;
      if (!cursor.loadBody()) return undefined;
      const records = openBatch(cursor.buffer, cursor.at);
      const leaderEpoch = layout.partitionLeaderEpoch(cursor.buffer, cursor.at);
      while (records.next()) {
        const { offset, timestamp } = records;
        if (offset >= startOffset && timestamp >= timestampMs) {
          return { offset, timestamp, leaderEpoch };
        }
      }
    }
    return undefined;
  } finally {
    cursor.close();
  }
}
