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
  const short = [...image.topics.all()].filter((topic) => lacks(topic, layers, brokers.length));
  if (short.length === 0) return { records: [], topics: [] };
  const load = new ReplicaLoad(allPartitions(image));
  const rules = new LeadershipRules(image, layers);
  let slots = growingMax - countGrowing(image);
  const records: MetadataRecordInit[] = [];
  const topics = [];
  for (const topic of short) {
    const replicationFactor = Math.min(wantedFactor(topic, layers), brokers.length);
    const growth = new TopicGrowth(topic, load, brokers);
    const before = records.length;
    for (const partition of topic.partitions) {
      if (slots <= 0) break;
      if (partition.replicas.length >= replicationFactor || isMoving(partition)) continue;
      const replicas = growth.grow(partition.replicas, replicationFactor);
      const record = reassign(image, topic, partition, replicas, rules);
      if (record === undefined) continue;
      records.push(record);
      slots--;
    }
    if (records.length > before) topics.push({ name: topic.name, replicationFactor });
  }
  return { records, topics };
}

function lacks(topic: Topic, layers: BrokerConfigLayers, brokerCount: number): boolean {
  const factor = Math.min(wantedFactor(topic, layers), brokerCount);
  return topic.partitions.some(({ replicas }) => replicas.length < factor);
}

function wantedFactor(topic: Topic, layers: BrokerConfigLayers): number {
  const setting = FACTOR_OF_INTERNAL_TOPIC.get(topic.name) ??
    (topic.hasDefaultReplication ? DEFAULT_FACTOR : undefined);
  return setting === undefined ? 0 : Number(effectiveBrokerText(setting, layers));
}

function activeBrokers(image: ClusterImage): BrokerRegistration[] {
  return [...image.brokers.all()].filter(({ id }) => isActive(image, id));
}

function countGrowing(image: ClusterImage): number {
  let count = 0;
  for (const { addingReplicas } of allPartitions(image)) if (addingReplicas.length > 0) count++;
  return count;
}

function* allPartitions(image: ClusterImage): Iterable<PartitionRegistration> {
  for (const { partitions } of image.topics.all()) yield* partitions;
}

function isMoving({ addingReplicas, removingReplicas }: PartitionRegistration): boolean {
  return addingReplicas.length > 0 || removingReplicas.length > 0;
}

/** How many replicas each broker has, and how many partitions it is the preferred leader of. */
class ReplicaLoad {
  private readonly replicasOf = new Map<number, number>();
  private readonly preferredOf = new Map<number, number>();

  constructor(partitions: Iterable<PartitionRegistration>) {
    for (const { replicas } of partitions) this.count(replicas, 1);
  }

  replicas(brokerId: number): number {
    return this.replicasOf.get(brokerId) ?? 0;
  }

  preferred(brokerId: number): number {
    return this.preferredOf.get(brokerId) ?? 0;
  }

  /** Adds the replicas of a partition to the count, or takes them away. */
  count(replicas: readonly number[], step: 1 | -1): void {
    const add = (counts: Map<number, number>, id: number) =>
      counts.set(id, (counts.get(id) ?? 0) + step);
    for (const id of replicas) add(this.replicasOf, id);
    if (replicas.length > 0) add(this.preferredOf, replicas[0]!);
  }
}

/** Chooses replicas for the partitions of one topic; what it chose counts from then on. */
class TopicGrowth {
  private readonly ofTopic: ReplicaLoad;

  constructor(
    { partitions }: Topic,
    private readonly ofAll: ReplicaLoad,
    private readonly brokers: readonly BrokerRegistration[],
  ) {
    this.ofTopic = new ReplicaLoad(partitions);
  }

  /**
   * `replicas` and more, up to `factor`: racks without a replica first, then who has least of the
   * topic, then of all. The replica on the broker that least partitions prefer, counted alike, comes
   * first, so that leaders spread as well.
   */
  grow(replicas: readonly number[], factor: number): readonly number[] {
    this.count(replicas, -1);
    const grown = [...replicas];
    while (grown.length < factor) grown.push(this.another(grown));
    const preferred = least(grown, (id) => [this.ofTopic.preferred(id), this.ofAll.preferred(id)]);
    const ordered = [preferred, ...grown.filter((id) => id !== preferred)];
    this.count(ordered, 1);
    return ordered;
  }

  private another(replicas: readonly number[]): number {
    const rackOf = (id: number) => this.brokers.find((broker) => broker.id === id)?.rack;
    const racks = new Set(replicas.map(rackOf));
    const candidates = this.brokers.filter(({ id }) => !replicas.includes(id));
    const elsewhere = candidates.filter(({ rack }) => !racks.has(rack));
    const ids = (elsewhere.length > 0 ? elsewhere : candidates).map(({ id }) => id);
    return least(ids, (id) => [this.ofTopic.replicas(id), this.ofAll.replicas(id)]);
  }

  private count(replicas: readonly number[], step: 1 | -1): void {
    this.ofTopic.count(replicas, step);
    this.ofAll.count(replicas, step);
  }
}

type Load = readonly [ofTopic: number, ofAll: number];

/** The first of those that have least. */
function least(ids: readonly number[], loadOf: (id: number) => Load): number {
  return ids.reduce((best, id) => {
    const [topic, all] = loadOf(id);
    const [bestTopic, bestAll] = loadOf(best);
    return topic < bestTopic || (topic === bestTopic && all < bestAll) ? id : best;
  });
}
