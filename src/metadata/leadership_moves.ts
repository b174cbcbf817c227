/** What becomes of leadership and in-sync replicas when brokers come and go. Pure. */
import { type Uuid, ZERO_UUID } from "../base/uuid.ts";
import type { ClusterImage } from "./cluster_image.ts";
import type { BrokerConfigLayers } from "./config/effective.ts";
import { NO_LEADER, type PartitionRegistration, type Topic } from "./image/topics_image.ts";
import { LeadershipRules } from "./leadership_rules.ts";
import { changePartition, type PartitionTarget, without } from "./partition_change.ts";
import type { MetadataRecordInit } from "./records.ts";

/** So many records go into one batch of the metadata log when a decision is about many partitions. */
export const RECORDS_PER_BATCH = 2000;

/** Changes of partitions, as many as go into one batch. */
export interface PartitionMoves {
  readonly records: readonly MetadataRecordInit[];
  /** False when there are more: ask again when these are in the image. */
  readonly isComplete: boolean;
}

/** Takes brokers out of the in-sync sets, and finds other leaders for what they lead. */
export function leavePartitions(
  image: ClusterImage,
  layers: BrokerConfigLayers,
  leaving: ReadonlySet<number>,
  recordsMax: number = RECORDS_PER_BATCH,
): PartitionMoves {
  const rules = new LeadershipRules(image, layers, { leaving });
  const gone = [...leaving];
  return movePartitions(image, recordsMax, (topic, partition) => {
    const isAffected = leaving.has(partition.leader) || partition.isr.some((id) => leaving.has(id));
    if (!isAffected) return undefined;
    const target = { isr: without(partition.isr, gone) };
    return changePartition(topic.id, partition, target, rules.of(topic, partition));
  });
}

/** Gives partitions without a leader to `joining`, a broker that is about to be unfenced. */
export function joinPartitions(
  image: ClusterImage,
  layers: BrokerConfigLayers,
  joining: number,
  recordsMax: number = RECORDS_PER_BATCH,
): PartitionMoves {
  const rules = new LeadershipRules(image, layers, { joining });
  return electLeaderless(image, rules, recordsMax);
}

/**
 * Leads partitions that have no leader and could have one, such as those that an earlier batch left
 * over, or whose topic allows unclean elections by now.
 */
export function electLeaderless(
  image: ClusterImage,
  rules: LeadershipRules,
  recordsMax: number = RECORDS_PER_BATCH,
): PartitionMoves {
  return movePartitions(image, recordsMax, (topic, partition) => {
    if (partition.leader !== NO_LEADER) return undefined;
    return changePartition(topic.id, partition, {}, rules.of(topic, partition));
  });
}

/** Hands leadership back to preferred replicas that are in sync. */
export function balanceLeaders(
  image: ClusterImage,
  layers: BrokerConfigLayers,
  recordsMax: number = RECORDS_PER_BATCH,
): PartitionMoves {
  const rules = new LeadershipRules(image, layers);
  return movePartitions(image, recordsMax, (topic, partition) => {
    const [preferred] = partition.replicas;
    if (partition.leader === preferred || partition.leader === NO_LEADER) return undefined;
    if (!partition.isr.includes(preferred!)) return undefined;
    return changePartition(topic.id, partition, {}, rules.of(topic, partition, "preferred"));
  });
}

/**
 * Takes the last incarnation of a broker, which has started again, out of leadership.
 *
 * - After a clean stop it stays eligible, as any broker that is fenced.
 * - After an unclean stop its log may lack a tail: it is neither in sync nor eligible any more, but
 *   where it is the last that could be, for then there is nothing better (KIP-966).
 * - With another directory it has lost everything, and is nowhere in sync or eligible (KIP-903).
 */
export function retireIncarnation(
  image: ClusterImage,
  layers: BrokerConfigLayers,
  restarted: RestartedBroker,
  recordsMax: number = RECORDS_PER_BATCH,
): PartitionMoves {
  const { id } = restarted;
  const rules = new LeadershipRules(image, layers, { leaving: new Set([id]) });
  return movePartitions(image, recordsMax, (topic, partition) => {
    if (!partition.replicas.includes(id)) return undefined;
    const target = afterRestart(partition, restarted);
    return changePartition(topic.id, partition, target, rules.of(topic, partition));
  });
}

/** A broker that has started again, in place of an incarnation that led and followed. */
export interface RestartedBroker {
  readonly id: number;
  readonly isClean: boolean;
  /** Its log directories: here, one. */
  readonly directories: readonly Uuid[];
}

function afterRestart(partition: PartitionRegistration, broker: RestartedBroker): PartitionTarget {
  const { id, isClean } = broker;
  const isr = without(partition.isr, [id]);
  const place = partition.replicas.indexOf(id);
  const directory = partition.directories[place];
  const [now] = broker.directories;
  const moved = now === undefined || directory === undefined || directory === now
    ? {}
    : { directories: partition.directories.with(place, now) };
  // A replica whose directory was never written down is not known to be lost.
  const isLost = directory !== ZERO_UUID && "directories" in moved;
  const isLastHope = without(partition.isr, [id]).length === 0 &&
    without(partition.eligibleLeaderReplicas, [id]).length === 0;
  const isEligible = !isLost && (isClean || isLastHope);
  return { isr, ...moved, ...(isEligible ? {} : { ineligible: [id] }) };
}

function movePartitions(
  image: ClusterImage,
  recordsMax: number,
  change: (topic: Topic, partition: PartitionRegistration) => MetadataRecordInit | undefined,
): PartitionMoves {
  const records: MetadataRecordInit[] = [];
  for (const topic of image.topics.all()) {
    for (const partition of topic.partitions) {
      const record = change(topic, partition);
      if (record === undefined) continue;
      if (records.length === recordsMax) return { records, isComplete: false };
      records.push(record);
    }
  }
  return { records, isComplete: true };
}
