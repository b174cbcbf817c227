import assert from "node:assert/strict";
import { DiskError } from "../../../src/io/disk.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import * as layout from "../../../src/protocol/records/batch_layout.ts";
import { readRecords } from "../../../src/protocol/records/record_reader.ts";
import { Codec } from "../../../src/protocol/compression/codec.ts";
import {
  appended,
  batchOf,
  markerOf,
  newLog,
  readAll,
  reopen,
  splitBatches,
} from "./log_harness.ts";
import { SimulatedDisk } from "./simulated_disk.ts";

const ALL = { maxBytes: 1 << 20, upTo: Infinity, atLeastOneBatch: true };

Deno.test("append() gives consecutive offsets and stamps the batch when it is the leader", () => {
  const { log } = newLog();
  const first = batchOf(3);
  assert.deepEqual(appended(log, first, 4), { kind: "appended", baseOffset: 0, lastOffset: 2 });
  const second = batchOf(2);
  assert.deepEqual(appended(log, second, 4), { kind: "appended", baseOffset: 3, lastOffset: 4 });
  assert.equal(layout.baseOffset(second, 0), 3);
  assert.equal(layout.partitionLeaderEpoch(second, 0), 4);
  assert.equal(log.endOffset, 5);
  assert.equal(log.latestEpoch, 4);
  assert.equal(log.sizeBytes, first.length + second.length);
});

Deno.test("append() answers a retry with the first offsets and writes nothing", () => {
  const { log } = newLog();
  const batch = () => batchOf(3, { producerId: 1, producerEpoch: 0, baseSequence: 0 });
  appended(log, batch());
  appended(log, batchOf(1));
  const expected = { kind: "duplicate", baseOffset: 0, lastOffset: 2, appendTimeMs: -1 };
  assert.deepEqual(log.append(batch(), 0), expected);
  assert.equal(log.endOffset, 4);
});

Deno.test("append() rejects a gap in the sequence and writes nothing", () => {
  const { log } = newLog();
  appended(log, batchOf(3, { producerId: 1, producerEpoch: 0, baseSequence: 0 }));
  const result = log.append(batchOf(1, { producerId: 1, producerEpoch: 0, baseSequence: 4 }), 0);
  assert.equal(result.kind === "rejected" && result.errorCode, 45);
  assert.equal(log.endOffset, 3);
});

Deno.test("append() leaves the log as it was when the disk is full in the middle of a write", async () => {
  const { log, disk } = newLog();
  appended(log, batchOf(3));
  disk.plant({ operation: "write", kind: "noSpace", path: ".log", partialBytes: 30 });
  assert.throws(() => log.append(batchOf(2), 0), DiskError);
  assert.equal(log.endOffset, 3);
  assert.equal(disk.content("t-0/00000000000000000000.log")?.length, log.sizeBytes);
  appended(log, batchOf(1));
  assert.deepEqual((await readAll(log)).map((batch) => layout.baseOffset(batch, 0)), [0, 3]);
});

Deno.test("append() refuses everything after a torn write that can't be cut off", () => {
  const { log, disk } = newLog();
  disk.plant({ operation: "write", kind: "ioError", path: ".log", partialBytes: 30 });
  disk.plant({ operation: "truncate", kind: "ioError", path: ".log" });
  assert.throws(() => log.append(batchOf(2), 0), DiskError);
  assert.equal(log.failure?.kind, "ioError");
  assert.throws(() => log.append(batchOf(2), 0), DiskError);
});

Deno.test("append() rolls to a new segment when the batch would make it too large", async () => {
  const { log, disk } = newLog({ segmentBytes: 400 });
  for (let i = 0; i < 9; i++) appended(log, batchOf(3));
  assert.ok(log.segmentCount > 2);
  for (const { name, size } of disk.list("t-0")!) {
    if (name.endsWith(".log")) assert.ok(size <= 400, name);
  }
  assert.equal((await readAll(log)).length, 9);
});

