import assert from "node:assert/strict";
import type { PartitionLog } from "../../../src/log/partition_log.ts";
import * as layout from "../../../src/protocol/records/batch_layout.ts";
import { readControlRecord } from "../../../src/protocol/records/control_record.ts";
import { readRecords } from "../../../src/protocol/records/record_reader.ts";

const ALL = { maxBytes: 1 << 20, atLeastOneBatch: true };

/**
 * Checks everything that a log derives from its batches against what `batches`, all of them from
 * the log start on, say when they are looked through one by one.
 */
export async function judge(log: PartitionLog, batches: readonly Uint8Array[]): Promise<void> {
  const end = log.endOffset;
  judgeOffsets(log, batches);
  judgeEpochs(log, batches);
  judgeTimestamps(log, batches);
  judgeTransactions(log, batches);
  judgeProducers(log, batches);
  for (const batch of batches) {
    const offset = layout.lastOffset(batch, 0);
    const slice = await log.read(offset, { ...ALL, maxBytes: 1, upTo: end });
    assert.deepEqual(slice.chunks.map((chunk) => chunk.slice()), [batch.slice()], `at ${offset}`);
    slice.release();
  }
}

function judgeOffsets(log: PartitionLog, batches: readonly Uint8Array[]): void {
  let next = -1;
  for (const batch of batches) {
    const base = layout.baseOffset(batch, 0);
    assert.ok(next < 0 || base === next, `offset ${base} comes after ${next}`);
    next = layout.lastOffset(batch, 0) + 1;
  }
  if (next >= 0) assert.equal(next, log.endOffset);
  assert.ok(log.flushedOffset <= log.endOffset);
  assert.ok(log.startOffset <= log.endOffset);
}

function judgeEpochs(log: PartitionLog, batches: readonly Uint8Array[]): void {
  const ends = new Map<number, number>();
  for (const batch of batches) {
    const epoch = layout.partitionLeaderEpoch(batch, 0);
    const offset = Math.max(layout.baseOffset(batch, 0), log.startOffset);
    assert.equal(log.epochAt(offset), epoch, `epoch at ${offset}`);
    ends.set(epoch, layout.lastOffset(batch, 0) + 1);
  }
  for (const [epoch, endOffset] of ends) {
    assert.deepEqual(log.endOffsetForEpoch(epoch), { epoch, endOffset });
  }
}

function judgeTimestamps(log: PartitionLog, batches: readonly Uint8Array[]): void {
  const records = batches.flatMap((batch) => readRecords(batch))
    .filter((record) => record.offset >= log.startOffset);
  const times = [...new Set(records.map((record) => record.timestamp))].slice(0, 40);
  for (const time of [0, ...times, ...times.map((ms) => ms + 1)]) {
    const expected = records.find((record) => record.timestamp >= time);
    assert.equal(log.offsetForTimestamp(time)?.offset, expected?.offset, `timestamp ${time}`);
  }
  const youngest = times.length === 0 ? undefined : Math.max(...records.map((r) => r.timestamp));
  const first = records.find((record) => record.timestamp === youngest);
  assert.equal(log.maxTimestampOffset()?.offset, first?.offset);
}

function judgeTransactions(log: PartitionLog, batches: readonly Uint8Array[]): void {
  const open = new Map<number, number>();
  const aborted: [number, number, number][] = [];
  for (const batch of batches) {
    if (!layout.isTransactional(batch, 0)) continue;
    const producerId = layout.producerId(batch, 0);
    const offset = layout.baseOffset(batch, 0);
    if (!layout.isControl(batch, 0)) {
      if (!open.has(producerId)) open.set(producerId, offset);
      continue;
    }
    const first = open.get(producerId);
    if (first !== undefined && readControlRecord(batch)?.type === 0) {
      aborted.push([producerId, first, offset]);
    }
    open.delete(producerId);
  }
  // Where a transaction began below the log start, snapshots know it and the batches do not.
  const begin = batches.length === 0 ? 0 : layout.baseOffset(batches[0]!, 0);
  const listed = log.abortedTransactions(begin, log.endOffset);
  for (const { producerId, firstOffset, lastOffset } of listed) {
    const isSeen = aborted.some(([id, first, last]) =>
      id === producerId && first === firstOffset && last === lastOffset
    );
    assert.ok(isSeen || firstOffset < begin, `aborted at ${lastOffset} from ${firstOffset}`);
  }
  for (const [producerId, , last] of aborted) {
    const isListed = listed.some((e) => e.producerId === producerId && e.lastOffset === last);
    assert.ok(isListed, `abort marker at ${last} of producer ${producerId} is not in the index`);
  }
  const unstable = log.firstUnstableOffset(log.endOffset);
  if (open.size > 0) assert.ok(unstable! <= Math.min(...open.values()));
}

/** Retries of the newest batches of each producer are known, and the next sequence is welcome. */
function judgeProducers(log: PartitionLog, batches: readonly Uint8Array[]): void {
  const byProducer = new Map<number, Uint8Array[]>();
  for (const batch of batches) {
    const producerId = layout.producerId(batch, 0);
    if (producerId < 0 || layout.isControl(batch, 0)) continue;
    byProducer.set(producerId, [...(byProducer.get(producerId) ?? []), batch]);
  }
  for (const [producerId, written] of byProducer) {
    const epoch = layout.producerEpoch(written.at(-1)!, 0);
    const newest = written.filter((batch) => layout.producerEpoch(batch, 0) === epoch).slice(-5);
    for (const batch of newest) {
      const verdict = log.producers.check(
        producerId,
        epoch,
        layout.baseSequence(batch, 0),
        layout.lastOffsetDelta(batch, 0),
        layout.isTransactional(batch, 0),
      );
      const last = verdict.kind === "duplicate" ? verdict.batch.lastOffset : verdict.kind;
      assert.equal(last, layout.lastOffset(batch, 0), `retry of producer ${producerId}`);
    }
    const next = layout.lastSequence(newest.at(-1)!, 0) + 1;
    const isTransactional = layout.isTransactional(newest.at(-1)!, 0);
    const verdict = log.producers.check(producerId, epoch, next, 0, isTransactional);
    assert.equal(verdict.kind, "accepted", `next of producer ${producerId}`);
  }
}
