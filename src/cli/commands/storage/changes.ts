/** Changes that a plan is made for: what is asked for, and the facts as they would be. Pure. */
import type {
  PartitionStorageFacts,
  SettingFact,
  StorageFacts,
  TopicStorageFacts,
} from "../../../client/admin/storage.ts";
import { BROKER_CONFIG_OF } from "../../../metadata/config/broker_configs.ts";
import { parseConfigValue } from "../../../metadata/config/parse.ts";
import { TOPIC_CONFIG_OF } from "../../../metadata/config/topic_configs.ts";
import { UsageError } from "../../session/failures.ts";
import { parseCount, parsePair } from "../../session/flags.ts";

/** One change. */
export type StorageChange =
  | {
    readonly kind: "set";
    readonly topic: string | undefined;
    readonly key: string;
    readonly value: string;
  }
  | { readonly kind: "partitions"; readonly topic: string; readonly count: number }
  | {
    readonly kind: "topic";
    readonly topic: string;
    readonly partitions: number;
    readonly configs: ReadonlyMap<string, string>;
  };

const TOPIC_KEYS: ReadonlySet<string> = new Set([
  "cleanup.policy",
  "retention.bytes",
  "retention.min.bytes",
  "retention.topic.bytes",
  "retention.weight",
  "segment.bytes",
]);
const BROKER_KEYS = /^log\.(storage\.|retention\.(bytes|disk|topic|weight|min\.bytes))/;

/** `KEY=VALUE` for all brokers, or `TOPIC:KEY=VALUE`. @throws {UsageError} */
export function parseSet(text: string): StorageChange {
  const [name, value] = parsePair(text);
  const colon = name.lastIndexOf(":");
  const topic = colon < 0 ? undefined : name.slice(0, colon);
  const key = name.slice(colon + 1);
  return { kind: "set", topic, key, value: checked(topic !== undefined, key, value) };
}

/** `TOPIC=N`. @throws {SyntaxError} */
export function parsePartitions(text: string): StorageChange {
  const [topic, count] = parsePair(text);
  return { kind: "partitions", topic, count: parseCount(count, 1) };
}

/** `NAME=PARTITIONS[:KEY=VALUE,...]`. @throws {SyntaxError | UsageError} */
export function parseTopic(text: string): StorageChange {
  const [topic, rest] = parsePair(text);
  const colon = rest.indexOf(":");
  const count = colon < 0 ? rest : rest.slice(0, colon);
  const pairs = colon < 0 ? [] : rest.slice(colon + 1).split(",").map(parsePair);
  const configs = new Map(pairs.map(([key, value]) => [key, checked(true, key, value)]));
  return { kind: "topic", topic, partitions: parseCount(count, 1), configs };
}

function checked(isOfTopic: boolean, key: string, value: string): string {
  const definition = (isOfTopic ? TOPIC_CONFIG_OF : BROKER_CONFIG_OF).get(key);
  const matters = isOfTopic ? TOPIC_KEYS.has(key) : BROKER_KEYS.test(key);
  if (definition === undefined || !matters) {
    const hint = isOfTopic ? [...TOPIC_KEYS].join(", ") : "log.storage.* and log.retention.*";
    throw new UsageError(`${key} does not divide storage; these do: ${hint}`);
  }
  const parsed = parseConfigValue(definition, value);
  if (!parsed.ok) throw new UsageError(`${key} can't be ${value}; allowed: ${parsed.allowed}`);
  return parsed.text;
}

/** The facts after the changes. @throws {UsageError} when one can't be made */
export function changed(facts: StorageFacts, changes: readonly StorageChange[]): StorageFacts {
  return changes.reduce(applied, facts);
}

function applied(facts: StorageFacts, change: StorageChange): StorageFacts {
  switch (change.kind) {
    case "set":
      return change.topic === undefined
        ? withBrokerSetting(facts, change.key, change.value)
        : withTopic(facts, change.topic, (topic) => ({
          ...topic,
          settings: withSetting(topic.settings, change.key, change.value, true),
        }));
    case "partitions":
      return withTopic(facts, change.topic, (topic) => grown(facts, topic, change.count));
    case "topic":
      return withNewTopic(facts, change.topic, change.partitions, change.configs);
  }
}

/** A setting of all brokers, which topics without one of their own follow. */
function withBrokerSetting(facts: StorageFacts, key: string, value: string): StorageFacts {
  const heirs = [...TOPIC_CONFIG_OF.values()]
    .filter(({ synonyms }) => synonyms[0]?.name === key)
    .map(({ name }) => name);
  return {
    brokers: facts.brokers.map((broker) => ({
      ...broker,
      settings: withSetting(broker.settings, key, value, false),
    })),
    topics: facts.topics.map((topic) => {
      let { settings } = topic;
      for (const heir of heirs) {
        if (settings.get(heir)?.isOwn !== true) {
          settings = withSetting(settings, heir, value, false);
        }
      }
      return { ...topic, settings };
    }),
  };
}

function withSetting(
  settings: ReadonlyMap<string, SettingFact>,
  key: string,
  value: string,
  isOwn: boolean,
): ReadonlyMap<string, SettingFact> {
  return new Map([...settings, [key, { value, isOwn }]]);
}

function withTopic(
  facts: StorageFacts,
  name: string,
  change: (topic: TopicStorageFacts) => TopicStorageFacts,
): StorageFacts {
  if (!facts.topics.some((topic) => topic.name === name)) {
    throw new UsageError(`there is no topic ${name}`);
  }
  const topics = facts.topics.map((topic) => topic.name === name ? change(topic) : topic);
  return { ...facts, topics };
}

function grown(facts: StorageFacts, topic: TopicStorageFacts, count: number): TopicStorageFacts {
  const { partitions } = topic;
  if (count <= partitions.length) {
    throw new UsageError(`topic ${topic.name} has ${partitions.length} partitions already`);
  }
  const factor = partitions[0]?.replicas.length ?? 1;
  const added = placed(facts, partitions.length, count, factor);
  return { ...topic, partitions: [...partitions, ...added] };
}

function withNewTopic(
  facts: StorageFacts,
  name: string,
  count: number,
  configs: ReadonlyMap<string, string>,
): StorageFacts {
  if (facts.topics.some((topic) => topic.name === name)) {
    throw new UsageError(`there is a topic ${name} already`);
  }
  const text = facts.brokers[0]?.settings.get("default.replication.factor")?.value ?? "1";
  const factor = Math.min(Number(text), facts.brokers.length);
  const settings = new Map<string, SettingFact>();
  for (const { name, synonyms } of TOPIC_CONFIG_OF.values()) {
    const inherited = facts.brokers[0]?.settings.get(synonyms[0]?.name ?? "");
    if (inherited !== undefined && inherited.value !== "") settings.set(name, inherited);
  }
  for (const [key, value] of configs) settings.set(key, { value, isOwn: true });
  const topic = { name, settings, partitions: placed(facts, 0, count, factor) };
  return { ...facts, topics: [...facts.topics, topic] };
}

/** Empty partitions, spread over the brokers in turn. */
function placed(
  { brokers }: StorageFacts,
  from: number,
  to: number,
  factor: number,
): PartitionStorageFacts[] {
  return Array.from({ length: to - from }, (_, i) => {
    const replicas = Array.from(
      { length: Math.min(factor, brokers.length) },
      (_, r) => brokers[(from + i + r) % brokers.length]!.id,
    );
    return { partition: from + i, leader: replicas[0] ?? -1, replicas, sizeBytes: new Map() };
  });
}
