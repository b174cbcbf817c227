/** How offsets are written on the command line. Pure. */
import { parseDuration } from "../output/units.ts";

/** A place in a partition. */
export type OffsetPoint =
  | { readonly at: "start" }
  | { readonly at: "end" }
  /** This very offset. */
  | { readonly at: "offset"; readonly offset: number }
  /** So many records after the start, counted in offsets. */
  | { readonly at: "afterStart"; readonly count: number }
  /** So many records before the end, counted in offsets. */
  | { readonly at: "beforeEnd"; readonly count: number }
  /** The first record at or after the time, in milliseconds since the epoch. */
  | { readonly at: "time"; readonly timestampMs: number };

/** From one place, up to another that is left out; without an end it goes on. */
export interface OffsetRange {
  readonly start: OffsetPoint;
  readonly end: OffsetPoint | undefined;
}

/** What the grammar is, for messages and help. */
export const OFFSET_GRAMMAR =
  "start, end, 42, +N (after the start), -N (before the end), @TIME, or FROM:TO of these; " +
  "TIME is 2026-11-22T10:00:00Z, milliseconds since 1970, or -1h for an hour ago";

/**
 * Reads a place.
 * @param nowMs what `@-1h` counts from
 * @throws {SyntaxError} when it is none
 */
export function parseOffsetPoint(text: string, nowMs: number): OffsetPoint {
  const point = pointOf(text, nowMs);
  if (point === undefined) throw new SyntaxError(`${text} is no offset: ${OFFSET_GRAMMAR}`);
  return point;
}

/**
 * Reads a place or a range. Times may hold colons, so the first colon that leaves two places counts.
 * @throws {SyntaxError} when it is neither
 */
export function parseOffsetRange(text: string, nowMs: number): OffsetRange {
  const point = pointOf(text, nowMs);
  if (point !== undefined) return { start: point, end: undefined };
  for (let at = text.indexOf(":"); at >= 0; at = text.indexOf(":", at + 1)) {
    const from = text.slice(0, at);
    const to = text.slice(at + 1);
    const start = from === "" ? { at: "start" } as const : pointOf(from, nowMs);
    const end = to === "" ? { at: "end" } as const : pointOf(to, nowMs);
    if (start !== undefined && end !== undefined) return { start, end };
  }
  throw new SyntaxError(`${text} is no offset: ${OFFSET_GRAMMAR}`);
}

function pointOf(text: string, nowMs: number): OffsetPoint | undefined {
  if (text === "start" || text === "beginning" || text === "earliest") return { at: "start" };
  if (text === "end" || text === "latest") return { at: "end" };
  if (text.startsWith("@")) {
    const timestampMs = timeOf(text.slice(1), nowMs);
    return timestampMs === undefined ? undefined : { at: "time", timestampMs };
  }
  const match = /^([+-]?)(\d{1,16})$/.exec(text);
  const value = Number(match?.[2]);
  if (match === null || !Number.isSafeInteger(value)) return undefined;
  if (match[1] === "+") return { at: "afterStart", count: value };
  return match[1] === "-" ? { at: "beforeEnd", count: value } : { at: "offset", offset: value };
}

const ISO_TIME = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

function timeOf(text: string, nowMs: number): number | undefined {
  if (text === "now") return nowMs;
  if (/^\d+$/.test(text)) return Number(text);
  if (text.startsWith("-")) {
    try {
      return nowMs - parseDuration(text.slice(1));
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }
  if (!ISO_TIME.test(text)) return undefined;
  const hasZone = !text.includes(":") || /(Z|[+-]\d\d:?\d\d)$/.test(text.slice(10));
  const timestampMs = Date.parse(hasZone ? text : `${text.replace(" ", "T")}Z`);
  return Number.isNaN(timestampMs) ? undefined : timestampMs;
}

/** `@2026-11-22T10:00:00.000Z`, `-10`: the place as it would be written. */
export function offsetPointText(point: OffsetPoint): string {
  switch (point.at) {
    case "offset":
      return String(point.offset);
    case "afterStart":
      return `+${point.count}`;
    case "beforeEnd":
      return `-${point.count}`;
    case "time":
      return `@${new Date(point.timestampMs).toISOString()}`;
    default:
      return point.at;
  }
}
