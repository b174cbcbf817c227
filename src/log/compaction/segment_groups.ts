import type { CleaningRules, SourceSegment } from "./cleaning_job.ts";

/** Offsets in a segment are int32, relative to its base. */
const INT32_MAX = 2 ** 31 - 1;

/** Sources that become one segment: from `first` up to `end`, not included. */
export interface SegmentGroup {
  readonly first: number;
  readonly end: number;
}

/**
 * Divides the first `count` sources into runs that fit into one segment each, by size, size of the
 * indexes and range of offsets, going by what the sources are before they are cleaned.
 */
export function groupSegments(
  sources: readonly SourceSegment[],
  count: number,
  { segmentBytes, segmentIndexBytes }: CleaningRules,
): SegmentGroup[] {
  const groups: SegmentGroup[] = [];
  for (let first = 0; first < count;) {
    const { baseOffset } = sources[first]!;
    let { sizeBytes: logBytes, offsetIndexBytes, timeIndexBytes } = sources[first]!;
    let end = first + 1;
    for (; end < count; end++) {
      const next = sources[end]!;
      logBytes += next.sizeBytes;
      offsetIndexBytes += next.offsetIndexBytes;
      timeIndexBytes += next.timeIndexBytes;
      const fits = logBytes <= segmentBytes && offsetIndexBytes <= segmentIndexBytes &&
        timeIndexBytes <= segmentIndexBytes && next.endOffset - 1 - baseOffset <= INT32_MAX;
      if (!fits) break;
    }
    groups.push({ first, end });
    first = end;
  }
  return groups;
}
