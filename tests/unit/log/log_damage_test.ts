import assert from "node:assert/strict";
import fc from "fast-check";
import { readAll, reopen, seeded } from "./log_harness.ts";
import { newLog } from "./log_harness.ts";
import { judge } from "./log_judge.ts";
import { LogWorkload } from "./log_workload.ts";
import type { SimulatedDisk } from "./simulated_disk.ts";
import { CLEAN_SHUTDOWN_FILE } from "../../../src/log/checkpoint_files.ts";

/** A log with some of everything, closed in order. */
async function filledDisk(seed: number): Promise<SimulatedDisk> {
  const { disk, directory, log } = newLog({ segmentBytes: 3000 });
  const workload = new LogWorkload(directory, log, seeded(seed));
  for (let i = 0; i < 90; i++) await workload.step();
  await directory.close();
  return disk;
}

/** The files of a kind in the directory of the partition, with their contents. */
function filesOf(disk: SimulatedDisk, suffix: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const { name, size } of disk.list("t-0")!) {
    if (name.endsWith(suffix) && size > 0) {
      files.set(`t-0/${name}`, disk.content(`t-0/${name}`)!);
    }
  }
  return files;
}

async function opensRight(disk: SimulatedDisk, isClean: boolean, expected: readonly Uint8Array[]) {
  if (!isClean) disk.remove(CLEAN_SHUTDOWN_FILE);
  const { log } = reopen(disk);
  await judge(log, expected);
  assert.deepEqual(await readAll(log), expected);
  disk.crash("process", () => 0);
}

for (
  const suffix of [".index", ".timeindex", ".txnindex", ".snapshot", "leader-epoch-checkpoint"]
) {
  Deno.test(`PartitionLog tells the same when bits of ${suffix} files are flipped`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: 5 }),
        fc.nat(),
        fc.nat(),
        fc.boolean(),
        async (seed, pick, flip, isClean) => {
          const disk = await filledDisk(seed);
          const { directory, log } = reopen(disk);
          const expected = await readAll(log);
          await directory.close();
          const files = [...filesOf(disk, suffix)];
          if (files.length === 0) return;
          const [path, bytes] = files[pick % files.length]!;
          const bit = flip % (bytes.length * 8);
          disk.content(path, (content) => {
            content[bit >>> 3]! ^= 1 << (bit & 7);
            return content;
          });
          await opensRight(disk, isClean, expected);
        },
      ),
      { numRuns: 25 },
    );
  });

  Deno.test(`PartitionLog tells the same when ${suffix} files are gone`, async () => {
    // Nothing but the log says that transactions were aborted; a lost index of them is not noticed.
    if (suffix === ".txnindex") return;
    for (const isClean of [true, false]) {
      const disk = await filledDisk(3);
      const { directory, log } = reopen(disk);
      const expected = await readAll(log);
      await directory.close();
      for (const path of filesOf(disk, suffix).keys()) disk.remove(path);
      await opensRight(disk, isClean, expected);
    }
  });
}

Deno.test("LogDirectory.open() cuts a log whose last batch is damaged after a crash", async () => {
  const { disk, directory, log } = newLog();
  const workload = new LogWorkload(directory, log, seeded(1));
  for (let i = 0; i < 20; i++) await workload.step();
  const { activeSegmentBaseOffset: base, endOffset } = log;
  const path = `t-0/${String(base).padStart(20, "0")}.log`;
  disk.remove("recovery-point-offset-checkpoint");
  disk.content(path, (bytes) => {
    bytes[bytes.length - 1]! ^= 1;
    return bytes;
  });
  disk.crash("process", () => 0);
  const again = reopen(disk);
  assert.ok(again.log.endOffset < endOffset);
  await judge(again.log, await readAll(again.log));
});
