import assert from "node:assert/strict";
import { DiskError } from "../../../../src/io/disk.ts";
import { CorruptLogError } from "../../../../src/log/log_reader.ts";
import type { LogEnvironment } from "../../../../src/log/log_environment.ts";
import { finishSwaps } from "../../../../src/log/compaction/swap_recovery.ts";
import { appended, markerOf, openDirectory, readAll, reopen } from "../log_harness.ts";
import { SimulatedDisk } from "../simulated_disk.ts";
import { clean, DAY_MS, newCompacted, roll, show, surveyOf, write } from "./cleaning_harness.ts";

const TXN = { producerId: 7, producerEpoch: 0, isTransactional: true };
const FIRST = "t-0/00000000000000000000.log";

/** Three segments of two records each, and an active one with nothing. */
function threeSegments(disk?: SimulatedDisk) {
  const at = newCompacted({ segmentBytes: 4000 }, disk);
  for (const text of ["a=1 b=1", "a=2 c=1", "b=2 d=1"]) {
    write(at.log, text);
    roll(at.log, at.clock);
  }
  return at;
}

const CLEANED = ["[2-3] 2:a=2 3:c=1", "[4-5] 4:b=2 5:d=1"];

Deno.test("LogCleaning.survey() leaves the active segment alone", async () => {
  const { log, clock, directory } = threeSegments();
  const { firstDirtyOffset, firstUncleanableOffset, dirtyRatio } = surveyOf(log, clock.wallMs());
  assert.deepEqual([firstDirtyOffset, firstUncleanableOffset, dirtyRatio], [0, 6, 1]);
  write(log, "e=1");
  assert.equal(surveyOf(log, clock.wallMs()).firstUncleanableOffset, 6);
  await directory.close();
});

Deno.test("LogCleaning.survey() reckons the ratio from what was cleaned and what was not", async () => {
  const { log, clock, directory } = threeSegments();
  const survey = surveyOf(log, clock.wallMs(), { cleanedOffset: 2 });
  assert.equal(survey.firstDirtyOffset, 2);
  assert.equal(survey.cleanableBytes, 2 * survey.cleanBytes);
  assert.equal(survey.dirtyRatio, 2 / 3);
  await directory.close();
});

Deno.test("LogCleaning.survey() does not believe a checkpoint outside of the log", async () => {
  const { log, clock, directory } = threeSegments();
  assert.equal(surveyOf(log, clock.wallMs(), { cleanedOffset: 7 }).firstDirtyOffset, 0);
  log.advanceStartOffset(2);
  assert.equal(surveyOf(log, clock.wallMs(), { cleanedOffset: 1 }).firstDirtyOffset, 2);
  await directory.close();
});

Deno.test("LogCleaning.survey() stops before the segment of the last stable offset", async () => {
  const { log, clock, directory } = threeSegments();
  const upTo = (lastStableOffset: number) =>
    surveyOf(log, clock.wallMs(), { lastStableOffset }).firstUncleanableOffset;
  assert.deepEqual([1, 2, 3, 4, 6].map(upTo), [0, 2, 2, 4, 6]);
  await directory.close();
});

Deno.test("LogCleaning.survey() stops before records that are younger than min.compaction.lag.ms", async () => {
  const { log, clock, directory } = newCompacted({ minCompactionLagMs: 1000, segmentBytes: 4000 });
  for (const timestamp of [1000, 2000, 1500]) {
    write(log, "a=1 b=1", { timestamp });
    roll(log, clock);
  }
  const upTo = (nowMs: number) => surveyOf(log, nowMs).firstUncleanableOffset;
  assert.deepEqual([1999, 2000, 2999, 3000].map(upTo), [0, 2, 2, 6]);
  await directory.close();
});

Deno.test("LogCleaning.survey() says when max.compaction.lag.ms has passed", async () => {
  const { log, clock, directory } = newCompacted({ maxCompactionLagMs: 1000, segmentBytes: 4000 });
  for (const timestamp of [1000, 5000]) {
    write(log, "a=1 b=1", { timestamp });
    roll(log, clock);
  }
  assert.ok(!surveyOf(log, 2000).isOverdue);
  assert.ok(surveyOf(log, 2001).isOverdue);
  assert.ok(!surveyOf(log, 6000, { cleanedOffset: 2 }).isOverdue);
  await directory.close();
});

