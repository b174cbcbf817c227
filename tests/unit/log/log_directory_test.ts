import assert from "node:assert/strict";
import { DenoClock } from "../../../src/host/deno_clock.ts";
import { DenoDisk } from "../../../src/host/deno_disk.ts";
import { DenoRandom } from "../../../src/host/deno_random.ts";
import { DiskError } from "../../../src/io/disk.ts";
import { LogDirectory } from "../../../src/log/log_directory.ts";
import {
  appended,
  batchOf,
  newLog,
  openDirectory,
  readAll,
  recordingLogger,
  reopen,
  SMALL,
  TOPIC_ID,
} from "./log_harness.ts";
import { ManualClock } from "./manual_clock.ts";
import { SimulatedDisk } from "./simulated_disk.ts";

const names = (disk: SimulatedDisk, path = "") =>
  (disk.list(path) ?? []).map((entry) => entry.name).sort();

Deno.test("create() makes a partition that a restart finds with its topic id", async () => {
  const { disk, directory } = newLog();
  directory.create("a-b", 12, TOPIC_ID, SMALL);
  await directory.close();
  const again = openDirectory(disk);
  assert.deepEqual([...again.logs().keys()].sort(), ["a-b-12", "t-0"]);
  assert.equal(again.get("a-b", 12)?.topicId, TOPIC_ID);
  assert.equal(again.get("a-b", 12)?.endOffset, 0);
  await again.close();
});

Deno.test("delete() frees the name at once and the files after file.delete.delay.ms", async () => {
  const { disk, clock, directory, log } = newLog({ fileDeleteDelayMs: 60_000 });
  appended(log, batchOf(3));
  directory.delete("t", 0);
  assert.equal(directory.get("t", 0), undefined);
  const renamed = names(disk).find((name) => name.startsWith("t-0"))!;
  assert.match(renamed, /^t-0\.[0-9a-f]{32}-delete$/);
  const second = directory.create("t", 0, TOPIC_ID, SMALL);
  assert.equal(second.endOffset, 0);
  clock.advance(59_999);
  assert.ok(names(disk).includes(renamed));
  clock.advance(1);
  assert.ok(!names(disk).includes(renamed));
  assert.ok(names(disk).includes("t-0"));
  await directory.close();
});

Deno.test("delete() is finished by the next start when the process ends before", async () => {
  const { disk, directory } = newLog();
  directory.delete("t", 0);
  await directory.close();
  const again = openDirectory(disk);
  assert.equal(again.logs().size, 0);
  assert.deepEqual(names(disk).filter((name) => name.startsWith("t-0")), []);
  await again.close();
});

Deno.test("delete() fails nothing when a flush is under way", async () => {
  const failures: string[] = [];
  const disk = new SimulatedDisk();
  const directory = openDirectory(disk, { onLogFailure: (name) => failures.push(name) });
  const log = directory.create("t", 0, TOPIC_ID, SMALL);
  appended(log, batchOf(3));
  const flush = log.flush().catch(() => {});
  const checkpoint = directory.checkpoint();
  directory.delete("t", 0);
  await flush;
  await checkpoint;
  assert.deepEqual(failures, []);
  assert.deepEqual(names(disk).filter((name) => name === "t-0"), []);
  await directory.close();
});

Deno.test("removed segments keep their files under another name until the delay is over", async () => {
  const { disk, clock, directory, log } = newLog({ segmentBytes: 200, fileDeleteDelayMs: 1000 });
  for (let i = 0; i < 4; i++) appended(log, batchOf(3));
  log.advanceStartOffset(9);
  const deleted = () => names(disk, "t-0").filter((name) => name.endsWith(".deleted"));
  assert.ok(deleted().length >= 3);
  clock.advance(1000);
  assert.deepEqual(deleted(), []);
  await directory.close();
});

Deno.test("checkpoint() moves the recovery point and names every partition in each file", async () => {
  const { disk, directory, log } = newLog();
  directory.create("u", 3, TOPIC_ID, SMALL);
  for (let i = 0; i < 4; i++) appended(log, batchOf(3));
  log.highWatermark = 9;
  log.advanceStartOffset(5);
  assert.equal(log.recoveryPoint, 0);
  await directory.checkpoint();
  assert.equal(log.recoveryPoint, 12);
  const text = (name: string) => new TextDecoder().decode(disk.content(name));
  assert.equal(text("recovery-point-offset-checkpoint"), "0\n2\nt 0 12\nu 3 0\n");
  assert.equal(text("log-start-offset-checkpoint"), "0\n2\nt 0 5\nu 3 0\n");
  assert.equal(text("replication-offset-checkpoint"), "0\n2\nt 0 9\nu 3 0\n");
  await directory.close();
});

Deno.test("checkpoint() runs by the clock", async () => {
  const { clock, directory, log } = newLog();
  appended(log, batchOf(3));
  clock.advance(10_000);
  await directory.checkpoint();
  assert.equal(log.recoveryPoint, 3);
  await directory.close();
});

Deno.test("flush.ms flushes what has waited for so long", async () => {
  const { clock, directory, log } = newLog({ flushMs: 3000 });
  appended(log, batchOf(3));
  clock.advance(3000);
  assert.equal(log.flushedOffset, 0);
  clock.advance(1000);
  await log.flush();
  assert.equal(log.flushedOffset, 3);
  await directory.close();
});

