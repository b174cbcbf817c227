/**
 * How many replicas topics have that nobody gave a number: as many as the settings want, of which a
 * small cluster makes what it can, and which it makes up for when it grows. Pure.
 */
import type { ClusterImage } from "./cluster_image.ts";
import { type BrokerConfigLayers, effectiveBrokerText } from "./config/effective.ts";
import type { BrokerRegistration } from "./image/brokers_image.ts";
import type { PartitionRegistration, Topic } from "./image/topics_image.ts";
import { isActive, LeadershipRules } from "./leadership_rules.ts";
import { reassign } from "./reassignments.ts";
import type { MetadataRecordInit } from "./records.ts";

const DEFAULT_FACTOR = "default.replication.factor";

/** The settings that say how many replicas internal topics want. */
const FACTOR_OF_INTERNAL_TOPIC: ReadonlyMap<string, string> = new Map([
  ["__consumer_offsets", "offsets.topic.replication.factor"],
  ["__transaction_state", "transaction.state.log.replication.factor"],
]);

/** So many partitions get new replicas at a time: copying takes the network from clients. */
export const GROWING_PARTITIONS_MAX = 100;

/** New replicas for partitions, and what to tell of it. */
export interface Growth {
  readonly records: readonly MetadataRecordInit[];
  /** The topics whose growth begins here, and the replication factor that they grow to. */
  readonly topics: readonly { readonly name: string; readonly replicationFactor: number }[];
}

/**
 * The replication factor of a new topic that names none. When the operator chose a number, it is that
 * number, be there enough brokers or not; else the default, as far as there are brokers.
 */
export function initialReplicationFactor(image: ClusterImage, layers: BrokerConfigLayers): number {
  const wanted = Number(effectiveBrokerText(DEFAULT_FACTOR, layers));
  const { dynamicBroker, dynamicDefault, static: fromStart } = layers;
  const isChosen = [dynamicBroker, dynamicDefault, fromStart]
    .some((layer) => layer.has(DEFAULT_FACTOR));
  return isChosen ? wanted : Math.max(1, Math.min(wanted, activeBrokers(image).length));
}

/** Adds replicas to partitions that have fewer than their topic wants and the brokers allow. */
export function growReplicas(
  image: ClusterImage,
  layers: BrokerConfigLayers,
  growingMax: number = GROWING_PARTITIONS_MAX,
): Growth {
  const brokers = activeBrokers(image);
  const load = new ReplicaLoad(image, brokers);
  const rules = new LeadershipRules(image, layers);
  let slots = growingMax - countGrowing(image);
  const records: MetadataRecordInit[] = [];
  const topics = new Map<string, number>();
  for (const topic of image.topics.all()) {
    const factor = Math.min(wantedFactor(topic, layers), brokers.length);
    for (const partition of topic.partitions) {
      if (partition.replicas.length >= factor || isMoving(partition)) continue;
      if (slots-- <= 0) return { records, topics: described(topics) };
      const replicas = load.grow(partition.replicas, factor);
      const record = reassign(image, topic, partition, replicas, rules);
      if (record === undefined) continue;
      records.push(record);
      topics.set(topic.name, factor);
    }
  }
  return { records, topics: described(topics) };
}

function wantedFactor(topic: Topic, layers: BrokerConfigLayers): number {
  const setting = FACTOR_OF_INTERNAL_TOPIC.get(topic.name) ??
    (topic.hasDefaultReplication ? DEFAULT_FACTOR : undefined);
  return setting === undefined ? 0 : Number(effectiveBrokerText(setting, layers));
}

function described(topics: ReadonlyMap<string, number>): Growth["topics"] {
  return Array.from(topics, ([name, replicationFactor]) => ({ name, replicationFactor }));
}

function activeBrokers(image: ClusterImage): BrokerRegistration[] {
  return [...image.brokers.all()].filter(({ id }) => isActive(image, id));
}

function countGrowing(image: ClusterImage): number {
  let count = 0;
  for (const { partitions } of image.topics.all()) {
    for (const { addingReplicas } of partitions) if (addingReplicas.length > 0) count++;
  }
  return count;
}

function isMoving({ addingReplicas, removingReplicas }: PartitionRegistration): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0;
}

/** How many replicas each broker has, and how many partitions it is the preferred leader of. */
class ReplicaLoad {
  private readonly replicasOf = new Map<number, number>();
  private readonly preferredOf = new Map<number, number>();

  constructor(image: ClusterImage, private readonly brokers: readonly BrokerRegistration[]) {
    for (const { partitions } of image.topics.all()) {
      for (const { replicas } of partitions) this.count(replicas, 1);
    }
  }

  /**
   * `replicas` and more, up to `factor`: racks without a replica first, then the least loaded. The
   * replica on the broker that least partitions prefer comes first, so that leaders spread as well.
   */
  grow(replicas: readonly number[], factor: number): readonly number[] {
    this.count(replicas, -1);
    const grown = [...replicas];
    while (grown.length < factor) grown.push(this.best(grown));
    const preferred = least(grown, (id) => this.preferredOf.get(id) ?? 0);
    const ordered = [preferred, ...grown.filter((id) => id !== preferred)];
    this.count(ordered, 1);
    return ordered;
  }

  private best(replicas: readonly number[]): number {
    const rackOf = (id: number) => this.brokers.find((broker) => broker.id === id)?.rack;
    const racks = new Set(replicas.map(rackOf));
    const candidates = this.brokers.filter(({ id }) => !replicas.includes(id));
    const elsewhere = candidates.filter(({ rack }) => !racks.has(rack));
    const ids = (elsewhere.length > 0 ? elsewhere : candidates).map(({ id }) => id);
    return least(ids, (id) => this.replicasOf.get(id) ?? 0);
  }

  private count(replicas: readonly number[], step: number): void {
    const add = (counts: Map<number, number>, id: number) =>
      counts.set(id, (counts.get(id) ?? 0) + step);
    for (const id of replicas) add(this.replicasOf, id);
    if (replicas.length > 0) add(this.preferredOf, replicas[0]!);
  }
}

/** The first of those that count least. */
function least(ids: readonly number[], countOf: (id: number) => number): number {
  return ids.reduce((best, id) => countOf(id) < countOf(best) ? id : best);
}