Deno.test("append() rolls when a batch is segment.ms younger than the first of the segment", () => {
  const { log } = newLog({ segmentMs: 1000 });
  appended(log, batchOf(1, { timestamp: 5000 }));
  appended(log, batchOf(1, { timestamp: 6000 }));
  assert.equal(log.segmentCount, 1);
  appended(log, batchOf(1, { timestamp: 6001 }));
  assert.equal(log.segmentCount, 2);
});

Deno.test("append() rolls when an index is full", () => {
  const { log } = newLog({ segmentBytes: 1 << 20, segmentIndexBytes: 48, indexIntervalBytes: 0 });
  for (let i = 0; i < 20; i++) appended(log, batchOf(1, { timestamp: i }));
  assert.ok(log.segmentCount > 4);
});

Deno.test("rollIfDue() rolls by the clock when segment.ms has passed, and no empty segment", () => {
  const { log } = newLog({ segmentMs: 1000 });
  log.rollIfDue(1e15);
  assert.equal(log.segmentCount, 1);
  appended(log, batchOf(1, { timestamp: 5000 }));
  log.rollIfDue(5900);
  assert.equal(log.segmentCount, 1);
  log.rollIfDue(6001);
  assert.equal(log.segmentCount, 2);
});

Deno.test("read() returns whole batches from the one that holds the offset on", async () => {
  for (const fromTail of [true, false]) {
    const { log, directory } = newLog({ segmentBytes: 1 << 20 });
    const sizes = [3, 1, 4, 2].map((count) => {
      const batch = batchOf(count);
      appended(log, batch);
      return batch.length;
    });
    if (!fromTail) dropTail(directory);
    const slice = await log.read(2, ALL);
    assert.equal(slice.bytes, sizes.reduce((a, b) => a + b));
    assert.equal(slice.nextOffset, 10);
    slice.release();
    const second = await log.read(4, { ...ALL, upTo: 8 });
    assert.equal(second.bytes, sizes[2]);
    assert.equal(second.nextOffset, 8);
    second.release();
  }
});

Deno.test("read() keeps to the byte limit but for a first batch that must be returned", async () => {
  for (const fromTail of [true, false]) {
    const { log, directory } = newLog({ segmentBytes: 1 << 20 });
    const size = batchOf(3).length;
    for (let i = 0; i < 4; i++) appended(log, batchOf(3));
    if (!fromTail) dropTail(directory);
    const read = async (maxBytes: number, atLeastOneBatch: boolean) => {
      const slice = await log.read(0, { maxBytes, upTo: 12, atLeastOneBatch });
      slice.release();
      return [slice.bytes / size, slice.nextOffset];
    };
    assert.deepEqual(await read(2 * size + size - 1, false), [2, 6]);
    assert.deepEqual(await read(size - 1, true), [1, 3]);
    assert.deepEqual(await read(size - 1, false), [0, 0]);
    assert.deepEqual(await read(10, true), [1, 3]);
  }
});

Deno.test("read() is empty at the visible end", async () => {
  const { log } = newLog();
  appended(log, batchOf(3));
  const slice = await log.read(3, { ...ALL, upTo: 3 });
  assert.deepEqual([slice.bytes, slice.nextOffset, slice.chunks.length], [0, 3, 0]);
});

Deno.test("read() keeps its chunks as they are until release() when the tail moves on", async () => {
  const { log } = newLog({ segmentBytes: 1 << 20 });
  appended(log, batchOf(3));
  const slice = await log.read(0, { ...ALL, upTo: 3 });
  const before = slice.chunks.map((chunk) => chunk.slice());
  log.truncateTo(0);
  for (let i = 0; i < 50; i++) appended(log, batchOf(5));
  assert.deepEqual(slice.chunks.map((chunk) => chunk.slice()), before);
  slice.release();
});

