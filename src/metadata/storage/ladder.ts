/** How full a disk is, and what follows for producers. Pure. */
import type { StorageMarks } from "./capacity.ts";

/**
 * What is being done: nothing, old segments go, producers are slowed as well, or they are refused
 * until there is room again.
 */
export const STORAGE_LEVELS = ["open", "trimming", "slowing", "closed"] as const;
export type StorageLevel = typeof STORAGE_LEVELS[number];

/** A producer that is slowed waits so long just below the hard mark. */
const THROTTLE_MS_MAX = 1000;
/** Marks to come are looked out for so many times on the way there. */
const CHECKS_TO_MARK = 4;
const CHECK_MS_MIN = 100;
/** Disks are resized, and others write to them. */
const CHECK_MS_MAX = 5000;

/** The level at `usedBytes`; who is closed opens at the reopening mark and not before. */
export function levelAt(
  usedBytes: number,
  marks: StorageMarks,
  before: StorageLevel,
): StorageLevel {
  if (usedBytes >= marks.hardBytes) return "closed";
  if (before === "closed" && usedBytes > marks.reopenBytes) return "closed";
  if (usedBytes > marks.softBytes) return "slowing";
  return usedBytes > marks.targetBytes ? "trimming" : "open";
}

/**
 * For how long a producer is to be quiet after a request: nothing at the soft mark, and up to a
 * second at the hard one, by the square of the way between them.
 */
export function throttleMsAt(usedBytes: number, { softBytes, hardBytes }: StorageMarks): number {
  if (usedBytes <= softBytes) return 0;
  const way = Math.min(1, (usedBytes - softBytes) / Math.max(1, hardBytes - softBytes));
  return Math.round(THROTTLE_MS_MAX * way * way);
}

/** Milliseconds until `usedBytes` reaches the hard mark at that rate; Infinity when it does not. */
export function timeToFullMs(
  usedBytes: number,
  bytesPerSecond: number,
  { hardBytes }: StorageMarks,
): number {
  if (usedBytes >= hardBytes) return 0;
  return bytesPerSecond <= 0 ? Infinity : (hardBytes - usedBytes) / bytesPerSecond * 1000;
}

/** When to look again: several times before the next mark is reached, at least every 5 seconds. */
export function nextCheckMs(
  usedBytes: number,
  bytesPerSecond: number,
  marks: StorageMarks,
): number {
  const ahead = [marks.targetBytes, marks.softBytes, marks.hardBytes]
    .filter((mark) => mark > usedBytes);
  const toMark = ahead.length === 0 ? 0 : Math.min(...ahead) - usedBytes;
  if (bytesPerSecond <= 0) return CHECK_MS_MAX;
  const ms = toMark / bytesPerSecond * 1000 / CHECKS_TO_MARK;
  return Math.max(CHECK_MS_MIN, Math.min(CHECK_MS_MAX, Math.floor(ms)));
}
