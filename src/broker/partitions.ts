import type { Logger } from "../base/logger.ts";
import { type Uuid, ZERO_UUID } from "../base/uuid.ts";
import { DiskError } from "../io/disk.ts";
import type { LogDirectory } from "../log/log_directory.ts";
import type { ClusterImage } from "../metadata/cluster_image.ts";
import { type BrokerConfigLayers, canonicalBrokerConfigs } from "../metadata/config/effective.ts";
import { ConfigResourceType } from "../metadata/image/configs_image.ts";
import type { PartitionRegistration, Topic } from "../metadata/image/topics_image.ts";
import type { MetadataRecord } from "../metadata/records.ts";
import { CLUSTER_METADATA_TOPIC } from "../metadata/topic_names.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { Partition, type StorageFailure } from "./partition.ts";
import { topicSettings } from "./topic_settings.ts";
import { TopicState } from "./topic_state.ts";

/** A topic of which this broker holds replicas; a hole stands for a partition held elsewhere. */
interface HostedTopic {
  readonly state: TopicState;
  readonly partitions: (Partition | undefined)[];
}

/** What {@link Partitions} reads the cluster's will from. */
export interface PartitionsOptions {
  readonly brokerId: number;
  readonly image: ClusterImage;
  readonly logs: LogDirectory;
  /** Directories of partitions that are there and could not be opened. */
  readonly unopened?: Iterable<string>;
  /** Settings from file, environment and flags. */
  readonly staticConfig: ReadonlyMap<string, string>;
  readonly logger: Logger;
}

/**
 * The replicas on this broker. They follow the metadata image: {@link apply} makes and removes logs
 * as topics come and go, and hands on configuration that changed.
 */
export class Partitions {
  readonly #options: PartitionsOptions;
  readonly #byName = new Map<string, HostedTopic>();
  readonly #nameOfId = new Map<Uuid, string>();
  /** `<topic>-<partition>` of the replicas whose logs could not be opened or made. */
  readonly #unopened: Set<string>;
  #layers: BrokerConfigLayers;

  constructor(options: PartitionsOptions) {
    this.#options = options;
    this.#unopened = new Set(options.unopened);
    this.#layers = this.#currentLayers();
    this.#removeStrays();
    for (const topic of options.image.topics.all()) this.#follow(topic);
  }

  /** Settings of this broker, the dynamic ones included. */
  get layers(): BrokerConfigLayers {
    return this.#layers;
  }

  /** Replicas whose disk has failed. */
  get offlineCount(): number {
    let count = this.#unopened.size;
    for (const partition of this.all()) if (!partition.isOnline) count++;
    return count;
  }

  find(topic: string, index: number): Partition | undefined {
    return this.#byName.get(topic)?.partitions[index];
  }

  /** What to answer when {@link find} finds nothing. */
  whyMissing(topic: string, index: number): number {
    return this.#unopened.has(`${topic}-${index}`)
      ? ErrorCode.KAFKA_STORAGE_ERROR
      : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
  }

  /** Makes the log start offsets durable; false when the disk does not let it. */
  saveLogStarts(): boolean {
    try {
      this.#options.logs.saveStartOffsets();
      return true;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#options.logger.error("log start offsets not saved", { error: error.message });
      return false;
    }
  }

  /** The storage of a log failed while nobody was asking anything of its partition. */
  logFailed(directory: string, error: DiskError): void {
    const dash = directory.lastIndexOf("-");
    const partition = this.find(directory.slice(0, dash), Number(directory.slice(dash + 1)));
    if (partition?.log.failure !== undefined) partition.markFailed(error);
  }

  /** The name of a topic that exists; undefined for an unknown id. */
  nameOf(id: Uuid): string | undefined {
    return id === ZERO_UUID ? undefined : this.#nameOfId.get(id);
  }

  /** Every replica, topic by topic. */
  *all(): Generator<Partition> {
    for (const { partitions } of this.#byName.values()) {
      for (const partition of partitions) if (partition !== undefined) yield partition;
    }
  }

