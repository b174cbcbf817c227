/** Committed offsets of the groups of one shard. Changes by replay alone. */
import type { OffsetCommitValue } from "../../protocol/generated/group_coordinator/offset_commit_value.ts";
import type { RecordProducer } from "../coordinator.ts";
import type { OffsetRecord } from "./group_records.ts";

/** An offset, and when it was written relative to the others. */
export interface CommittedOffset {
  readonly value: OffsetCommitValue;
  /** Of two records the later one has the higher number. */
  readonly order: number;
}

/** Offsets of a group, by topic and partition. */
export type GroupOffsets = ReadonlyMap<string, ReadonlyMap<number, CommittedOffset>>;

/** A record of a transaction that no marker has yet made visible or dropped. */
interface PendingOffset {
  readonly record: OffsetRecord;
  readonly order: number;
}

const NO_TOPICS: GroupOffsets = new Map();

/** Offsets by group, topic and partition, those of open transactions apart (KIP-447). */
export class CommittedOffsets {
  readonly #groups = new Map<string, Map<string, Map<number, CommittedOffset>>>();
  /** By producer id, in the order in which they were written. */
  readonly #pending = new Map<number, PendingOffset[]>();
  #order = 0;

  get(groupId: string, topic: string, partition: number): OffsetCommitValue | undefined {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)?.value;
  }

  /** All offsets of a group, by topic and partition. */
  of(groupId: string): GroupOffsets {
    return this.#groups.get(groupId) ?? NO_TOPICS;
  }

  /** The groups with offsets, those of open transactions included; some more than once. */
  *allGroupIds(): Generator<string> {
    yield* this.#groups.keys();
    for (const pending of this.#pending.values()) {
      for (const { record } of pending) yield record.groupId;
    }
  }

  /** Whether an open transaction has an offset for the partition. */
  isPending(groupId: string, topic: string, partition: number): boolean {
    for (const offsets of this.#pending.values()) {
      if (offsets.some(({ record }) => isFor(record, groupId, topic, partition))) return true;
    }
    return false;
  }

  /** Whether any transaction is open; when none is, nothing is pending. */
  get hasPending(): boolean {
    return this.#pending.size > 0;
  }

  /** The topics and partitions of a group for which open transactions have offsets. */
  *pendingOf(groupId: string): Generator<OffsetRecord> {
    for (const offsets of this.#pending.values()) {
      for (const { record } of offsets) if (record.groupId === groupId) yield record;
    }
  }

  /** Whether an open transaction has an offset for the group. */
  hasPendingIn(groupId: string): boolean {
    return !this.pendingOf(groupId).next().done;
  }

  replay(record: OffsetRecord, producer: RecordProducer | undefined): void {
    const order = ++this.#order;
    if (producer === undefined) return this.#apply(record, order);
    const pending = this.#pending.get(producer.producerId);
    if (pending === undefined) this.#pending.set(producer.producerId, [{ record, order }]);
    else pending.push({ record, order });
  }

  /** Makes what the producer's transaction wrote visible, or drops it. */
  replayMarker({ producerId }: RecordProducer, committed: boolean): void {
    const pending = this.#pending.get(producerId);
    if (pending === undefined) return;
    this.#pending.delete(producerId);
    if (committed) { for (const { record, order } of pending) this.#apply(record, order); }
  }

  #apply({ groupId, topic, partition, value }: OffsetRecord, order: number): void {
    if (value === null) return this.#remove(groupId, topic, partition);
    let topics = this.#groups.get(groupId);
    if (topics === undefined) this.#groups.set(groupId, topics = new Map());
    let partitions = topics.get(topic);
    if (partitions === undefined) topics.set(topic, partitions = new Map());
    const before = partitions.get(partition);
    // What was written during a transaction, but outside of it, is newer than what the marker shows.
    if (before === undefined || before.order < order) partitions.set(partition, { value, order });
  }

  #remove(groupId: string, topic: string, partition: number): void {
    const topics = this.#groups.get(groupId);
    const partitions = topics?.get(topic);
    partitions?.delete(partition);
    if (partitions?.size === 0) topics?.delete(topic);
    if (topics?.size === 0) this.#groups.delete(groupId);
    for (const [producerId, offsets] of this.#pending) {
      const kept = offsets.filter(({ record }) => !isFor(record, groupId, topic, partition));
      if (kept.length > 0) this.#pending.set(producerId, kept);
      else this.#pending.delete(producerId);
    }
  }
}

function isFor(record: OffsetRecord, groupId: string, topic: string, partition: number): boolean {
  return record.partition === partition && record.topic === topic && record.groupId === groupId;
}
