import assert from "node:assert/strict";
import {
  type OffsetPoint,
  offsetPointText,
  parseOffsetPoint,
  parseOffsetRange,
} from "../../../../src/cli/offsets/offset_grammar.ts";
import { parseOffsetFile } from "../../../../src/cli/offsets/offset_file.ts";

const NOW_MS = Date.UTC(2026, 10, 22, 12);
const time = (timestampMs: number): OffsetPoint => ({ at: "time", timestampMs });
const offset = (offset: number): OffsetPoint => ({ at: "offset", offset });

const POINTS: readonly (readonly [string, OffsetPoint])[] = [
  ["start", { at: "start" }],
  ["earliest", { at: "start" }],
  ["end", { at: "end" }],
  ["0", offset(0)],
  ["42", offset(42)],
  ["+10", { at: "afterStart", count: 10 }],
  ["-10", { at: "beforeEnd", count: 10 }],
  ["@0", time(0)],
  ["@1763805600000", time(1_763_805_600_000)],
  ["@now", time(NOW_MS)],
  ["@-1h", time(NOW_MS - 3_600_000)],
  ["@-1h30m", time(NOW_MS - 5_400_000)],
  ["@2026-11-22", time(Date.UTC(2026, 10, 22))],
  ["@2026-11-22T10:00", time(Date.UTC(2026, 10, 22, 10))],
  ["@2026-11-22 10:00:01", time(Date.UTC(2026, 10, 22, 10, 0, 1))],
  ["@2026-11-22T10:00:00Z", time(Date.UTC(2026, 10, 22, 10))],
  ["@2026-11-22T10:00:00.5+02:00", time(Date.UTC(2026, 10, 22, 8, 0, 0, 500))],
];

Deno.test("parseOffsetPoint() reads every kind of place", () => {
  for (const [text, point] of POINTS) {
    assert.deepEqual(parseOffsetPoint(text, NOW_MS), point, text);
    assert.deepEqual(parseOffsetRange(text, NOW_MS), { start: point, end: undefined }, text);
  }
});

Deno.test("parseOffsetRange() reads two places, also where times hold colons", () => {
  for (const [from, start] of POINTS) {
    for (const [to, end] of POINTS) {
      // Hours, minutes and two more digits are a time with seconds.
      if (from === "@2026-11-22T10:00" && to === "42") continue;
      assert.deepEqual(parseOffsetRange(`${from}:${to}`, NOW_MS), { start, end }, `${from}:${to}`);
    }
  }
  assert.deepEqual(parseOffsetRange(":5", NOW_MS), { start: { at: "start" }, end: offset(5) });
  assert.deepEqual(parseOffsetRange("5:", NOW_MS), { start: offset(5), end: { at: "end" } });
});

Deno.test("parseOffsetRange() refuses what is no place", () => {
  const wrong = ["", "x", "1.5", "--1", "+-1", "@", "@x", "@-", "@-1", "@-1y", "1:x", "1:2:3"];
  for (const text of [...wrong, "99999999999999999999", "@2026-13-45", "@2026-1-1"]) {
    assert.throws(() => parseOffsetRange(text, NOW_MS), SyntaxError, text);
  }
  assert.throws(() => parseOffsetPoint("1:2", NOW_MS), SyntaxError);
});

Deno.test("offsetPointText() writes what parseOffsetPoint() reads", () => {
  for (const [, point] of POINTS) {
    assert.deepEqual(parseOffsetPoint(offsetPointText(point), NOW_MS), point);
  }
});

Deno.test("parseOffsetFile() reads lines of topic, partition and offset", () => {
  assert.deepEqual(parseOffsetFile('# a comment\norders,0,42\n\n"with-quotes", 1, 7\r\n', "f"), [
    { topic: "orders", partition: 0, offset: 42 },
    { topic: "with-quotes", partition: 1, offset: 7 },
  ]);
  assert.throws(
    () => parseOffsetFile("orders,0,1\norders,0", "f.csv"),
    /f\.csv, line 2: not topic/,
  );
  assert.throws(() => parseOffsetFile("orders,0,-1", "f"), SyntaxError);
});
