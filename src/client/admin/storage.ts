/** What the brokers tell of their disks and of what is on them. */
import { ErrorCode } from "../../protocol/error_codes.ts";
import { describeConfigsApi } from "../../protocol/generated/apis/describe_configs.ts";
import type { ClusterClient, Target } from "../cluster_client.ts";
import { partitionsOf } from "../cluster_metadata.ts";
import { expectNoError } from "../errors.ts";
import { type ConfigResource, ConfigResourceType, resourceText } from "./configs.ts";
import { type BrokerLogDirs, describeLogDirs, replicaSizes } from "./log_dirs.ts";
import { listTopics } from "./topics.ts";

/** A setting, and whether it was made for this very topic. */
export interface SettingFact {
  readonly value: string;
  readonly isOwn: boolean;
}

/** A broker's disk, in bytes. */
export interface BrokerStorageFacts {
  readonly id: number;
  /** Of the logs. */
  readonly ownBytes: number;
  readonly space: { readonly totalBytes: number; readonly usableBytes: number } | undefined;
  readonly settings: ReadonlyMap<string, SettingFact>;
}

/** A partition on the disks of its replicas. */
export interface PartitionStorageFacts {
  readonly partition: number;
  readonly leader: number;
  readonly replicas: readonly number[];
  /** By broker id; of those that are up. */
  readonly sizeBytes: ReadonlyMap<number, number>;
}

/** A topic and its settings. */
export interface TopicStorageFacts {
  readonly name: string;
  readonly settings: ReadonlyMap<string, SettingFact>;
  readonly partitions: readonly PartitionStorageFacts[];
}

/** What there is. */
export interface StorageFacts {
  readonly brokers: readonly BrokerStorageFacts[];
  readonly topics: readonly TopicStorageFacts[];
}

const TOPIC_SOURCE = 1;
/** So many topics are asked for with one request. */
const TOPICS_AT_ONCE = 500;

/** Asks all brokers that are up. @throws {BrokerError} */
export async function readStorage(client: ClusterClient): Promise<StorageFacts> {
  const topics = await listTopics(client);
  const disks = await describeLogDirs(client, null);
  const sizes = replicaSizes(disks);
  const settings = await topicSettings(client, topics.map(({ name }) => name ?? ""));
  const brokers = await Promise.all(disks.map((disk) => brokerFacts(client, disk)));
  return {
    brokers,
    topics: topics.map((topic) => {
      const name = topic.name ?? "";
      const partitions = partitionsOf(topic).map(({ partitionIndex, leaderId, replicaNodes }) => {
        const sizeBytes = new Map<number, number>();
        for (const id of replicaNodes) {
          const size = sizes.get(`${name}:${partitionIndex}:${id}`);
          if (size !== undefined) sizeBytes.set(id, size);
        }
        return { partition: partitionIndex, leader: leaderId, replicas: replicaNodes, sizeBytes };
      });
      return { name, settings: settings.get(name) ?? new Map(), partitions };
    }),
  };
}

async function brokerFacts(
  client: ClusterClient,
  { brokerId: id, logDirs }: BrokerLogDirs,
): Promise<BrokerStorageFacts> {
  const resource = { type: ConfigResourceType.broker, name: String(id) };
  const [settings] = await settingsOf(client, { to: "broker", id }, [resource]);
  let ownBytes = 0;
  for (const { topics } of logDirs) {
    for (const { partitions } of topics) {
      for (const { partitionSize } of partitions) ownBytes += partitionSize;
    }
  }
  const { totalBytes = -1, usableBytes = -1 } = logDirs[0] ?? {};
  const space = totalBytes < 0 ? undefined : { totalBytes, usableBytes };
  return { id, ownBytes, space, settings: settings! };
}

async function topicSettings(client: ClusterClient, names: readonly string[]) {
  const found = new Map<string, ReadonlyMap<string, SettingFact>>();
  for (let at = 0; at < names.length; at += TOPICS_AT_ONCE) {
    const some = names.slice(at, at + TOPICS_AT_ONCE);
    const resources = some.map((name) => ({ type: ConfigResourceType.topic, name }));
    const settings = await settingsOf(client, { to: "any" }, resources);
    for (const [i, name] of some.entries()) found.set(name, settings[i]!);
  }
  return found;
}

/** The settings of each resource, in their order. */
async function settingsOf(
  client: ClusterClient,
  target: Target,
  resources: readonly ConfigResource[],
): Promise<ReadonlyMap<string, SettingFact>[]> {
  const { results } = await client.call(target, describeConfigsApi, {
    resources: resources.map(({ type, name }) => ({
      resourceType: type,
      resourceName: name,
      configurationKeys: null,
    })),
    includeSynonyms: false,
    includeDocumentation: false,
  }, {
    check: ({ results }) => {
      for (const [i, resource] of resources.entries()) {
        const code = results[i]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
        expectNoError(code, resourceText(resource), results[i]?.errorMessage);
      }
    },
  });
  return results.map(({ configs }) =>
    new Map(configs.map(({ name, value, configSource }) => [
      name,
      { value: value ?? "", isOwn: configSource === TOPIC_SOURCE },
    ]))
  );
}
