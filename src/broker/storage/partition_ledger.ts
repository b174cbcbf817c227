import type { Partition } from "../partition.ts";
import type { Partitions } from "../partitions.ts";
import type { TopicState } from "../topic_state.ts";
import type { Allotment, PartitionUse, TopicUse } from "../../metadata/storage/allotments.ts";
import { FillRate } from "../../metadata/storage/fill_rate.ts";
import { HeldAllotment } from "../../metadata/storage/held_allotment.ts";
import { budgetOf } from "../../metadata/storage/storage_settings.ts";

/** Demand is what came in over about so long. */
const DEMAND_MEMORY_MS = 60_000;

/** What the broker keeps in mind of one replica's use of the disk. */
class Account {
  readonly rate = new FillRate(DEMAND_MEMORY_MS);
  readonly allotment = new HeldAllotment(0);
  endBytes = 0;
  trimmedBytes = 0;
}

/** A replica here, and what it may keep. */
export interface LedgerEntry {
  readonly partition: Partition;
  readonly allotmentBytes: number;
  /** What the total of its topic leaves to it. */
  readonly topicShareBytes: number;
  /** Never trimmed for space. */
  readonly isSpared: boolean;
}

/** A topic with replicas here. */
export interface LedgerTopic {
  readonly state: TopicState;
  readonly use: TopicUse;
  readonly partitions: readonly Partition[];
  /** What other brokers alone have of a topic with a limit. */
  readonly remoteBytes: number;
}

/** Tells what other brokers lead of a topic. */
export type RemoteUses = (topic: string) => readonly PartitionUse[];

/** What the partitions of this broker have, get and may keep. */
export class PartitionLedger {
  readonly #accounts = new WeakMap<Partition, Account>();

  constructor(
    private readonly partitions: Partitions,
    private readonly remoteUses: RemoteUses = () => [],
  ) {}

  /** What every topic has here now, where the broker has `capacityBytes`. */
  topics(capacityBytes: number, nowMs: number): LedgerTopic[] {
    const byTopic = new Map<TopicState, { partitions: Partition[]; uses: PartitionUse[] }>();
    for (const partition of this.partitions.all()) {
      let topic = byTopic.get(partition.topic);
      if (topic === undefined) byTopic.set(partition.topic, topic = { partitions: [], uses: [] });
      topic.partitions.push(partition);
      topic.uses.push(this.#use(partition, nowMs));
    }
    return Array.from(byTopic, ([state, { partitions, uses }]) => {
      const budget = budgetOf(state.name, state.settings.storage, capacityBytes);
      const remote = budget.limitBytes === Infinity ? [] : this.#remote(state.name, uses);
      const known = uses.length + remote.length;
      const limitBytes = budget.limitBytes * this.#knownShare(state.name, known);
      const use = { budget: { ...budget, limitBytes }, partitions: [...uses, ...remote] };
      const remoteBytes = remote.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      return { state, partitions, use, remoteBytes };
    });
  }

  /** Takes the newest allotments, in the order of `topics`. */
  entries(
    topics: readonly LedgerTopic[],
    allotments: readonly Allotment[],
    hold: { readonly nowMs: number; readonly graceMs: number; readonly isUnderPressure: boolean },
  ): LedgerEntry[] {
    const { nowMs, graceMs, isUnderPressure } = hold;
    const entries: LedgerEntry[] = [];
    for (const { partitions, use: { budget: { isSpared } } } of topics) {
      for (const partition of partitions) {
        const { bytes, topicShareBytes } = allotments[entries.length]!;
        const { allotment } = this.#account(partition);
        const allotmentBytes = allotment.update(bytes, nowMs, graceMs, isUnderPressure);
        entries.push({ partition, allotmentBytes, topicShareBytes, isSpared });
      }
    }
    return entries;
  }

  /** Segments of the partition were deleted: that is not to look like less demand. */
  trimmed(partition: Partition, bytes: number): void {
    this.#account(partition).trimmedBytes += bytes;
  }

  /** What the partition may keep; 0 before it was told. */
  allotmentOf(partition: Partition): number {
    return this.#account(partition).allotment.bytes;
  }

  #use(partition: Partition, nowMs: number): PartitionUse {
    const account = this.#account(partition);
    const { sizeBytes } = partition.log;
    const endBytes = sizeBytes + account.trimmedBytes;
    account.rate.update(Math.max(0, endBytes - account.endBytes), nowMs);
    account.endBytes = endBytes;
    const { bytesPerSecond } = account.rate;
    return { partition: partition.index, sizeBytes, bytesPerSecond, isRemote: false };
  }

  #account(partition: Partition): Account {
    let account = this.#accounts.get(partition);
    if (account === undefined) {
      this.#accounts.set(partition, account = new Account());
      account.endBytes = partition.log.sizeBytes;
    }
    return account;
  }

  /** What there is of the topic on other brokers and not here. */
  #remote(topic: string, local: readonly PartitionUse[]): PartitionUse[] {
    const here = new Set(local.map(({ partition }) => partition));
    return this.remoteUses(topic).filter(({ partition }) => !here.has(partition));
  }

  /** Those of a topic's partitions of which something is known have their part of its total. */
  #knownShare(topic: string, known: number): number {
    const all = this.partitions.partitionCountOf(topic);
    return all <= known ? 1 : known / all;
  }
}
