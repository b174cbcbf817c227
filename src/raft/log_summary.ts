import { invariant } from "../base/invariant.ts";

/** The largest term up to one asked for, and where it ends. */
export interface TermEnd {
  readonly term: number;
  readonly endOffset: number;
}

interface TermStart {
  readonly term: number;
  readonly startOffset: number;
}

/** The term of "no entry": below every term. */
export const NO_TERM = -1;

/**
 * What consensus has to know of a log: where its batches and terms begin and end, and how much of
 * it is durable. Two numbers for each batch between the log start and its end; the batches
 * themselves are elsewhere.
 */
export class LogSummary {
  #startOffset: number;
  /** Term of the entry before the log start; undefined when unknown. */
  #termBeforeStart: number | undefined;
  #lastOffsets: number[] = [];
  /** Sum of the sizes of all batches up to this one, those that were compacted included. */
  #bytesThrough: number[] = [];
  #bytesBeforeStart = 0;
  #terms: TermStart[] = [];
  #endOffset: number;
  #flushedOffset: number;
  #truncations = 0;

  /** An empty log whose next entry has `startOffset` and follows one of `termBefore`. */
  constructor(startOffset = 0, termBefore: number | undefined = NO_TERM) {
    this.#startOffset = startOffset;
    this.#termBeforeStart = termBefore;
    this.#endOffset = startOffset;
    this.#flushedOffset = startOffset;
  }

  get startOffset(): number {
    return this.#startOffset;
  }

  get endOffset(): number {
    return this.#endOffset;
  }

  /** All below it is durable. */
  get flushedOffset(): number {
    return this.#flushedOffset;
  }

  /** How often the log was cut at its end: tells flushes of before from those after. */
  get truncations(): number {
    return this.#truncations;
  }

  /** Term of the last entry, which may be in a snapshot. */
  get lastTerm(): number {
    const last = this.#terms.at(-1);
    return last === undefined ? this.#termBeforeStart ?? NO_TERM : last.term;
  }

  /** The next batch. Offsets may have gaps, terms never fall. */
  append(lastOffset: number, term: number, bytes: number): void {
    invariant(lastOffset >= this.#endOffset, "a batch that ends before the log does");
    invariant(term >= this.lastTerm, "a batch of an older term than the one before");
    if (this.#terms.length === 0 || this.lastTerm < term) {
      this.#terms.push({ term, startOffset: this.#endOffset });
    }
    this.#bytesThrough.push((this.#bytesThrough.at(-1) ?? this.#bytesBeforeStart) + bytes);
    this.#lastOffsets.push(lastOffset);
    this.#endOffset = lastOffset + 1;
  }

  flushed(endOffset: number): void {
    this.#flushedOffset = Math.min(Math.max(this.#flushedOffset, endOffset), this.#endOffset);
  }

  /** Removes the batches at and above `endOffset`, the start of one. */
  truncate(endOffset: number): void {
    invariant(this.isBoundary(endOffset), "the log can be cut between batches alone");
    if (endOffset === this.#endOffset) return;
    const kept = this.#batchesBelow(endOffset);
    this.#lastOffsets.length = kept;
    this.#bytesThrough.length = kept;
    this.#terms = this.#terms.filter(({ startOffset }) => startOffset < endOffset);
    this.#endOffset = endOffset;
    this.#flushedOffset = Math.min(this.#flushedOffset, endOffset);
    this.#truncations++;
  }

  /** Removes the batches below `startOffset`, the start of one. */
  compact(startOffset: number): void {
    if (startOffset <= this.#startOffset) return;
    invariant(this.isBoundary(startOffset), "the log can be cut between batches alone");
    const removed = this.#batchesBelow(startOffset);
    this.#termBeforeStart = this.termBefore(startOffset);
    this.#bytesBeforeStart = this.#bytesBefore(removed);
    this.#lastOffsets = this.#lastOffsets.slice(removed);
    this.#bytesThrough = this.#bytesThrough.slice(removed);
    this.#terms = this.#terms.filter(({ startOffset: start }, index) => {
      const end = this.#terms[index + 1]?.startOffset ?? this.#endOffset;
      return start >= startOffset || end > startOffset;
    });
    this.#startOffset = startOffset;
  }

  /** Removes everything: the log goes on behind a snapshot. */
  restart(startOffset: number, termBefore: number): void {
    this.#startOffset = startOffset;
    this.#termBeforeStart = termBefore;
    this.#lastOffsets = [];
    this.#bytesThrough = [];
    this.#bytesBeforeStart = 0;
    this.#terms = [];
    this.#endOffset = startOffset;
    this.#flushedOffset = startOffset;
    this.#truncations++;
  }

  /**
   * Term of the last entry below `offset`; undefined when it is outside of the log, or before the
   * log start and unknown.
   */
  termBefore(offset: number): number | undefined {
    if (offset < this.#startOffset || offset > this.#endOffset) return undefined;
    if (offset === this.#startOffset) return this.#termBeforeStart;
    return this.termAt(offset - 1);
  }

  /** Term of the entry at `offset`; undefined when it is outside of the log. */
  termAt(offset: number): number | undefined {
    if (offset < this.#startOffset || offset >= this.#endOffset) return undefined;
    for (let i = this.#terms.length - 1; i >= 0; i--) {
      if (this.#terms[i]!.startOffset <= offset) return this.#terms[i]!.term;
    }
    return undefined;
  }

  /** Where the largest term of the log that is at most `term` ends: what a follower hints at. */
  endOfTerm(term: number): TermEnd {
    let endOffset = this.#endOffset;
    for (let i = this.#terms.length - 1; i >= 0; i--) {
      const start = this.#terms[i]!;
      if (start.term <= term) return { term: start.term, endOffset };
      endOffset = start.startOffset;
    }
    const before = this.#termBeforeStart ?? NO_TERM;
    return before <= term
      ? { term: before, endOffset: this.#startOffset }
      : { term: NO_TERM, endOffset: 0 };
  }

  /** Whether a batch begins at `offset`, or the log ends there. */
  isBoundary(offset: number): boolean {
    return this.boundaryAtOrBelow(offset) === offset;
  }

  /** The last start of a batch at or below `offset`; the log start when that is above. */
  boundaryAtOrBelow(offset: number): number {
    if (offset >= this.#endOffset) return this.#endOffset;
    const below = this.#batchesBelow(offset);
    return below === 0 ? this.#startOffset : this.#lastOffsets[below - 1]! + 1;
  }

  /** End of the batches from `fromOffset` on that have `bytesMax` bytes together, at least one. */
  rangeEnd(fromOffset: number, bytesMax: number): number {
    if (fromOffset >= this.#endOffset) return this.#endOffset;
    const first = this.#batchesBelow(fromOffset);
    const before = this.#bytesBefore(first);
    let last = first;
    while (
      last + 1 < this.#lastOffsets.length && this.#bytesThrough[last + 1]! - before <= bytesMax
    ) last++;
    return this.#lastOffsets[last]! + 1;
  }

  /** Bytes of the batches from `fromOffset` to `endOffset`, both starts of batches. */
  bytesBetween(fromOffset: number, endOffset: number): number {
    return this.#bytesBefore(this.#batchesBelow(endOffset)) -
      this.#bytesBefore(this.#batchesBelow(fromOffset));
  }

  #bytesBefore(index: number): number {
    return index > 0 ? this.#bytesThrough[index - 1]! : this.#bytesBeforeStart;
  }

  /** How many batches end at or before `offset`. */
  #batchesBelow(offset: number): number {
    let low = 0;
    let high = this.#lastOffsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#lastOffsets[middle]! < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