Deno.test("read() refuses a file that does not hold a batch where one was", async () => {
  const { log, disk, directory } = newLog({ segmentBytes: 1 << 20, indexIntervalBytes: 1 << 20 });
  const size = batchOf(3).length;
  for (let i = 0; i < 3; i++) appended(log, batchOf(3));
  dropTail(directory);
  disk.content("t-0/00000000000000000000.log", (bytes) => {
    bytes[size + layout.MAGIC_AT] = 1;
    return bytes;
  });
  const read = async () => await log.read(0, ALL);
  await assert.rejects(read, { name: "CorruptLogError" });
});

Deno.test("read() takes a large cold read off the event loop and a small one not", async () => {
  const { log, directory } = newLog({ segmentBytes: 1 << 24, indexIntervalBytes: 4096 });
  const batch = batchOf(100);
  for (let i = 0; i < 3000; i++) appended(log, batch);
  dropTail(directory);
  const large = log.read(0, { ...ALL, maxBytes: 1 << 20 });
  assert.ok(large instanceof Promise);
  assert.equal((await large).bytes > 900_000, true);
  (await large).release();
  const small = log.read(0, { ...ALL, maxBytes: 10_000 });
  assert.ok(!(small instanceof Promise));
  small.release();
});

Deno.test("appendAsFollower() keeps offsets and epochs, gaps too, and leaves a cut batch out", async () => {
  const { log } = newLog({ segmentBytes: 500 });
  const batches = [[0, 0], [10, 1], [15, 1], [20, 3]].map(([baseOffset, epoch]) =>
    batchOf(5, { baseOffset: baseOffset!, partitionLeaderEpoch: epoch! })
  );
  const bytes = joined([...batches, batchOf(2, { baseOffset: 40 }).subarray(0, 70)]);
  const result = log.appendAsFollower(bytes);
  assert.deepEqual(result, { kind: "appended", baseOffset: 0, lastOffset: 24 });
  assert.equal(log.endOffset, 25);
  assert.deepEqual(await readAll(log), batches);
  assert.deepEqual(log.endOffsetForEpoch(2), { epoch: 1, endOffset: 20 });
  const gap = await log.read(7, { ...ALL, upTo: 25 });
  assert.equal(layout.baseOffset(splitBatches(gap.chunks[0]!)[0]!, 0), 10);
  gap.release();
});

Deno.test("appendAsFollower() rejects offsets that the log has already", () => {
  const { log } = newLog();
  appended(log, batchOf(5));
  const result = log.appendAsFollower(batchOf(5, { baseOffset: 4 }));
  assert.equal(result.kind === "rejected" && result.errorCode, ErrorCode.CORRUPT_MESSAGE);
  assert.equal(log.endOffset, 5);
});

Deno.test("offsetForTimestamp() finds the earliest record inside of compressed batches", () => {
  const { log } = newLog({ segmentBytes: 500 });
  for (let i = 0; i < 20; i++) {
    appended(log, batchOf(5, { timestamp: 1000 + i * 10, codec: Codec.gzip }), 2);
  }
  assert.ok(log.segmentCount > 2);
  const at = (timestamp: number) => log.offsetForTimestamp(timestamp)?.offset;
  assert.deepEqual([0, 1000, 1003, 1004, 1005, 1010, 1193].map(at), [0, 0, 3, 4, 5, 5, 98]);
  assert.equal(at(1195), undefined);
  const record = { offset: 99, timestamp: 1194, leaderEpoch: 2 };
  assert.deepEqual(log.offsetForTimestamp(1194), record);
  assert.deepEqual(log.maxTimestampOffset(), record);
  log.advanceStartOffset(7);
  assert.equal(at(0), 7);
});

Deno.test("maxTimestampOffset() is the first record of the largest timestamp", () => {
  const { log } = newLog();
  assert.equal(log.maxTimestampOffset(), undefined);
  for (const timestamp of [1000, 3000, 3000, 2000]) appended(log, batchOf(1, { timestamp }));
  assert.equal(log.maxTimestampOffset()?.offset, 1);
});

