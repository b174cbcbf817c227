import { isLimited } from "./log_config.ts";

/** What retention looks at in a segment. */
export interface SegmentAge {
  /** Offset after its last record. */
  readonly endOffset: number;
  readonly sizeBytes: number;
  /** Youngest timestamp, or when the segment was made where its records have none. */
  maxTimestampMs(): number;
}

/** What a log may keep. */
export interface RetentionLimits {
  readonly nowMs: number;
  /** Nothing at or above it is taken: the high watermark. */
  readonly upTo: number;
  readonly startOffset: number;
  readonly cleanupDelete: boolean;
  readonly retentionMs: number;
  readonly retentionBytes: number;
}

/**
 * How many segments from the front may go: those wholly below the log start, those whose youngest
 * record is past `retention.ms`, and those without which the log still has `retention.bytes`.
 */
export function segmentsPastRetention(
  segments: readonly SegmentAge[],
  limits: RetentionLimits,
): number {
  const { upTo, startOffset, nowMs, retentionMs, retentionBytes, cleanupDelete } = limits;
  let bytesOver = isLimited(retentionBytes) ? -retentionBytes : -Infinity;
  for (const segment of segments) bytesOver += segment.sizeBytes;
  let count = 0;
  for (const segment of segments) {
    const { sizeBytes, endOffset } = segment;
    if (endOffset > upTo) break;
    const isBelowStart = endOffset <= startOffset && sizeBytes > 0;
    const isTooMuch = cleanupDelete && bytesOver >= sizeBytes && sizeBytes > 0;
    const isTooOld = cleanupDelete && isLimited(retentionMs) && sizeBytes > 0 &&
      nowMs - segment.maxTimestampMs() > retentionMs;
    if (!isBelowStart && !isTooMuch && !isTooOld) break;
    bytesOver -= sizeBytes;
    count++;
  }
  return count;
}