Deno.test("LogCleaning.takeLowestCut() tells once how far the log was cut", async () => {
  const { log, directory } = threeSegments();
  assert.equal(log.cleaning.takeLowestCut(), Infinity);
  log.truncateTo(4);
  log.truncateTo(2);
  write(log, "x=1 y=1 z=1");
  assert.equal(log.cleaning.takeLowestCut(), 2);
  assert.equal(log.cleaning.takeLowestCut(), Infinity);
  await directory.close();
});

Deno.test("runCleaning() goes on where a table that was full has stopped", async () => {
  const at = newCompacted({ segmentBytes: 4000 });
  write(at.log, Array.from("abcdefghij", (key) => `${key}=1`).join(" "));
  roll(at.log, at.clock);
  write(at.log, Array.from("abcdefghij", (key) => `${key}=2`).join(" "));
  roll(at.log, at.clock);
  const ends: number[] = [];
  for (let cleanedOffset = 0; cleanedOffset < 20;) {
    const outcome = await clean(at, { cleanedOffset, resources: { dedupeBytes: 1 } });
    assert.ok(outcome.kind === "cleaned" && outcome.endOffset > cleanedOffset);
    cleanedOffset = outcome.endOffset;
    ends.push(cleanedOffset);
  }
  assert.deepEqual(ends, [6, 12, 18, 20]);
  assert.deepEqual((await show(at.log)).length, 1);
  await at.directory.close();
});

Deno.test("runCleaning() keeps a tombstone that the table has not come to, however old it is", async () => {
  const at = newCompacted({ segmentBytes: 4000 });
  write(at.log, "a=1");
  roll(at.log, at.clock);
  write(at.log, "b=1 c=1 d=1 e=1 f=1 g=1");
  write(at.log, "a");
  roll(at.log, at.clock);
  const resources = { dedupeBytes: 1 };
  const nowMs = at.clock.wallMs();
  for (const days of [0, 2]) {
    await clean(at, { cleanedOffset: 1, nowMs: nowMs + days * DAY_MS, resources });
  }
  const [first, , last] = await show(at.log);
  assert.deepEqual([first, last], ["[0-0] 0:a=1", `[7-7 until ${nowMs + DAY_MS}] 7:a`]);
  await at.directory.close();
});

Deno.test("LogCleaningRun.swap() hands readers the new segment, and lets those go on who read the old", async () => {
  const { disk, clock, log, directory } = threeSegments(new SimulatedDisk());
  // Large enough to be read off the event loop.
  const options = { maxBytes: 100_000, upTo: log.endOffset, atLeastOneBatch: true };
  const sizes = log.sizeBytes;
  log.config = { ...log.config, fileDeleteDelayMs: 1000 };
  const reading = Promise.resolve(log.read(0, options));
  await clean({ disk, clock, log });
  const slice = await reading;
  assert.ok(slice.bytes > 0 && slice.nextOffset >= 2);
  slice.release();
  assert.deepEqual(await show(log), CLEANED);
  assert.ok(log.sizeBytes < sizes);
  assert.ok(disk.content(`${FIRST}.deleted`) !== undefined);
  clock.advance(1000);
  assert.equal(disk.content(`${FIRST}.deleted`), undefined);
  await directory.close();
});

Deno.test("LogCleaningRun.swap() makes readers forget where in the old segments they were", async () => {
  const at = threeSegments();
  await at.directory.close();
  const { log, directory } = reopen(at.disk, { clock: at.clock });
  log.config = { ...log.config, cleanupCompact: true, segmentBytes: 4000 };
  const options = { maxBytes: 1, upTo: 6, atLeastOneBatch: true };
  const first = await log.read(0, options);
  assert.equal(first.nextOffset, 2);
  first.release();
  await clean({ ...at, log });
  const second = await log.read(2, options);
  assert.equal(second.nextOffset, 4);
  second.release();
  await directory.close();
});

