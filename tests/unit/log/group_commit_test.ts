import assert from "node:assert/strict";
import { GroupCommit } from "../../../src/log/group_commit.ts";
import { ManualClock } from "./manual_clock.ts";

/** A commit whose runs the test ends. */
function harness() {
  const clock = new ManualClock();
  const runs: PromiseWithResolvers<void>[] = [];
  const group = new GroupCommit(clock, () => {
    const run = Promise.withResolvers<void>();
    runs.push(run);
    return run.promise;
  });
  /** Ends the run under way after `tookMs`. */
  const end = async (tookMs: number): Promise<void> => {
    clock.advance(tookMs);
    runs.at(-1)!.resolve();
    await settle();
  };
  return { clock, runs, group, end };
}

/** Lets everything go on that waits for no more than a promise. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}

Deno.test("request() runs at once when nobody runs, and shares the next run", async () => {
  const { runs, group, end } = harness();
  let settled = 0;
  const note = () => void settled++;
  group.request().then(note);
  assert.equal(runs.length, 1);
  group.request().then(note);
  group.request().then(note);
  assert.equal(runs.length, 1);
  await end(0);
  assert.deepEqual([runs.length, settled], [2, 1]);
  await end(0);
  assert.deepEqual([runs.length, settled], [2, 3]);
});

Deno.test("request() waits for those who came along with it in the last round", async () => {
  const { clock, runs, group, end } = harness();
  group.request();
  group.request();
  group.request();
  await end(8);
  assert.equal(runs.length, 1, "two wait, and the one that was served is expected again");
  group.request();
  assert.equal(runs.length, 2);
  await end(8);
  group.request();
  group.request();
  assert.equal(runs.length, 2);
  clock.advance(1.9);
  assert.equal(runs.length, 2);
  clock.advance(0.1);
  assert.equal(runs.length, 3, "a quarter of the last run has passed");
  await end(8);
  group.request();
  group.request();
  assert.equal(runs.length, 4, "no more than two are expected now");
  await end(0);
});

Deno.test("request() does not wait when alone, or when runs are short", async () => {
  const { runs, group, end } = harness();
  for (let round = 1; round < 4; round++) {
    group.request();
    assert.equal(runs.length, round);
    await end(8);
  }
  group.request();
  group.request();
  await end(0.9);
  assert.equal(runs.length, 5);
  await end(0);
});

Deno.test("request() rejects with the run that failed, and the next run succeeds", async () => {
  const { runs, group, end } = harness();
  const first = group.request();
  const second = group.request();
  runs[0]!.reject(new Error("no sync"));
  await assert.rejects(first, /no sync/);
  await settle();
  await end(0);
  await second;
});

Deno.test("settleGathered() ends the wait of those who gather, and no run follows", async () => {
  const { clock, runs, group, end } = harness();
  group.request();
  const waiting = group.request();
  await end(8);
  assert.equal(runs.length, 1);
  group.settleGathered();
  await waiting;
  clock.advance(100);
  assert.equal(runs.length, 1);
});
