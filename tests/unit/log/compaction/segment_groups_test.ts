import assert from "node:assert/strict";
import type { SourceSegment } from "../../../../src/log/compaction/cleaning_job.ts";
import { groupSegments } from "../../../../src/log/compaction/segment_groups.ts";

const RULES = {
  nowMs: 0,
  deleteRetentionMs: 0,
  segmentBytes: 100,
  segmentIndexBytes: 50,
  indexIntervalBytes: 10,
};

/** Segments of the sizes given, ten offsets each. */
function sources(sizes: readonly number[], other: Partial<SourceSegment> = {}): SourceSegment[] {
  return sizes.map((sizeBytes, i) => ({
    baseOffset: 10 * i,
    endOffset: 10 * i + 10,
    sizeBytes,
    offsetIndexBytes: 0,
    timeIndexBytes: 0,
    ...other,
  }));
}

function grouped(of: readonly SourceSegment[], count = of.length): string {
  return groupSegments(of, count, RULES).map(({ first, end }) => `${first}-${end - 1}`).join(" ");
}

Deno.test("groupSegments() fills segments up to their size", () => {
  assert.equal(grouped(sources([40, 40, 20, 1, 99, 1])), "0-2 3-4 5-5");
});

Deno.test("groupSegments() leaves a segment alone that is too large already", () => {
  assert.equal(grouped(sources([500, 1, 500])), "0-0 1-1 2-2");
});

Deno.test("groupSegments() minds the size of the indexes", () => {
  assert.equal(grouped(sources([1, 1, 1], { offsetIndexBytes: 20 })), "0-1 2-2");
  assert.equal(grouped(sources([1, 1, 1], { timeIndexBytes: 26 })), "0-0 1-1 2-2");
});

Deno.test("groupSegments() keeps offsets within an int32 of the base", () => {
  const last = { baseOffset: 20, endOffset: 2 ** 31 + 1 };
  const few = sources([1, 1, 1]);
  assert.equal(grouped([...few.slice(0, 2), { ...few[2]!, ...last }]), "0-1 2-2");
  const fits = { ...last, endOffset: 2 ** 31 };
  assert.equal(grouped([...few.slice(0, 2), { ...few[2]!, ...fits }]), "0-2");
});

Deno.test("groupSegments() takes no more than it is told", () => {
  assert.equal(grouped(sources([1, 1, 1]), 2), "0-1");
});