Deno.test("LogCleaningRun.swap() hides what is aborted from those who still read the old segment", async () => {
  const at = newCompacted({ segmentBytes: 4000 });
  write(at.log, "a=1", { ...TXN, baseSequence: 0 });
  appended(at.log, markerOf(7, false));
  write(at.log, "b=1", { ...TXN, producerEpoch: 1, baseSequence: 0 });
  appended(at.log, markerOf(7, true, 1));
  roll(at.log, at.clock);
  await clean(at);
  assert.equal((await show(at.log))[0], "[1-1 p7:0:-1] 1:abort");
  assert.equal(at.log.abortedTransactions(0, 4).length, 1);
  await at.directory.close();
});

Deno.test("runCleaning() copies batches whole that are larger than its buffers", async () => {
  const at = newCompacted({ segmentBytes: 2 ** 20 });
  const sizes = [20_000, 30_000, 40_000, 100_000, 500, 90_000];
  const values = sizes.map((size, i) => `key-${i}=${String(i).repeat(size)}`);
  for (const value of values) write(at.log, value);
  write(at.log, "gone=1");
  write(at.log, "gone=2");
  const before = await readAll(at.log);
  roll(at.log, at.clock);
  await clean(at);
  assert.deepEqual(await readAll(at.log), before.filter((_, i) => i !== sizes.length));
  await at.directory.close();
});

Deno.test("runCleaning() writes over nothing that an earlier one has left", async () => {
  const at = threeSegments();
  const left = at.disk.open("t-0/00000000000000000000.log.cleaned", { create: true });
  left.write(new Uint8Array(5000).fill(7), 0);
  left.close();
  await clean(at);
  assert.equal(at.disk.content(FIRST)!.length, at.log.sizeBytes);
  assert.deepEqual(await show(at.log), CLEANED);
  await at.directory.close();
});

Deno.test("LogCleaningRun.swap() refuses what comes of a log that was cut meanwhile", async () => {
  const at = threeSegments();
  const outcome = await clean(at, {
    client: (client) => ({
      ...client,
      swap(cleaned) {
        at.log.truncateTo(5);
        return client.swap(cleaned);
      },
    }),
  });
  assert.equal(outcome.kind, "abandoned");
  assert.deepEqual(await show(at.log), ["[0-1] 0:a=1 1:b=1", "[2-3] 2:a=2 3:c=1"]);
  assert.ok(!at.disk.list("t-0")!.some(({ name }) => name.endsWith(".cleaned")));
  await at.directory.close();
});

Deno.test("LogCleaningRun.swap() refuses what stands for segments that retention has taken", async () => {
  const at = threeSegments();
  const outcome = await clean(at, {
    client: (client) => ({
      ...client,
      swap(cleaned) {
        at.log.advanceStartOffset(2);
        return client.swap(cleaned);
      },
    }),
  });
  assert.equal(outcome.kind, "abandoned");
  assert.deepEqual(await show(at.log), ["[2-3] 2:a=2 3:c=1", "[4-5] 4:b=2 5:d=1"]);
  await at.directory.close();
});

Deno.test("LogCleaningRun.swap() refuses what comes of a log that was deleted", async () => {
  const at = threeSegments();
  const outcome = await clean(at, {
    client: (client) => ({
      ...client,
      swap(cleaned) {
        at.directory.delete("t", 0);
        return client.swap(cleaned);
      },
    }),
  });
  assert.equal(outcome.kind, "abandoned");
  await at.directory.close();
});

Deno.test("runCleaning() takes appends and rolls that come while it works", async () => {
  const at = threeSegments();
  const outcome = await clean(at, {
    client: (client) => ({
      ...client,
      swap(cleaned) {
        write(at.log, "a=3");
        roll(at.log, at.clock);
        write(at.log, "e=1");
        return client.swap(cleaned);
      },
    }),
  });
  assert.equal(outcome.kind, "cleaned");
  assert.deepEqual(await show(at.log), [...CLEANED, "[6-6] 6:a=3", "[7-7] 7:e=1"]);
  await at.directory.close();
});

Deno.test("runCleaning() refuses a source with a damaged batch, and changes nothing", async () => {
  const at = threeSegments();
  at.disk.content("t-0/00000000000000000002.log", (bytes) => {
    bytes[70]! ^= 1;
    return bytes;
  });
  await assert.rejects(clean(at), CorruptLogError);
  assert.equal(at.log.segmentCount, 4);
  await at.directory.close();
});

