import assert from "node:assert/strict";
import type { PartitionLog } from "../../../../src/log/partition_log.ts";
import type { RecordInit } from "../../../../src/protocol/records/batch_builder.ts";
import * as layout from "../../../../src/protocol/records/batch_layout.ts";
import { verifyCrc } from "../../../../src/protocol/records/batch_scan.ts";
import { readRecords } from "../../../../src/protocol/records/record_reader.ts";
import { readAll } from "../log_harness.ts";

/** A record as it was written. */
export interface WrittenRecord {
  readonly offset: number;
  readonly key: string;
  /** Undefined for a tombstone. */
  readonly value: string | undefined;
  readonly timestamp: number;
  /** -1 outside of transactions. */
  readonly transaction: number;
}

/** What a producer has written last. */
export interface LastSequence {
  readonly epoch: number;
  readonly sequence: number;
}

const decoder = new TextDecoder();

/** Everything that was ever written to a log, and what became of its transactions. */
export class CompactionModel {
  readonly records = new Map<number, WrittenRecord>();
  readonly aborted = new Set<number>();
  readonly open = new Set<number>();
  readonly producers = new Map<number, LastSequence>();
  /** Up to where the log is clean. */
  cleanedOffset = 0;
  /** By the offset of a tombstone: when a cleaning read it first. */
  readonly tombstonesSeenMs = new Map<number, number>();

  note(baseOffset: number, records: readonly RecordInit[], transaction: number): void {
    records.forEach(({ key, value, timestamp }, i) => {
      this.records.set(baseOffset + i, {
        offset: baseOffset + i,
        key: decoder.decode(key!),
        value: value === null || value === undefined ? undefined : decoder.decode(value),
        timestamp: timestamp!,
        transaction,
      });
    });
  }

  /** A cleaning at `nowMs` has made all below `endOffset` clean, and read all below `readOffset`. */
  cleaned(endOffset: number, readOffset: number, nowMs: number): void {
    this.cleanedOffset = endOffset;
    this.read(readOffset, nowMs);
  }

  /** A cleaning at `nowMs` may have read all below `readOffset`. */
  read(readOffset: number, nowMs: number): void {
    for (const { offset, value } of this.records.values()) {
      const isNew = value === undefined && offset < readOffset &&
        !this.tombstonesSeenMs.has(offset);
      if (isNew) this.tombstonesSeenMs.set(offset, nowMs);
    }
  }

  /** Records of no open or aborted transaction below `end`, the last of each key. */
  lastCommitted(end: number): Map<string, WrittenRecord> {
    const last = new Map<string, WrittenRecord>();
    for (const record of this.records.values()) {
      const { offset, key, transaction } = record;
      if (offset >= end || this.aborted.has(transaction) || this.open.has(transaction)) continue;
      last.set(key, record);
    }
    return last;
  }
}

/** What the log must be, whatever was cleaned away; `nowMs` of the last cleaning. */
export async function judgeCompacted(
  log: PartitionLog,
  model: CompactionModel,
  nowMs: number,
): Promise<void> {
  const batches = await readAll(log);
  let next = log.startOffset;
  for (const batch of batches) {
    assert.ok(verifyCrc(batch, 0));
    assert.ok(layout.baseOffset(batch, 0) >= next, "offsets go back");
    next = layout.lastOffset(batch, 0) + 1;
    if (!layout.isControl(batch, 0)) judgeRecords(batch, model);
  }
  assert.equal(next, log.endOffset);
  const stable = log.firstUnstableOffset(log.endOffset) ?? log.endOffset;
  const committed = readCommitted(log, batches, stable);
  const seen = new Map<string, WrittenRecord>();
  const cleanKeys = new Set<string>();
  for (const record of committed) {
    seen.set(record.key, record);
    if (record.offset >= model.cleanedOffset) continue;
    assert.ok(!cleanKeys.has(record.key), `${record.key} is twice in the clean part`);
    cleanKeys.add(record.key);
  }
  judgeLast(seen, model, stable, { nowMs, retentionMs: log.config.deleteRetentionMs });
}

/** The records of a batch are those that were written at their offsets. */
function judgeRecords(batch: Uint8Array, model: CompactionModel): void {
  for (const { offset, key, value, timestamp } of readRecords(batch)) {
    const written = model.records.get(offset)!;
    assert.equal(decoder.decode(key!), written.key);
    assert.equal(value === null ? undefined : decoder.decode(value), written.value);
    assert.equal(timestamp, written.timestamp);
  }
}

/** What a consumer of read_committed gets, who believes the aborted transactions as they come. */
function readCommitted(
  log: PartitionLog,
  batches: readonly Uint8Array[],
  end: number,
): WrittenRecord[] {
  const aborts = log.abortedTransactions(log.startOffset, end)
    .map((abort) => ({ ...abort }))
    .sort((a, b) => a.firstOffset - b.firstOffset);
  const aborting = new Set<number>();
  const found: WrittenRecord[] = [];
  for (const batch of batches) {
    if (layout.baseOffset(batch, 0) >= end) break;
    while (aborts.length > 0 && aborts[0]!.firstOffset <= layout.lastOffset(batch, 0)) {
      aborting.add(aborts.shift()!.producerId);
    }
    const producerId = layout.producerId(batch, 0);
    if (layout.isControl(batch, 0)) {
      const isAbort = readRecords(batch)[0]?.key?.[3] === 0;
      if (isAbort) aborting.delete(producerId);
      continue;
    }
    if (layout.isTransactional(batch, 0) && aborting.has(producerId)) continue;
    for (const { offset, key, value, timestamp } of readRecords(batch)) {
      const text = value === null ? undefined : decoder.decode(value);
      const record = { offset, key: decoder.decode(key!), value: text, timestamp, transaction: -1 };
      found.push(record);
    }
  }
  return found;
}

/** The last record of each key is there, but for tombstones whose time is over. */
function judgeLast(
  seen: ReadonlyMap<string, WrittenRecord>,
  model: CompactionModel,
  end: number,
  { nowMs, retentionMs }: { readonly nowMs: number; readonly retentionMs: number },
): void {
  const expected = model.lastCommitted(end);
  for (const [key, { offset, value }] of expected) {
    const found = seen.get(key);
    if (found?.offset === offset) {
      assert.equal(found.value, value);
      continue;
    }
    assert.equal(value, undefined, `the last value of ${key} is gone`);
    assert.equal(found, undefined, `a value of ${key} has come back`);
    const sinceMs = model.tombstonesSeenMs.get(offset);
    assert.ok(
      sinceMs !== undefined && nowMs >= sinceMs + retentionMs,
      `the tombstone of ${key} went too early`,
    );
  }
  for (const key of seen.keys()) assert.ok(expected.has(key), `${key} was never committed`);
}

/** Every producer is known by its epoch and its last sequence. */
export function judgeProducers(log: PartitionLog, model: CompactionModel): void {
  for (const [producerId, { epoch, sequence }] of model.producers) {
    const state = log.producers.get(producerId);
    assert.equal(state?.epoch, epoch, `epoch of producer ${producerId}`);
    const last = state.batches.at(-1)?.lastSequence ?? -1;
    assert.equal(last, sequence, `last sequence of producer ${producerId}`);
  }
}
