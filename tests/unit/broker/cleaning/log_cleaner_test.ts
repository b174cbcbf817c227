import assert from "node:assert/strict";
import { CLEANER_CHECKPOINT } from "../../../../src/broker/cleaning/cleaner_checkpoint.ts";
import { LogCleaner } from "../../../../src/broker/cleaning/log_cleaner.ts";
import type { Cleaner } from "../../../../src/log/compaction/cleaning_job.ts";
import { InProcessCleaner } from "../../../../src/log/compaction/in_process_cleaner.ts";
import type { LogConfig } from "../../../../src/log/log_config.ts";
import type { PartitionLog } from "../../../../src/log/partition_log.ts";
import { COMPACTED, roll, show, write } from "../../log/compaction/cleaning_harness.ts";
import { openDirectory, recordingLogger, SMALL, TOPIC_ID } from "../../log/log_harness.ts";
import { ManualClock } from "../../log/manual_clock.ts";
import { SimulatedDisk } from "../../log/simulated_disk.ts";

const SETTINGS: Readonly<Record<string, string>> = {
  "log.cleaner.enable": "true",
  "log.cleaner.threads": "1",
  "log.cleaner.backoff.ms": "15000",
  "log.cleaner.dedupe.buffer.size": "134217728",
  "log.cleaner.io.buffer.load.factor": "0.9",
  "log.cleaner.io.buffer.size": "524288",
  "log.cleaner.io.max.bytes.per.second": "1.7976931348623157E308",
};

/** Logs on one disk, and a cleaner that looks after them. */
function setUp(settings: Readonly<Record<string, string>> = {}, disk = new SimulatedDisk()) {
  const clock = new ManualClock();
  const logger = recordingLogger();
  const directory = openDirectory(disk, { clock });
  const partitions: { log: PartitionLog; lastStableOffset: number; isOnline: boolean }[] = [];
  const cleaned: string[] = [];
  const newCleaner = (): Cleaner => {
    const cleaner = new InProcessCleaner({ disk, clock });
    return {
      clean(job, client) {
        cleaned.push(job.directory);
        return cleaner.clean(job, client);
      },
      close: () => cleaner.close(),
    };
  };
  const cleaner = new LogCleaner({
    disk,
    clock,
    random: { fill: (bytes) => bytes.fill(7) },
    logger,
    partitions: () => partitions,
    setting: (name) => ({ ...SETTINGS, ...settings })[name] ?? null,
    newCleaner,
  });
  const add = (topic: string, config: Partial<LogConfig> = {}) => {
    const full = { ...SMALL, ...COMPACTED, segmentBytes: 4000, ...config };
    const log = directory.get(topic, 0) ?? directory.create(topic, 0, TOPIC_ID, full);
    log.config = full;
    const partition = {
      log,
      isOnline: true,
      get lastStableOffset() {
        return log.endOffset;
      },
    };
    partitions.push(partition);
    return log;
  };
  const run = async () => {
    cleaner.cleanWhatIsDirty();
    // A cleaning that ends begins the next one.
    for (let i = 0; i < 5; i++) await cleaner.settled();
  };
  const close = async () => {
    await cleaner.stop();
    await directory.close();
  };
  return { disk, clock, logger, directory, partitions, cleaned, cleaner, add, run, close };
}

function fill(log: PartitionLog, clock: ManualClock, ...batches: readonly string[]): void {
  for (const batch of batches) {
    write(log, batch);
    roll(log, clock);
  }
}

function checkpointOf(disk: SimulatedDisk): string {
  return new TextDecoder().decode(disk.content(CLEANER_CHECKPOINT));
}

Deno.test("LogCleaner compacts what is dirty enough, the dirtiest first, and notes how far", async () => {
  const { disk, clock, cleaned, cleaner, add, run, close } = setUp();
  const half = add("half");
  const all = add("all");
  add("deleted", { cleanupCompact: false, cleanupDelete: true });
  fill(half, clock, "a=1", "a=2");
  await run();
  fill(half, clock, "a=3", "a=4");
  fill(all, clock, "a=1", "a=2");
  await run();
  assert.deepEqual(cleaned, ["half-0", "all-0", "half-0"]);
  assert.deepEqual(await show(all), ["[1-1] 1:a=2"]);
  assert.deepEqual(checkpointOf(disk).split("\n"), ["0", "2", "half 0 4", "all 0 2", ""]);
  assert.equal(cleaner.counters.cleanings, 3);
  assert.ok(cleaner.counters.bytesRead > cleaner.counters.bytesWritten);
  await close();
});