Deno.test("abortedTransactions() lists those that overlap the range", () => {
  const { log } = newLog({ segmentBytes: 300 });
  const txn = (producerId: number, baseSequence: number) =>
    appended(
      log,
      batchOf(5, { producerId, producerEpoch: 0, baseSequence, isTransactional: true }),
    );
  txn(1, 0);
  txn(2, 0);
  assert.equal(log.firstUnstableOffset(10), 0);
  appended(log, markerOf(1, false));
  appended(log, markerOf(2, true));
  txn(1, 5);
  appended(log, markerOf(1, false));
  assert.equal(log.firstUnstableOffset(18), undefined);
  const firsts = (from: number, upTo: number) =>
    log.abortedTransactions(from, upTo).map((entry) => [entry.producerId, entry.firstOffset]);
  assert.deepEqual(firsts(0, 18), [[1, 0], [1, 12]]);
  assert.deepEqual(firsts(0, 12), [[1, 0]]);
  assert.deepEqual(firsts(11, 18), [[1, 12]]);
});

Deno.test("truncateTo() drops batches, epochs, producers and transactions from the offset on", async () => {
  const { log } = newLog({ segmentBytes: 600 });
  const batch = (baseSequence: number) =>
    batchOf(5, { producerId: 1, producerEpoch: 0, baseSequence, isTransactional: true });
  for (let i = 0; i < 8; i++) appended(log, batch(i * 5), Math.floor(i / 3));
  appended(log, markerOf(1, false), 3);
  log.truncateTo(22);
  assert.equal(log.endOffset, 20);
  assert.equal((await readAll(log)).length, 4);
  assert.deepEqual(log.leaderEpochs().map(({ epoch }) => epoch), [0, 1]);
  assert.deepEqual(log.abortedTransactions(0, 100), []);
  assert.equal(log.producers.get(1)?.batches.at(-1)?.lastSequence, 19);
  assert.equal(log.firstUnstableOffset(20), 0);
  assert.equal(log.append(batch(15), 3).kind, "duplicate");
  assert.equal(appended(log, batch(20), 3).baseOffset, 20);
  assert.equal(log.offsetForTimestamp(0)?.offset, 0);
});

Deno.test("restartAt() leaves an empty log that goes on at the offset", async () => {
  const { log, disk, directory } = newLog();
  appended(log, batchOf(5));
  await directory.checkpoint();
  log.restartAt(100);
  assert.deepEqual([log.startOffset, log.endOffset, log.sizeBytes], [100, 100, 0]);
  assert.equal(appended(log, batchOf(1)).baseOffset, 100);
  await directory.close();
  const again = reopen(disk);
  assert.deepEqual([again.log.startOffset, again.log.endOffset], [100, 101]);
  await again.directory.close();
});

Deno.test("advanceStartOffset() drops whole segments and survives a restart", async () => {
  const { log, disk, directory } = newLog({ segmentBytes: 400 });
  for (let i = 0; i < 10; i++) appended(log, batchOf(3));
  const segments = log.segmentCount;
  log.advanceStartOffset(10);
  assert.ok(log.segmentCount < segments);
  assert.equal(log.startOffset, 10);
  log.advanceStartOffset(4);
  assert.equal(log.startOffset, 10);
  await directory.close();
  const again = reopen(disk);
  assert.equal(again.log.startOffset, 10);
  assert.equal(readRecords((await readAll(again.log, 10))[0]!)[1]?.offset, 10);
  await again.directory.close();
});

Deno.test("applyRetention() takes old segments below the high watermark alone", () => {
  const { log } = newLog({ segmentBytes: 200, retentionMs: 1000 });
  for (let i = 0; i < 6; i++) appended(log, batchOf(3, { timestamp: 1000 + i * 100 }));
  assert.equal(log.segmentCount, 6);
  assert.equal(log.applyRetention(2000, 18).deletedSegments, 0);
  assert.equal(log.applyRetention(2250, 5).deletedSegments, 1);
  assert.equal(log.startOffset, 3);
  assert.equal(log.applyRetention(2250, 18).deletedSegments, 2);
  assert.equal(log.startOffset, 9);
});

