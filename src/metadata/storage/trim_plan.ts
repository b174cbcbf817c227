/** Which segments go when there is too much: the oldest of those who have more than is theirs. Pure. */

/** A segment, as far as trimming goes. */
export interface SegmentSpan {
  readonly endOffset: number;
  readonly sizeBytes: number;
  /** Of its youngest record, in ms since the epoch. */
  readonly maxTimestampMs: number;
}

/** A log that may lose segments from its front. */
export interface TrimCandidate {
  readonly sizeBytes: number;
  readonly allotmentBytes: number;
  /** It keeps at least so much. */
  readonly minBytes: number;
  /** In order; those only that may go. Asked for only of logs that have too much. */
  readonly segments: readonly SegmentSpan[];
}

/** What one log is to lose. */
export interface Trim<Candidate extends TrimCandidate> {
  readonly candidate: Candidate;
  /** The new log start offset. */
  readonly startOffset: number;
  readonly bytes: number;
  readonly segments: number;
}

interface Progress<Candidate extends TrimCandidate> {
  readonly candidate: Candidate;
  taken: number;
  bytes: number;
}

/**
 * Takes segments until `overBytes` are gone: the one with the oldest records first, from logs above
 * their allotments; when those are exhausted, from logs above their minimums. Takes nothing that is
 * not needed for that, whole segments being what there is to take.
 */
export function planTrims<Candidate extends TrimCandidate>(
  overBytes: number,
  candidates: Iterable<Candidate>,
): Trim<Candidate>[] {
  const all: Progress<Candidate>[] = [];
  for (const candidate of candidates) all.push({ candidate, taken: 0, bytes: 0 });
  let left = overBytes;
  left = take(left, all, ({ allotmentBytes }) => allotmentBytes);
  take(left, all, ({ minBytes }) => minBytes);
  return all.filter(({ taken }) => taken > 0).map(({ candidate, taken, bytes }) => ({
    candidate,
    startOffset: candidate.segments[taken - 1]!.endOffset,
    bytes,
    segments: taken,
  }));
}

function take<Candidate extends TrimCandidate>(
  overBytes: number,
  all: readonly Progress<Candidate>[],
  keepsOf: (candidate: Candidate) => number,
): number {
  let left = overBytes;
  const heap = new OldestFirst<Candidate>();
  for (const progress of all) {
    if (left > 0 && mayLose(progress, keepsOf(progress.candidate))) heap.push(progress);
  }
  while (left > 0) {
    const progress = heap.pop();
    if (progress === undefined) break;
    const { sizeBytes } = progress.candidate.segments[progress.taken]!;
    progress.taken++;
    progress.bytes += sizeBytes;
    left -= sizeBytes;
    if (mayLose(progress, keepsOf(progress.candidate))) heap.push(progress);
  }
  return left;
}

/** It has more than `keepsBytes`, and its next segment leaves it the minimum. */
function mayLose<Candidate extends TrimCandidate>(
  { candidate, taken, bytes }: Progress<Candidate>,
  keepsBytes: number,
): boolean {
  const has = candidate.sizeBytes - bytes;
  if (has <= keepsBytes) return false;
  const next = candidate.segments[taken];
  return next !== undefined && has - next.sizeBytes >= candidate.minBytes;
}

/** A binary heap by the age of the segment that is next; ties go to who came first. */
class OldestFirst<Candidate extends TrimCandidate> {
  readonly #items: { readonly progress: Progress<Candidate>; readonly key: number }[] = [];

  push(progress: Progress<Candidate>): void {
    const key = progress.candidate.segments[progress.taken]!.maxTimestampMs;
    const items = this.#items;
    let at = items.length;
    items.push({ progress, key });
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (items[parent]!.key <= key) break;
      [items[at], items[parent]] = [items[parent]!, items[at]!];
      at = parent;
    }
  }

  pop(): Progress<Candidate> | undefined {
    const items = this.#items;
    const top = items[0];
    const last = items.pop();
    if (top === undefined || last === undefined || items.length === 0) return top?.progress;
    items[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let least = at;
      if (left < items.length && items[left]!.key < items[least]!.key) least = left;
      if (right < items.length && items[right]!.key < items[least]!.key) least = right;
      if (least === at) return top.progress;
      [items[at], items[least]] = [items[least]!, items[at]!];
      at = least;
    }
  }
}
