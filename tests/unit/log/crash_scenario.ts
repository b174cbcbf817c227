import assert from "node:assert/strict";
import type { LogConfig } from "../../../src/log/log_config.ts";
import * as layout from "../../../src/protocol/records/batch_layout.ts";
import { openDirectory, readAll, reopen, seeded, SMALL, TOPIC_ID } from "./log_harness.ts";
import { judge } from "./log_judge.ts";
import { EMPTY_MODEL, type LogModel, LogWorkload } from "./log_workload.ts";
import { type CrashKind, SimulatedDisk } from "./simulated_disk.ts";

const ROUNDS = 3;
const STEPS_PER_ROUND = 80;

/** A log that is worked on and crashes, several times. */
export interface CrashScenario {
  readonly seed: number;
  /** The disk goes down at that changing call of each round. */
  readonly crashAfter: number;
  readonly kind: CrashKind;
}

/**
 * Works on a log until the disk goes down, opens it again and judges what is there; three times.
 * @returns how many records were lost that had not been flushed
 */
export async function crashRun({ seed, crashAfter, kind }: CrashScenario): Promise<number> {
  const chance = seeded(seed);
  const disk = new SimulatedDisk();
  const config: LogConfig = seed % 3 === 0 ? { ...SMALL, flushMessages: 5 } : SMALL;
  let model: LogModel = EMPTY_MODEL;
  let lost = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const before = openDirectory(disk, { config });
    const log = before.get("t", 0) ?? before.create("t", 0, TOPIC_ID, config);
    const workload = new LogWorkload(before, log, chance, model);
    disk.crashAfter(crashAfter, chance);
    try {
      for (let i = 0; i < STEPS_PER_ROUND; i++) await workload.step();
    } catch (error) {
      if (!disk.isDown) throw error;
    }
    disk.goDown();
    await deadProcessEnds();
    disk.crash(kind, chance);
    const survived = await judgeSurvivors(disk, config, kind, workload);
    lost += Math.max(0, workload.model.endOffset - survived.endOffset);
    model = survived;
  }
  return lost;
}

/** What the dead process had under way meets the disk that is down, not the one that comes back. */
function deadProcessEnds(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

async function judgeSurvivors(
  disk: SimulatedDisk,
  config: LogConfig,
  kind: CrashKind,
  workload: LogWorkload,
): Promise<LogModel> {
  const { directory, log } = reopen(disk, { config });
  if (log === undefined) {
    assert.ok(kind === "power" && workload.model.flushedOffset === 0, "the partition is gone");
    return EMPTY_MODEL;
  }
  const batches = await readAll(log);
  const { model, next } = workload;
  const isPrefix = isPartOf(batches, model) || isPartOf(batches, next);
  assert.ok(isPrefix, "other batches than were appended");
  const floor = kind === "power"
    ? Math.min(model.flushedOffset, next.flushedOffset)
    : Math.min(model.endOffset, next.endOffset);
  assert.ok(log.endOffset >= floor, `ends at ${log.endOffset}, below ${floor}`);
  assert.ok(log.startOffset <= Math.max(workload.startOffset, log.startOffset));
  await judge(log, batches);
  await directory.checkpoint();
  await directory.close();
  const again = reopen(disk, { config });
  assert.deepEqual(await readAll(again.log), batches);
  await judge(again.log, batches);
  disk.crash("process", () => 0);
  const { endOffset } = again.log;
  const kept = [...model.batches, ...next.batches.slice(model.batches.length)];
  const below = kept.filter((batch) => layout.baseOffset(batch, 0) < (baseOf(batches) ?? 0));
  return { batches: [...below, ...batches], endOffset, flushedOffset: endOffset };
}

/** Whether each of the batches is, byte by byte, the one that the model has at its offset. */
function isPartOf(batches: readonly Uint8Array[], model: LogModel): boolean {
  const byOffset = new Map(
    model.batches.map((batch) => [layout.baseOffset(batch, 0), batch] as const),
  );
  return batches.every((batch) => {
    const expected = byOffset.get(layout.baseOffset(batch, 0));
    return expected?.length === batch.length && expected.every((byte, i) => byte === batch[i]);
  });
}

function baseOf(batches: readonly Uint8Array[]): number | undefined {
  return batches[0] === undefined ? undefined : layout.baseOffset(batches[0], 0);
}
