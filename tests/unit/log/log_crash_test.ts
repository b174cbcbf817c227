import assert from "node:assert/strict";
import fc from "fast-check";
import { crashRun } from "./crash_scenario.ts";

Deno.test("LogDirectory.open() gives back all that was flushed when the power fails anywhere", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 2 ** 30 }),
      fc.integer({ min: 1, max: 400 }),
      async (seed, crashAfter) => void await crashRun({ seed, crashAfter, kind: "power" }),
    ),
    { numRuns: 60 },
  );
});

Deno.test("LogDirectory.open() gives back all that was appended when the process is killed anywhere", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: 2 ** 30 }),
      fc.integer({ min: 1, max: 400 }),
      async (seed, crashAfter) => void await crashRun({ seed, crashAfter, kind: "process" }),
    ),
    { numRuns: 40 },
  );
});

Deno.test("crashRun() reaches states that lose unflushed records when the power fails", async () => {
  let lost = 0;
  for (let seed = 0; seed < 20; seed++) {
    lost += await crashRun({ seed, crashAfter: 120, kind: "power" });
  }
  assert.ok(lost > 0);
});
