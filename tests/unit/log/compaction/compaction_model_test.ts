import fc from "fast-check";
import { SNAPSHOT_SUFFIX } from "../../../../src/log/segment_names.ts";
import { reopen, seeded } from "../log_harness.ts";
import { COMPACTED, newCompacted } from "./cleaning_harness.ts";
import { judgeCompacted, judgeProducers } from "./compaction_model.ts";
import { CompactionWorkload, type WorkloadLog } from "./compaction_workload.ts";

/** A longer run: `COMPACTION_RUNS=2000 deno test -A` with this file. */
const RUNS = Number(Deno.env.get("COMPACTION_RUNS") ?? 20);

Deno.test("runCleaning() leaves every reader the last value of each key, whatever was written", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 2 ** 30 }), fc.integer({ min: 1, max: 120 }), workAndJudge),
    { numRuns: RUNS },
  );
});

Deno.test("runCleaning() keeps what producers are known by, also where no snapshot is left", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat({ max: 2 ** 30 }), fc.integer({ min: 1, max: 120 }), forgetAndJudge),
    { numRuns: RUNS },
  );
});

async function workAndJudge(seed: number, steps: number): Promise<void> {
  const chance = seeded(seed);
  const { disk, clock, log, directory: first } = newCompacted();
  let directory = first;
  const at: WorkloadLog = { log, clock, disk };
  const workload = new CompactionWorkload(at, chance);
  for (let i = 0; i < steps; i++) {
    await workload.step();
    if (chance() > 0.05) continue;
    await judgeCompacted(at.log, workload.model, workload.nowMs);
    if (chance() > 0.5) continue;
    await directory.checkpoint();
    await directory.close();
    const again = reopen(disk, { clock });
    directory = again.directory;
    at.log = again.log;
    at.log.config = { ...at.log.config, ...COMPACTED };
  }
  await workload.clean();
  await judgeCompacted(at.log, workload.model, workload.nowMs);
  judgeProducers(at.log, workload.model);
  await directory.close();
}

async function forgetAndJudge(seed: number, steps: number): Promise<void> {
  const { disk, clock, log, directory } = newCompacted();
  const workload = new CompactionWorkload({ log, clock, disk }, seeded(seed));
  for (let i = 0; i < steps; i++) await workload.step();
  await workload.clean();
  await directory.close();
  for (const { name } of disk.list("t-0")!) {
    if (name.endsWith(SNAPSHOT_SUFFIX)) disk.remove(`t-0/${name}`);
  }
  const again = reopen(disk, { clock });
  judgeProducers(again.log, workload.model);
  await judgeCompacted(again.log, workload.model, workload.nowMs);
  await again.directory.close();
}
