import { invariant } from "../base/invariant.ts";
import type { LogSegment } from "./log_segment.ts";

/** The segments of one partition in the order of their offsets, never none. */
export class SegmentList {
  readonly #segments: LogSegment[];
  #inactiveBytes = 0;

  constructor(segments: LogSegment[]) {
    invariant(segments.length > 0, "a log has at least one segment");
    this.#segments = segments;
    this.#recount();
  }

  get count(): number {
    return this.#segments.length;
  }

  /** The one that is appended to. */
  get active(): LogSegment {
    return this.#segments[this.#segments.length - 1]!;
  }

  get first(): LogSegment {
    return this.#segments[0]!;
  }

  /** Bytes of batches in all of them. */
  get sizeBytes(): number {
    return this.#inactiveBytes + this.active.sizeBytes;
  }

  all(): readonly LogSegment[] {
    return this.#segments;
  }

  at(index: number): LogSegment | undefined {
    return this.#segments[index];
  }

  /** Index of the segment that holds `offset` or would hold it; 0 for offsets below the first. */
  indexOf(offset: number): number {
    let low = 1;
    let high = this.#segments.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if (this.#segments[middle]!.baseOffset <= offset) low = middle + 1;
      else high = middle - 1;
    }
    return low - 1;
  }

  /** Segment of exactly that base offset. */
  withBase(baseOffset: number): LogSegment | undefined {
    const segment = this.#segments[this.indexOf(baseOffset)]!;
    return segment.baseOffset === baseOffset ? segment : undefined;
  }

  push(segment: LogSegment): void {
    invariant(segment.baseOffset > this.active.baseOffset, "segments are made in order");
    this.#inactiveBytes += this.active.sizeBytes;
    this.#segments.push(segment);
  }

  /** Takes the first `count` out; at least one stays. */
  removeFirst(count: number): LogSegment[] {
    invariant(count < this.#segments.length, "the active segment can't be removed");
    const removed = this.#segments.splice(0, count);
    this.#recount();
    return removed;
  }

  /** Takes those behind the first `count` out; at least one stays. */
  keepFirst(count: number): LogSegment[] {
    invariant(count > 0, "a log has at least one segment");
    const removed = this.#segments.splice(count);
    this.#recount();
    return removed;
  }

  /** Puts `segment` in the place of the `count` from `index` on, none of them the active one. */
  replace(index: number, count: number, segment: LogSegment): LogSegment[] {
    invariant(index + count < this.#segments.length, "the active segment can't be replaced");
    const removed = this.#segments.splice(index, count, segment);
    this.#recount();
    return removed;
  }

  /** Puts `segment` in the place of all. */
  replaceAll(segment: LogSegment): LogSegment[] {
    const removed = this.#segments.splice(0, this.#segments.length, segment);
    this.#recount();
    return removed;
  }

  #recount(): void {
    let bytes = 0;
    for (const segment of this.#segments) bytes += segment.sizeBytes;
    this.#inactiveBytes = bytes - this.active.sizeBytes;
  }
}
