import assert from "node:assert/strict";
import type { PartitionLog } from "../../../src/log/partition_log.ts";
import { buildBatch } from "../../../src/protocol/records/batch_builder.ts";
import { appended, batchOf, newLog, readAll, reopen, seeded } from "./log_harness.ts";
import type { SimulatedDisk } from "./simulated_disk.ts";

const FILE = "t-0/00000000000000000000.log";
const ROOM = 256 * 1024;
const ROOMY = { segmentBytes: 64 * 1024 * 1024 };

function large(bytes: number): Uint8Array {
  return buildBatch([{ value: new Uint8Array(bytes).fill(65), timestamp: 1000 }]);
}

/** Appends until the segment is one that is given room. */
function fill(log: PartitionLog): void {
  while (log.sizeBytes <= 4 * ROOM) appended(log, large(100_000));
  appended(log, large(100_000));
}

const fileSize = (disk: SimulatedDisk) => disk.content(FILE)!.length;

Deno.test("append() extends a large segment by aligned room when batches are large", () => {
  const { log, disk } = newLog(ROOMY);
  fill(log);
  assert.equal(fileSize(disk) % ROOM, 0);
  assert.ok(fileSize(disk) > log.sizeBytes && fileSize(disk) - log.sizeBytes < ROOM);
});

Deno.test("append() makes no room for small batches, small segments or beyond the segment", () => {
  const small = newLog(ROOMY);
  appended(small.log, large(100_000));
  assert.equal(fileSize(small.disk), small.log.sizeBytes);
  const tiny = newLog(ROOMY);
  while (tiny.log.sizeBytes <= 4 * ROOM) appended(tiny.log, large(100_000));
  const before = tiny.log.sizeBytes;
  appended(tiny.log, batchOf(1));
  assert.equal(fileSize(tiny.disk), Math.max(before + batchOf(1).length, tiny.log.sizeBytes));
  const full = newLog({ segmentBytes: 4 * ROOM + 200_000 });
  fill(full.log);
  assert.equal(fileSize(full.disk), full.log.sizeBytes);
});

Deno.test("the directory's tick cuts room off when nothing was written since the last", async () => {
  const { log, disk, clock, directory } = newLog(ROOMY);
  fill(log);
  clock.advance(1000);
  assert.ok(fileSize(disk) > log.sizeBytes, "written since the tick before");
  clock.advance(1000);
  assert.equal(fileSize(disk), log.sizeBytes);
  fill(log);
  await directory.close();
  assert.equal(fileSize(disk), log.sizeBytes);
});

Deno.test("a log opens to the end of its batches when the process died with room in the file", async () => {
  const { log, disk } = newLog(ROOMY);
  fill(log);
  const { endOffset } = log;
  const batches = await readAll(log);
  disk.crash("process", seeded(1));
  const again = reopen(disk);
  assert.equal(again.log.endOffset, endOffset);
  assert.deepEqual(await readAll(again.log), batches);
  assert.equal(fileSize(disk), again.log.sizeBytes);
  await again.directory.close();
});

Deno.test("append() succeeds when the disk has room for the batch and none to spare", () => {
  const { log, disk } = newLog(ROOMY);
  while (log.sizeBytes <= 4 * ROOM) appended(log, large(100_000));
  disk.plant({ operation: "write", kind: "noSpace", path: FILE, partialBytes: 10 });
  const before = log.endOffset;
  assert.equal(appended(log, large(100_000)).baseOffset, before);
  assert.equal(log.failure, undefined);
});

Deno.test("append() keeps batches in memory while somebody reads, and not before", async () => {
  const { log, directory } = newLog();
  appended(log, batchOf(1));
  assert.equal(directory.tailBytes, 0);
  await readAll(log);
  appended(log, batchOf(1));
  assert.ok(directory.tailBytes > 0);
  for (let i = 0; i < 3; i++) directory.trimTails();
  appended(log, batchOf(1));
  assert.equal(directory.tailBytes, 0);
  assert.equal((await readAll(log)).length, 3);
});
