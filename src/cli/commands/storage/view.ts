/** Capacity, marks and allotments from what brokers tell: the brokers' own arithmetic. Pure. */
import type {
  BrokerStorageFacts,
  SettingFact,
  StorageFacts,
  TopicStorageFacts,
} from "../../../client/admin/storage.ts";
import { BROKER_CONFIG_OF } from "../../../metadata/config/broker_configs.ts";
import { TOPIC_CONFIG_OF } from "../../../metadata/config/topic_configs.ts";
import { allot, type TopicBudget, type TopicUse } from "../../../metadata/storage/allotments.ts";
import { capacityOf, marksOf, type StorageMarks } from "../../../metadata/storage/capacity.ts";
import { levelAt, type StorageLevel, timeToFullMs } from "../../../metadata/storage/ladder.ts";
import {
  budgetOf,
  storageSettings,
  topicStorage,
} from "../../../metadata/storage/storage_settings.ts";

/** Bytes per second by `topic:partition:broker`. */
export type GrowthRates = ReadonlyMap<string, number>;

/** A broker's disk. */
export interface BrokerView {
  readonly id: number;
  readonly usedBytes: number;
  /** Undefined where neither the disk's size nor a cap is known. */
  readonly marks: StorageMarks | undefined;
  readonly level: StorageLevel;
  readonly bytesPerSecond: number;
  readonly timeToFullMs: number;
}

/** A partition, and what it may keep: the least that a broker with a replica has for it. */
export interface PartitionView {
  readonly topic: string;
  readonly partition: number;
  /** On its leader; 0 for one that is yet to be made. */
  readonly sizeBytes: number;
  readonly allotmentBytes: number;
  readonly topicShareBytes: number;
  /** The brokers with a replica. */
  readonly replicas: readonly number[];
}

/** A topic on all brokers, one copy. */
export interface TopicView {
  readonly name: string;
  readonly budget: TopicBudget;
  readonly partitions: readonly PartitionView[];
}

/** What there is, and what each may keep. */
export interface StorageView {
  readonly brokers: readonly BrokerView[];
  readonly topics: readonly TopicView[];
}

/** The value of a setting; the default where the broker does not know the key. */
export function settingText(
  settings: ReadonlyMap<string, SettingFact>,
  defaults: ReadonlyMap<string, { readonly defaultValue: string | null }>,
): (name: string) => string {
  return (name) => settings.get(name)?.value ?? defaults.get(name)?.defaultValue ?? "";
}

/** How the facts look to the brokers. */
export function viewOf(facts: StorageFacts, rates: GrowthRates): StorageView {
  const brokers: BrokerView[] = [];
  const least = new Map<string, { bytes: number; topicShareBytes: number }>();
  for (const broker of facts.brokers) {
    const view = brokerView(broker, facts, rates);
    brokers.push(view);
    const { marks } = view;
    if (marks === undefined) continue;
    const uses = facts.topics.map((topic) => useOn(broker.id, topic, marks.capacityBytes, rates))
      .filter(({ partitions }) => partitions.some(({ isRemote }) => !isRemote));
    for (const found of allot(Math.min(marks.targetBytes, marks.hardBytes), uses)) {
      const key = `${found.topic}:${found.partition}`;
      const other = least.get(key);
      least.set(key, {
        bytes: Math.min(found.bytes, other?.bytes ?? Infinity),
        topicShareBytes: Math.min(found.topicShareBytes, other?.topicShareBytes ?? Infinity),
      });
    }
  }
  const capacityBytes = Math.min(...brokers.map(({ marks }) => marks?.capacityBytes ?? Infinity));
  return { brokers, topics: facts.topics.map((topic) => topicView(topic, capacityBytes, least)) };
}

function brokerView(
  { id, ownBytes: usedBytes, space, settings: own }: BrokerStorageFacts,
  facts: StorageFacts,
  rates: GrowthRates,
): BrokerView {
  const settings = storageSettings(settingText(own, BROKER_CONFIG_OF));
  const capacityBytes = capacityOf({ ownBytes: usedBytes, space }, settings);
  let bytesPerSecond = 0;
  for (const { name, partitions } of facts.topics) {
    for (const { partition } of partitions) {
      bytesPerSecond += rates.get(`${name}:${partition}:${id}`) ?? 0;
    }
  }
  const common = { id, usedBytes, bytesPerSecond };
  if (capacityBytes === undefined) {
    return { ...common, marks: undefined, level: "open", timeToFullMs: Infinity };
  }
  const marks = marksOf(capacityBytes, settings);
  const level = levelAt(usedBytes, marks, "open");
  return { ...common, marks, level, timeToFullMs: timeToFullMs(usedBytes, bytesPerSecond, marks) };
}

/** The topic as a broker sees it: what it has no replica of counts for the total alone. */
function useOn(
  brokerId: number,
  { name, settings, partitions }: TopicStorageFacts,
  capacityBytes: number,
  rates: GrowthRates,
): TopicUse {
  const storage = topicStorage(settingText(settings, TOPIC_CONFIG_OF));
  return {
    budget: budgetOf(name, storage, capacityBytes),
    partitions: partitions.map(({ partition, leader, replicas, sizeBytes }) => {
      const isRemote = !replicas.includes(brokerId);
      const holder = isRemote ? leader : brokerId;
      return {
        partition,
        sizeBytes: sizeBytes.get(holder) ?? 0,
        bytesPerSecond: rates.get(`${name}:${partition}:${holder}`) ?? 0,
        isRemote,
      };
    }),
  };
}

function topicView(
  { name, settings, partitions }: TopicStorageFacts,
  capacityBytes: number,
  least: ReadonlyMap<string, { readonly bytes: number; readonly topicShareBytes: number }>,
): TopicView {
  const storage = topicStorage(settingText(settings, TOPIC_CONFIG_OF));
  return {
    name,
    budget: budgetOf(name, storage, capacityBytes),
    partitions: partitions.map(({ partition, leader, replicas, sizeBytes }) => {
      const found = least.get(`${name}:${partition}`);
      return {
        topic: name,
        partition,
        sizeBytes: sizeBytes.get(leader) ?? Math.max(0, ...sizeBytes.values()),
        allotmentBytes: found?.bytes ?? Infinity,
        topicShareBytes: found?.topicShareBytes ?? Infinity,
        replicas,
      };
    }),
  };
}