Deno.test("runCleaning() passes on what the disk fails with, and the next one works", async () => {
  for (const path of [".log.cleaned", ".timeindex.cleaned"]) {
    const at = threeSegments();
    at.disk.plant({ operation: "write", kind: "noSpace", path });
    await assert.rejects(clean(at), DiskError);
    assert.equal(at.log.failure, undefined);
    await clean(at);
    assert.deepEqual(await show(at.log), CLEANED);
    await at.directory.close();
  }
});

Deno.test("PartitionLog.read() goes on behind batches without records, where a segment has no others", async () => {
  const at = newCompacted({ segmentBytes: 400 });
  write(at.log, "a=1 b=1");
  write(at.log, "a=2 b=2");
  write(at.log, "a=3 b=3");
  roll(at.log, at.clock);
  const value = "x".repeat(400);
  write(at.log, `a=${value} b=5`);
  roll(at.log, at.clock);
  write(at.log, "c=1");
  await at.directory.close();
  const again = reopen(at.disk, { clock: at.clock });
  again.log.config = { ...again.log.config, cleanupCompact: true, segmentBytes: 400 };
  await clean({ ...at, log: again.log });
  const shown = await show(again.log);
  assert.deepEqual(shown, ["[4-5]", `[6-7] 6:a=${value} 7:b=5`, "[8-8] 8:c=1"]);
  const options = { maxBytes: 1000, upTo: 9, atLeastOneBatch: true };
  const slice = await again.log.read(0, options);
  assert.equal(slice.nextOffset, 8);
  slice.release();
  const narrow = await again.log.read(0, { ...options, upTo: 6 });
  assert.equal(narrow.nextOffset, 6);
  narrow.release();
  await again.directory.close();
});

Deno.test("PartitionLog.abortedTransactions() tells of a transaction whose first batches are cleaned away", async () => {
  const at = newCompacted({ segmentBytes: 4000 });
  write(at.log, "a=1", { ...TXN, baseSequence: 0 });
  roll(at.log, at.clock);
  write(at.log, "a=2", { ...TXN, baseSequence: 1 });
  appended(at.log, markerOf(7, false));
  write(at.log, "b=1");
  await clean(at);
  assert.deepEqual(await show(at.log), [
    "[0-0]",
    "[1-1 p7:0:1] 1:a=2",
    "[2-2 p7:0:-1] 2:abort",
    "[3-3] 3:b=1",
  ]);
  assert.equal(at.log.abortedTransactions(0, 4)[0]?.lastOffset, 2);
  await at.directory.checkpoint();
  at.disk.crash("process", () => 0);
  const again = reopen(at.disk, { clock: at.clock });
  assert.equal(again.log.abortedTransactions(0, 4)[0]?.lastOffset, 2);
  await again.directory.close();
});

Deno.test("finishSwaps() leaves a damaged segment out while those that it stands for are there", async () => {
  const at = threeSegments();
  const before = await readAll(at.log);
  await at.directory.close();
  plantSwap(at.disk);
  const again = openDirectory(at.disk, { clock: at.clock });
  assert.deepEqual(await readAll(again.get("t", 0)!), before);
  await again.close();
});

Deno.test("finishSwaps() refuses to go on when a damaged segment is all that is left", async () => {
  const at = threeSegments();
  await at.directory.close();
  plantSwap(at.disk);
  at.disk.rename(FIRST, `${FIRST}.deleted`);
  const failed: string[] = [];
  const onLogFailure = (directory: string) => void failed.push(directory);
  const again = openDirectory(at.disk, { clock: at.clock, onLogFailure });
  assert.deepEqual(failed, ["t-0"]);
  assert.equal(again.get("t", 0), undefined);
  assert.ok(at.disk.content(`${FIRST}.deleted`) !== undefined);
  await again.close();
});

Deno.test("finishSwaps() touches no directory where nothing was under way", () => {
  const disk = new SimulatedDisk();
  disk.goDown();
  const unused = { disk } as unknown as LogEnvironment;
  assert.ok(!finishSwaps(unused, "t-0", ["00000000000000000000.log", "partition.metadata"]));
});

/** A swap that has begun, with a segment that is no sound one. */
function plantSwap(disk: SimulatedDisk): void {
  const file = disk.open(`${FIRST}.swap`, { create: true });
  file.write(new Uint8Array(100).fill(7), 0);
  file.syncNow();
  file.close();
}
