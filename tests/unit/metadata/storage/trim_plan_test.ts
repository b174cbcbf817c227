import assert from "node:assert/strict";
import fc from "fast-check";
import { planTrims, type TrimCandidate } from "../../../../src/metadata/storage/trim_plan.ts";

interface NamedLog extends TrimCandidate {
  readonly name: string;
}

/** Segments of 10 bytes and offsets, of the ages given; the last may not go. */
function log(name: string, times: readonly number[], keeps = 0, minBytes = 0): NamedLog {
  const segments = times.map((maxTimestampMs, i) => ({
    endOffset: (i + 1) * 10,
    sizeBytes: 10,
    maxTimestampMs,
  }));
  return { name, sizeBytes: 10 * times.length, allotmentBytes: keeps, minBytes, segments };
}

function plan(overBytes: number, logs: readonly NamedLog[]): string {
  return planTrims(overBytes, logs)
    .map(({ candidate, startOffset, bytes }) => `${candidate.name}>${startOffset}:${bytes}`)
    .join(" ");
}

Deno.test("planTrims() takes the oldest first, whosever it is, and no more than is needed", () => {
  const logs = [log("a", [5, 6, 7]), log("b", [1, 2, 9])];
  assert.equal(plan(0, logs), "");
  assert.equal(plan(1, logs), "b>10:10");
  assert.equal(plan(25, logs), "a>10:10 b>20:20");
});

Deno.test("planTrims() spares who is within its allotment as long as others are not", () => {
  const logs = [log("old", [1, 2, 3], 30), log("large", [7, 8, 9], 10)];
  assert.equal(plan(20, logs), "large>20:20");
  assert.equal(plan(30, logs), "old>10:10 large>20:20");
});

Deno.test("planTrims() never goes below a minimum", () => {
  const logs = [log("kept", [1, 2, 3], 0, 20), log("all", [4], 0)];
  assert.equal(plan(100, logs), "kept>10:10 all>10:10");
  assert.equal(plan(100, [log("odd", [1, 2], 0, 15)]), "");
});

Deno.test("planTrims() takes what was asked for, or all there is, and one segment less is short", () => {
  const anyLog = fc.tuple(
    fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 8 }),
    fc.integer({ min: 0, max: 80 }),
    fc.integer({ min: 0, max: 80 }),
  ).map(([times, keeps, min]) => log("x", times, keeps, min));
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 200 }),
    fc.array(anyLog, { maxLength: 6 }),
    (overBytes, logs) => {
      const trims = planTrims(overBytes, logs);
      const taken = trims.reduce((sum, { bytes }) => sum + bytes, 0);
      assert.ok(taken < overBytes + 10);
      for (const { candidate, bytes } of trims) {
        assert.ok(candidate.sizeBytes - bytes >= candidate.minBytes);
      }
      if (taken >= overBytes) return;
      for (const candidate of logs) {
        const bytes = trims.find((trim) => trim.candidate === candidate)?.bytes ?? 0;
        const left = candidate.sizeBytes - bytes;
        assert.ok(left === 0 || left - 10 < candidate.minBytes, "more could have gone");
      }
    },
  ));
});
