import assert from "node:assert/strict";
import { InvariantViolation } from "../../sim/checkers/violation.ts";
import { RunFailure } from "../../sim/cluster/run.ts";
import { DEFAULT_OPTIONS, parseSimulateOptions, replayCommand } from "../../sim/command/options.ts";
import { clusterRun } from "../../sim/command/run_seed.ts";
import { PLANTED_BUGS } from "../../sim/planted/catalogue.ts";
import { changed } from "../../sim/planted/planted_bug.ts";
import type { FaultKind } from "../../sim/faults/fault.ts";

const FIRST_SEED = 3;
const SHORT = { nodes: 1, timeMs: 3000, faults: ["kill", "flaky", "slowDisk"] as FaultKind[] };

Deno.test("Run.run() is the same, bit for bit, for the same seed, and for no other", async () => {
  const first = await clusterRun(FIRST_SEED, SHORT).run();
  assert.deepEqual(await clusterRun(FIRST_SEED, SHORT).run(), first);
  assert.ok(first.acknowledgedRecords > 10);
  assert.notEqual((await clusterRun(FIRST_SEED + 1, SHORT).run()).hash, first.hash);
});

Deno.test("Run.run() tells what is broken, with the history", async () => {
  const run = clusterRun(FIRST_SEED, SHORT);
  run.world.time.schedule(500, () => run.judge.report("durable", "a planted finding"));
  await assert.rejects(run.run(), (failure) => {
    assert.ok(failure instanceof RunFailure && failure.reason instanceof InvariantViolation);
    assert.match(failure.message, /planted finding/);
    assert.equal(Math.floor(failure.atMs), 500);
    assert.ok(failure.trace.some((line) => line.includes("process started")));
    return true;
  });
});

Deno.test("parseSimulateOptions() reads times, lists and numbers", () => {
  const options = parseSimulateOptions(
    ["--seeds", "5", "--time", "1.5h", "--faults", "kill,power", "--scenario", "all"],
  );
  assert.equal(options.seeds, 5);
  assert.equal(options.timeMs, 5_400_000);
  assert.deepEqual(options.faults, ["kill", "power"]);
  assert.deepEqual(options.scenarios, ["log", "broker", "cluster", "growth"]);
});

Deno.test("parseSimulateOptions() refuses what it does not know", () => {
  for (const args of [["--seed", "1"], ["--seeds"], ["--time", "5"], ["--faults", "rain"]]) {
    assert.throws(() => parseSimulateOptions(args), SyntaxError);
  }
});

Deno.test("replayCommand() repeats every option that decides a run", () => {
  const options = { ...DEFAULT_OPTIONS, nodes: 5, timeMs: 1000, faults: [] };
  const args = replayCommand(7, options).split(" ").slice(3);
  assert.deepEqual(parseSimulateOptions(args), { ...options, seeds: 1, from: 7 });
});

Deno.test("every planted bug changes the source as it is", () => {
  const names = new Set(PLANTED_BUGS.map(({ name }) => name));
  assert.equal(names.size, PLANTED_BUGS.length);
  for (const { name, changes } of PLANTED_BUGS) {
    assert.ok(changes.length > 0, name);
    const texts = new Map<string, string>();
    for (const change of changes) {
      const text = texts.get(change.path) ??
        Deno.readTextFileSync(new URL(`../../../${change.path}`, import.meta.url));
      texts.set(change.path, changed(text, change));
    }
  }
});