Deno.test("applyRetention() closes the active segment when all of it is too old", () => {
  const { log } = newLog({ retentionMs: 1000 });
  appended(log, batchOf(3, { timestamp: 1000 }));
  assert.equal(log.applyRetention(1e6, 3).deletedSegments, 1);
  assert.deepEqual([log.startOffset, log.endOffset, log.sizeBytes], [3, 3, 0]);
});

Deno.test("applyRetention() keeps at least retention.bytes", () => {
  const size = batchOf(3).length;
  const { log } = newLog({ segmentBytes: 200, retentionMs: -1, retentionBytes: 2 * size + 1 });
  for (let i = 0; i < 6; i++) appended(log, batchOf(3));
  assert.equal(log.applyRetention(0, 18).deletedSegments, 3);
  assert.equal(log.sizeBytes, 3 * size);
});

Deno.test("flush() is shared by those who wait and covers what was appended before it", async () => {
  const { log, disk } = newLog();
  appended(log, batchOf(1));
  await log.flush();
  const syncs = () => disk.calls.get("sync") ?? 0;
  appended(log, batchOf(1));
  const before = syncs();
  const first = log.flush();
  appended(log, batchOf(1));
  const waiting = [log.flush(), log.flush(), log.flush()];
  await first;
  await Promise.all(waiting);
  assert.equal(log.flushedOffset, 3);
  // One for who came first, and at most one for all who waited.
  assert.ok(syncs() - before <= 2, `${syncs() - before} syncs`);
});

Deno.test("flush() ends the service of the log when the sync fails", async () => {
  const { log, disk } = newLog();
  appended(log, batchOf(1));
  disk.plant({ operation: "sync", kind: "ioError", path: ".log" });
  await assert.rejects(log.flush(), DiskError);
  assert.equal(log.flushedOffset, 0);
  await assert.rejects(log.flush(), DiskError);
  assert.throws(() => log.append(batchOf(1), 0), DiskError);
});

Deno.test("append() writes into zeros when flushes are asked for, and close() cuts them off", async () => {
  const { log, disk } = newLog({ segmentBytes: 1 << 20, flushMessages: 1 });
  const path = "t-0/00000000000000000000.log";
  appended(log, batchOf(3));
  await log.flush();
  assert.ok(disk.content(path)!.length > 10_000);
  disk.crash("process", () => 0);
  const killed = reopen(disk);
  assert.equal(killed.log.endOffset, 3);
  assert.equal(disk.content(path)!.length, log.sizeBytes);
  await killed.directory.close();
  assert.equal(disk.content(path)!.length, log.sizeBytes);
});

Deno.test("append() writes no zeros when nothing asks for flushes", () => {
  const { log, disk } = newLog();
  appended(log, batchOf(3));
  assert.equal(disk.content("t-0/00000000000000000000.log")?.length, log.sizeBytes);
});

Deno.test("close() leaves a log that opens without a look at its segments", async () => {
  const disk = new SimulatedDisk();
  const { log, directory } = newLog({}, disk);
  for (let i = 0; i < 50; i++) {
    appended(log, batchOf(3, { producerId: 1, producerEpoch: 0, baseSequence: 3 * i }), 1);
  }
  const batches = await readAll(log);
  await directory.close();
  const reads = disk.calls.get("read") ?? 0;
  const again = reopen(disk);
  assert.equal(
    (disk.calls.get("read") ?? 0) - reads,
    5,
    "checkpoints, the mark of the clean stop, partition.metadata",
  );
  assert.equal(again.log.endOffset, 150);
  assert.deepEqual(await readAll(again.log), batches);
  for (let i = 45; i < 50; i++) {
    const retry = batchOf(3, { producerId: 1, producerEpoch: 0, baseSequence: 3 * i });
    assert.equal(again.log.append(retry, 1).kind, "duplicate");
  }
  assert.equal(again.log.latestEpoch, 1);
  await again.directory.close();
});

/** Takes the newest batches out of memory, as idling does. */
function dropTail(directory: ReturnType<typeof newLog>["directory"]): void {
  directory.trimTails();
  directory.trimTails();
  assert.equal(directory.tailBytes, 0);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