  /** The topics of which there are replicas here. */
  *topics(): Generator<TopicState> {
    for (const { state } of this.#byName.values()) yield state;
  }

  /** Carries out what committed metadata records say. The image has them already. */
  apply(records: readonly MetadataRecord[]): void {
    const touched = new Set<string>();
    let brokerConfigChanged = false;
    for (const record of records) {
      switch (record.type) {
        case "TopicRecord":
          touched.add(record.value.name);
          break;
        case "PartitionRecord":
        case "PartitionChangeRecord":
          touched.add(this.#options.image.topics.byId(record.value.topicId)?.name ?? "");
          break;
        case "RemoveTopicRecord":
          this.#remove(record.value.topicId);
          break;
        case "ConfigRecord":
          if (record.value.resourceType === ConfigResourceType.BROKER) brokerConfigChanged = true;
          else if (record.value.resourceType === ConfigResourceType.TOPIC) {
            touched.add(record.value.resourceName);
          }
          break;
        default:
          break;
      }
    }
    if (brokerConfigChanged) {
      this.#layers = this.#currentLayers();
      for (const name of this.#byName.keys()) touched.add(name);
    }
    for (const name of touched) {
      const topic = this.#options.image.topics.byName(name);
      if (topic !== undefined) this.#follow(topic);
    }
  }

  /** Makes what is missing of the topic and hands its settings to what is there. */
  #follow(topic: Topic): void {
    const own = this.#options.image.configs.of(ConfigResourceType.TOPIC, topic.name);
    const settings = topicSettings(own, this.#layers);
    let hosted = this.#byName.get(topic.name);
    if (hosted === undefined) {
      hosted = { state: new TopicState(topic.name, topic.id, settings), partitions: [] };
      this.#byName.set(topic.name, hosted);
      this.#nameOfId.set(topic.id, topic.name);
    }
    hosted.state.settings = settings;
    for (const registration of topic.partitions) {
      const index = registration.partitionId;
      const partition = hosted.partitions[index];
      if (partition !== undefined) {
        partition.log.config = settings.log;
        partition.leadAt(registration.leaderEpoch);
      } else if (registration.replicas.includes(this.#options.brokerId)) {
        hosted.partitions[index] = this.#open(hosted.state, registration);
      }
    }
  }

  /** Undefined when the disk fails: the replica is offline, and the metadata go on without it. */
  #open(
    topic: TopicState,
    { partitionId, leaderEpoch }: PartitionRegistration,
  ): Partition | undefined {
    const { logs } = this.#options;
    const directory = `${topic.name}-${partitionId}`;
    if (this.#unopened.has(directory)) return undefined;
    try {
      const log = logs.get(topic.name, partitionId) ??
        logs.create(topic.name, partitionId, topic.id, topic.settings.log);
      if (log.topicId !== undefined && log.topicId !== topic.id) {
        throw new DiskError("other", directory, "the log of a deleted topic is in the way");
      }
      log.config = topic.settings.log;
      return new Partition(
        topic,
        partitionId,
        log,
        leaderEpoch,
        (partition, error) => this.#report(partition.topic.name, partition.index, error),
      );
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#unopened.add(directory);
      this.#report(topic.name, partitionId, error);
      return undefined;
    }
  }

  /** Logs of topics that were deleted, or deleted and made anew, while this broker was down. */
  #removeStrays(): void {
    const { logs, image, logger } = this.#options;
    for (const [directory, log] of [...logs.logs()]) {
      const dash = directory.lastIndexOf("-");
      const name = directory.slice(0, dash);
      if (name === CLUSTER_METADATA_TOPIC) continue;
      const topic = image.topics.byName(name);
      const isKnown = topic !== undefined &&
        (log.topicId === undefined || log.topicId === topic.id);
      if (isKnown) continue;
      logger.warn("log of a deleted topic removed", { directory });
      this.#delete(name, Number(directory.slice(dash + 1)));
    }
  }

  #remove(id: Uuid): void {
    const name = this.#nameOfId.get(id);
    if (name === undefined) return;
    this.#nameOfId.delete(id);
    const hosted = this.#byName.get(name);
    this.#byName.delete(name);
    const partitions = hosted?.partitions ?? [];
    for (let index = 0; index < partitions.length; index++) {
      this.#unopened.delete(`${name}-${index}`);
      partitions[index]?.markRemoved();
      this.#delete(name, index);
    }
  }

  /** What can't be removed now is a stray at the next start. */
  #delete(name: string, index: number): void {
    try {
      this.#options.logs.delete(name, index);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#report(name, index, error);
    }
  }

  #report(topic: string, partition: number, error: StorageFailure): void {
    this.#options.logger.error("partition storage failed", {
      topic,
      partition,
      kind: error instanceof DiskError ? error.kind : "corrupt",
      error: error.message,
    });
  }

  #currentLayers(): BrokerConfigLayers {
    const { image, brokerId, staticConfig } = this.#options;
    return {
      dynamicBroker: canonicalBrokerConfigs(
        image.configs.of(ConfigResourceType.BROKER, String(brokerId)),
      ),
      dynamicDefault: canonicalBrokerConfigs(image.configs.of(ConfigResourceType.BROKER, "")),
      static: canonicalBrokerConfigs(staticConfig),
    };
  }
}
