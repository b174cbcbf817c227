import assert from "node:assert/strict";
import { CLEANED_SUFFIX, DELETED_SUFFIX, SWAP_SUFFIX } from "../../../../src/log/segment_names.ts";
import { Codec } from "../../../../src/protocol/compression/codec.ts";
import { reopen, seeded } from "../log_harness.ts";
import { type CrashKind, SimulatedDisk } from "../simulated_disk.ts";
import { COMPACTED, newCompacted, roll } from "./cleaning_harness.ts";
import { judgeCompacted, judgeProducers } from "./compaction_model.ts";
import { CompactionWorkload } from "./compaction_workload.ts";

const STEPS = 50;
const SEEDS = [3, 8];
const PLAIN = [Codec.none];

for (const kind of ["process", "power"] as const) {
  Deno.test(`LogDirectory.open() finishes or forgets a cleaning when the ${kind} dies at any call`, async () => {
    const found = new Set<string>();
    for (const seed of SEEDS) {
      const { calls } = await cleanUntil(seed, Infinity, kind);
      assert.ok(calls > 10, `the cleaning made ${calls} calls`);
      for (let call = 1; call <= calls; call++) {
        for (const suffix of (await cleanUntil(seed, call, kind)).found) found.add(suffix);
      }
    }
    // It was met while files were written, and in the middle of a swap; power may undo the latter.
    if (kind === "power") found.add(SWAP_SUFFIX);
    assert.deepEqual([...found].sort(), [CLEANED_SUFFIX, DELETED_SUFFIX, SWAP_SUFFIX]);
  });
}

/** Writes, makes it durable, cleans until the disk goes down, opens again and judges. */
async function cleanUntil(seed: number, call: number, kind: CrashKind) {
  const chance = seeded(seed);
  const disk = new SimulatedDisk();
  const { clock, log, directory } = newCompacted({}, disk);
  const workload = new CompactionWorkload({ log, clock, disk }, chance, PLAIN);
  for (let i = 0; i < STEPS; i++) await workload.step();
  workload.endTransactions();
  roll(log, clock);
  // So that one segment takes the place of several.
  log.config = { ...log.config, segmentBytes: 3 * log.config.segmentBytes };
  await directory.checkpoint();
  const operations = disk.operations;
  if (call !== Infinity) disk.crashAfter(call, chance);
  try {
    await workload.clean();
  } catch (error) {
    if (!disk.isDown) throw error;
  }
  const calls = disk.operations - operations;
  disk.goDown();
  await new Promise((resolve) => setTimeout(resolve));
  disk.crash(kind, chance);
  const names = disk.list("t-0")!.map(({ name }) => name);
  const again = reopen(disk, { clock });
  again.log.config = { ...again.log.config, ...COMPACTED };
  for (const { name } of disk.list("t-0")!) {
    assert.ok(!name.endsWith(CLEANED_SUFFIX) && !name.endsWith(SWAP_SUFFIX), `${name} is left`);
  }
  const { model, nowMs } = workload;
  await judgeCompacted(again.log, model, nowMs);
  judgeProducers(again.log, model);
  // All can be cleaned as if nothing had happened.
  const next = new CompactionWorkload({ log: again.log, clock, disk }, chance, PLAIN);
  Object.assign(next.model, model);
  next.nowMs = nowMs;
  next.model.read(log.endOffset, nowMs);
  await next.clean();
  await judgeCompacted(again.log, next.model, next.nowMs);
  await again.directory.close();
  const suffixes = [CLEANED_SUFFIX, SWAP_SUFFIX, DELETED_SUFFIX];
  const found = suffixes.filter((suffix) => names.some((name) => name.endsWith(suffix)));
  return { calls, found };
}