Deno.test("LogCleaner leaves a log alone that is not dirty enough, until a record is overdue", async () => {
  const { clock, cleaned, add, run, close } = setUp();
  const log = add("t", { minCleanableDirtyRatio: 1 });
  fill(log, clock, "a=1", "a=2");
  await run();
  assert.deepEqual(cleaned, []);
  log.config = { ...log.config, maxCompactionLagMs: 1000 };
  await run();
  assert.deepEqual(cleaned, ["t-0"]);
  await close();
});

Deno.test("LogCleaner believes the checkpoint after a restart, and not for a log made anew", async () => {
  const first = setUp();
  fill(first.add("t"), first.clock, "a=1", "a=2");
  fill(first.add("gone"), first.clock, "a=1", "a=2");
  await first.run();
  await first.close();
  const again = setUp({}, first.disk);
  again.add("t");
  again.add("gone");
  await again.run();
  assert.deepEqual(again.cleaned, []);
  again.directory.delete("gone", 0);
  again.partitions.pop();
  fill(again.add("gone"), again.clock, "a=1", "a=2", "a=3");
  await again.run();
  assert.deepEqual(again.cleaned, ["gone-0"]);
  await again.close();
});

Deno.test("LogCleaner cleans again what a log has got after it was cut below its clean part", async () => {
  const { clock, add, run, close } = setUp();
  const log = add("t", { minCleanableDirtyRatio: 0.1 });
  fill(log, clock, "a=1", "b=1", "c=1");
  await run();
  log.truncateTo(1);
  fill(log, clock, "b=2", "b=3");
  await run();
  assert.deepEqual(await show(log), ["[0-0] 0:a=1", "[2-2] 2:b=3"]);
  await close();
});

Deno.test("LogCleaner leaves a log alone that it can't clean, and goes on with the others", async () => {
  const { disk, clock, logger, cleaned, cleaner, add, run, close } = setUp();
  const bad = add("bad");
  fill(bad, clock, "a=1", "a=2");
  disk.content("bad-0/00000000000000000001.log", (bytes) => {
    bytes[65]! ^= 1;
    return bytes;
  });
  fill(add("good"), clock, "a=1", "a=2");
  await run();
  await run();
  assert.deepEqual(cleaned, ["bad-0", "good-0"]);
  assert.deepEqual([...cleaner.uncleanable()], [bad]);
  assert.ok(logger.events.includes("log not compacted, and left alone from now on"));
  await close();
});

Deno.test("LogCleaner gives up on a log that is deleted under it, without blame", async () => {
  const { clock, logger, directory, partitions, cleaner, add, run, close } = setUp();
  fill(add("t"), clock, "a=1", "a=2");
  fill(add("other"), clock, "a=1", "a=2");
  cleaner.cleanWhatIsDirty();
  directory.delete("t", 0);
  partitions.shift();
  await run();
  assert.deepEqual([...cleaner.uncleanable()], []);
  assert.ok(logger.events.some((event) => event.startsWith("compaction abandoned")));
  await close();
});

Deno.test("LogCleaner cleans as many logs at a time as it has threads", async () => {
  for (const threads of [0, 1, 2, 5]) {
    const { clock, cleaned, cleaner, add, run, close } = setUp({
      "log.cleaner.threads": String(threads),
    });
    for (const topic of ["a", "b", "c"]) fill(add(topic), clock, "a=1", "a=2");
    cleaner.cleanWhatIsDirty();
    assert.equal(cleaned.length, Math.min(threads, 3));
    await run();
    assert.equal(cleaned.length, threads === 0 ? 0 : 3);
    await close();
  }
});

Deno.test("LogCleaner looks around every log.cleaner.backoff.ms, unless it is switched off", async () => {
  for (const [enable, expected] of [["true", ["t-0"]], ["false", []]] as const) {
    const { clock, cleaned, cleaner, add, run, close } = setUp({ "log.cleaner.enable": enable });
    fill(add("t"), clock, "a=1", "a=2");
    cleaner.start();
    clock.advance(14_999);
    assert.deepEqual(cleaned, []);
    clock.advance(1);
    assert.deepEqual(cleaned, expected);
    if (enable === "true") await run();
    await close();
  }
});

Deno.test("LogCleaner.stop() lets no cleaning touch a log any more", async () => {
  const { clock, cleaner, add, close } = setUp();
  const log = add("t");
  fill(log, clock, "a=1", "a=2");
  cleaner.cleanWhatIsDirty();
  await cleaner.stop();
  await cleaner.settled();
  assert.equal(log.segmentCount, 3);
  await close();
});
