import * as layout from "../protocol/records/batch_layout.ts";
import { BatchCursor } from "./batch_cursor.ts";
import type { LogEnvironment } from "./log_environment.ts";
import type { LogSegment } from "./log_segment.ts";
import { noteCursorBatch, rebuildIndexes } from "./segment_lookup.ts";

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
  if (start.position > 0) readFirstTimestamp(environment, segment, fileBytes);
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

/** Position and last offset of the batch that the scan begins with. */
function scanStart(
  environment: LogEnvironment,
  segment: LogSegment,
  scan: SegmentScan,
): { readonly position: number; readonly offset: number } {
  const front = { position: 0, offset: segment.baseOffset };
  const { offsetIndex, timeIndex } = segment;
  if (offsetIndex.count === 0) return front;
  const entry = offsetIndex.floor(scan.fromOffset - 1);
  if (entry === undefined || entry.position < 0) return front;
  const range = { position: entry.position, end: segment.sizeBytes, verifyCrc: true };
  const probe = new BatchCursor(segment.file.open(), environment.buffers, range);
  try {
    const isTrue = probe.next() && probe.lastOffset === entry.lastOffset;
    const hasTimes = timeIndex.count > 0 ||
      (isTrue && layout.maxTimestamp(probe.buffer, probe.at) < 0);
    if (isTrue && hasTimes) return { position: entry.position, offset: entry.lastOffset };
  } finally {
    probe.close();
  }
  rebuildIndexes(environment, segment, scan.indexIntervalBytes);
  return front;
}

function readFirstTimestamp(
  environment: LogEnvironment,
  segment: LogSegment,
  fileBytes: number,
): void {
  const range = { position: 0, end: fileBytes, verifyCrc: false, isLookup: true };
  const cursor = new BatchCursor(segment.file.open(), environment.buffers, range);
  if (cursor.next()) segment.firstTimestampMs = layout.maxTimestamp(cursor.buffer, cursor.at);
  cursor.close();
}