Deno.test("open() reads nothing below the recovery point of a log after a crash", async () => {
  const disk = new SimulatedDisk();
  const { directory, log } = newLog({ segmentBytes: 1 << 20 }, disk);
  for (let i = 0; i < 400; i++) appended(log, batchOf(20));
  await directory.checkpoint();
  appended(log, batchOf(1));
  // Damage that only a full scan would notice.
  disk.content("t-0/00000000000000000000.log", (bytes) => {
    bytes[1000]! ^= 1;
    return bytes;
  });
  disk.crash("process", () => 0);
  const again = reopen(disk);
  assert.equal(again.log.endOffset, 8001);
  assert.equal(again.log.recoveryPoint, 8000);
  await again.directory.close();
});

Deno.test("open() leaves a partition out that can't be read and serves the others", async () => {
  const { disk, directory, log } = newLog();
  const other = directory.create("u", 0, TOPIC_ID, SMALL);
  appended(log, batchOf(3));
  appended(other, batchOf(3));
  disk.crash("process", () => 0);
  disk.plant({ operation: "read", kind: "ioError", path: "t-0/" });
  const logger = recordingLogger();
  const failures: [string, DiskError][] = [];
  const onLogFailure = (name: string, error: DiskError) => void failures.push([name, error]);
  const again = openDirectory(disk, { logger, onLogFailure });
  assert.deepEqual([...again.logs().keys()], ["u-0"]);
  assert.deepEqual(failures.map(([name, error]) => [name, error.kind]), [["t-0", "ioError"]]);
  assert.deepEqual(logger.events, ["partition not opened"]);
  assert.equal((await readAll(again.get("u", 0)!)).length, 1);
  await again.close();
});

Deno.test("open() keeps to its number of open files and to its memory", async () => {
  const disk = new SimulatedDisk();
  const options = { openFilesMax: 8, tailBytesMax: 20_000 };
  const directory = openDirectory(disk, options);
  const logs = Array.from({ length: 40 }, (_, i) => directory.create("t", i, TOPIC_ID, SMALL));
  for (const log of logs) await log.read(0, { maxBytes: 1, upTo: 0, atLeastOneBatch: false });
  for (let round = 0; round < 5; round++) for (const log of logs) appended(log, batchOf(5));
  assert.ok(directory.openFileCount <= 8);
  assert.ok(directory.tailBytes <= 20_000 && directory.tailBytes > 0);
  for (const log of logs) assert.equal((await readAll(log)).length, 5);
  await directory.checkpoint();
  assert.ok(directory.openFileCount <= 8);
  directory.trimTails();
  directory.trimTails();
  assert.equal(directory.tailBytes, 0);
  await directory.close();
});

Deno.test("close() leaves no mark of a clean shutdown when a log has failed", async () => {
  const { disk, directory, log } = newLog();
  appended(log, batchOf(3));
  disk.plant({ operation: "sync", kind: "ioError", path: ".log" });
  await assert.rejects(log.flush(), DiskError);
  await directory.close();
  assert.ok(!names(disk).includes(".kafka_cleanshutdown"));
});

Deno.test("open() takes the mark of a clean shutdown away before anything is written", async () => {
  const { disk, directory } = newLog();
  await directory.close();
  assert.ok(names(disk).includes(".kafka_cleanshutdown"));
  const again = openDirectory(disk);
  disk.crash("power", () => 0.999);
  assert.ok(!names(disk).includes(".kafka_cleanshutdown"));
  assert.equal(again.logs().size, 1);
});

Deno.test("LogDirectory keeps its records on a real disk", async () => {
  const root = await Deno.makeTempDir();
  const open = () =>
    LogDirectory.open({
      disk: new DenoDisk(root),
      clock: new DenoClock(),
      random: new DenoRandom(),
      config: { ...SMALL, flushMessages: 1 },
    });
  try {
    const directory = open();
    const log = directory.create("t", 0, TOPIC_ID, { ...SMALL, flushMessages: 1 });
    const batch = (baseSequence: number) =>
      batchOf(5, { producerId: 1, producerEpoch: 0, baseSequence });
    for (let i = 0; i < 40; i++) {
      appended(log, batch(5 * i), 2);
      if (i % 10 === 0) await log.flush();
    }
    const batches = await readAll(log);
    log.truncateTo(150);
    await directory.close();
    const again = open();
    const reopened = again.get("t", 0)!;
    assert.deepEqual([reopened.endOffset, reopened.latestEpoch], [150, 2]);
    assert.deepEqual(await readAll(reopened), batches.slice(0, 30));
    assert.equal(reopened.append(batch(145), 2).kind, "duplicate");
    assert.equal(appended(reopened, batch(150), 2).baseOffset, 150);
    await again.close();
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("ManualClock runs timers in the order of their times", () => {
  const clock = new ManualClock(0);
  const runs: string[] = [];
  clock.schedule(20, () => runs.push(`b${clock.wallMs()}`));
  clock.schedule(10, () => void clock.schedule(5, () => runs.push(`a${clock.wallMs()}`)));
  clock.schedule(12, () => runs.push("cancelled")).cancel();
  clock.advance(30);
  assert.deepEqual(runs, ["a15", "b20"]);
});

Deno.test("truncateTo() takes back, durably, what the recovery point promised", async () => {
  const { disk, directory, log } = newLog();
  for (let i = 0; i < 4; i++) appended(log, batchOf(3));
  await directory.checkpoint();
  log.truncateTo(6);
  disk.crash("power", () => 0);
  const text = new TextDecoder().decode(disk.content("recovery-point-offset-checkpoint"));
  assert.equal(text, "0\n1\nt 0 6\n");
  assert.equal(reopen(disk).log.endOffset, 6);
});
