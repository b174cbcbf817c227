import type { Logger } from "../base/logger.ts";
import { type Uuid, ZERO_UUID } from "../base/uuid.ts";
import type { Clock } from "../io/clock.ts";
import { DiskError } from "../io/disk.ts";
import type { LogDirectory } from "../log/log_directory.ts";
import type { ClusterImage } from "../metadata/cluster_image.ts";
import {
  type BrokerConfigLayers,
  canonicalBrokerConfigs,
  effectiveBrokerText,
} from "../metadata/config/effective.ts";
import { ConfigResourceType } from "../metadata/image/configs_image.ts";
import type { PartitionRegistration, Topic } from "../metadata/image/topics_image.ts";
import type { MetadataRecord } from "../metadata/records.ts";
import { CLUSTER_METADATA_TOPIC } from "../metadata/topic_names.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { Partition } from "./partition.ts";
import type { PartitionEnvironment, StorageFailure } from "./partition_environment.ts";
import { PartitionWaiters } from "./fetch_waiters.ts";
import type { IsrProposal } from "./replication/leadership.ts";
import { ReadReplicaSelector } from "./replication/read_replica_selector.ts";
import { ReplicationThrottle } from "./replication/replication_throttle.ts";
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
  readonly clock: Clock;
}

/** Told of what becomes of the replicas on this broker. */
export interface ReplicaListener {
  /** The replica has another leader, or the same one in another epoch; it may be this broker. */
  roleChanged(partition: Partition): void;
  /** The replica is no longer this broker's. */
  removed(partition: Partition): void;
  /** The controller is to be asked for another in-sync set. */
  isrProposed(partition: Partition, proposal: IsrProposal): void;
}

/** For so long after an election, fetches of followers wait {@link SETTLING_WAIT_MS} at most. */
const SETTLING_MS = 500;
const SETTLING_WAIT_MS = 10;

/**
 * The replicas on this broker. They follow the metadata image: {@link apply} makes and removes logs
 * as topics come and go, and hands on roles and configuration that changed.
 *
 * Nothing is there before {@link start}: an image that is yet to catch up would bring back topics
 * that are gone and leaders that were deposed.
 */
export class Partitions {
  /** Fetches of followers wait here as well: they end when this broker is elected anywhere. */
  readonly elections = new PartitionWaiters();
  /** Caps what followers that lag cost this broker as leader. */
  readonly leaderThrottle: ReplicationThrottle;
  /** Caps what this broker asks for as a follower that lags. */
  readonly followerThrottle: ReplicationThrottle;
  readonly readReplicas: ReadReplicaSelector;
  readonly #options: PartitionsOptions;
  readonly #environment: PartitionEnvironment<Partition>;
  readonly #byName = new Map<string, HostedTopic>();
  /** `<topic>-<partition>` of the replicas whose logs could not be opened or made. */
  readonly #unopened: Set<string>;
  #layers: BrokerConfigLayers;
  #staticConfig: ReadonlyMap<string, string>;
  #listener: ReplicaListener | undefined;
  #settlingUntilMs = -Infinity;
  #isStarted = false;

  constructor(options: PartitionsOptions) {
    this.#options = options;
    this.#unopened = new Set(options.unopened);
    this.#staticConfig = options.staticConfig;
    this.#layers = this.#currentLayers();
    this.#environment = this.#environmentOf(options);
    this.leaderThrottle = this.#throttle("leader.replication.throttled.rate");
    this.followerThrottle = this.#throttle("follower.replication.throttled.rate");
    const { brokerId, clock, image } = options;
    const selectorClass = () => this.#setting("replica.selector.class");
    this.readReplicas = new ReadReplicaSelector({ brokerId, clock, image, selectorClass });
  }

  /** Takes up the replicas and roles of the image, which shows all that is committed by now. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#layers = this.#currentLayers();
    this.#removeStrays();
    for (const topic of this.#options.image.topics.all()) this.#follow(topic, ALL);
  }

  /** Names who is told of roles from now on; told at once of those that are there. */
  listen(listener: ReplicaListener): void {
    this.#listener = listener;
    for (const partition of this.all()) listener.roleChanged(partition);
  }

  /** Takes other settings from file, environment and flags, for topics that have none of their own. */
  replaceStaticConfig(staticConfig: ReadonlyMap<string, string>): void {
    this.#staticConfig = staticConfig;
    this.#layers = this.#currentLayers();
    for (const name of [...this.#byName.keys()]) {
      const topic = this.#options.image.topics.byName(name);
      if (topic !== undefined) this.#follow(topic, ALL);
    }
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

  /** A replica has failed here of which others could take over what it led, or is to keep. */
  get hasFailedReplica(): boolean {
    for (const partition of this.all()) {
      if (!partition.isOnline && partition.replicaCount > 1) return true;
    }
    return false;
  }

  find(topic: string, index: number): Partition | undefined {
    return this.#byName.get(topic)?.partitions[index];
  }

  /** What to answer when {@link find} finds nothing. */
  whyMissing(topic: string, index: number): number {
    if (this.#unopened.has(`${topic}-${index}`)) return ErrorCode.KAFKA_STORAGE_ERROR;
    return this.registration(topic, index) === undefined
      ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
      : ErrorCode.NOT_LEADER_OR_FOLLOWER;
  }

  /** The partition as the cluster knows it, wherever its replicas are. */
  registration(topic: string, index: number): PartitionRegistration | undefined {
    return this.#options.image.topics.byName(topic)?.partitions[index];
  }

  /** How many partitions the topic has in the cluster; 0 when there is none. */
  partitionCountOf(topic: string): number {
    return this.#options.image.topics.byName(topic)?.partitions.length ?? 0;
  }

  /**
   * How long a follower's fetch may wait. Just after an election followers find out one by one
   * that they have to ask this broker for more, so that they are not held up.
   */
  followerWaitMs(maxWaitMs: number): number {
    return this.#options.clock.monotonicMs() < this.#settlingUntilMs
      ? Math.min(maxWaitMs, SETTLING_WAIT_MS)
      : maxWaitMs;
  }

  /** Whether the broker is registered and not fenced. */
  isUp(brokerId: number): boolean {
    return this.#options.image.brokers.byId(brokerId)?.fenced === false;
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
    return id === ZERO_UUID ? undefined : this.#options.image.topics.byId(id)?.name;
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
    if (!this.#isStarted) return;
    const touched = new TouchedPartitions();
    let brokerConfigChanged = false;
    for (const record of records) {
      switch (record.type) {
        case "PartitionRecord":
        case "PartitionChangeRecord": {
          const { topicId, partitionId } = record.value;
          touched.add(this.nameOf(topicId), partitionId);
          break;
        }
        case "RemoveTopicRecord":
          this.#remove(record.value.topicId);
          break;
        case "ConfigRecord":
          if (record.value.resourceType === ConfigResourceType.BROKER) brokerConfigChanged = true;
          else if (record.value.resourceType === ConfigResourceType.TOPIC) {
            touched.addAll(record.value.resourceName);
          }
          break;
        default:
          break;
      }
    }
    if (brokerConfigChanged) {
      this.#layers = this.#currentLayers();
      for (const name of this.#byName.keys()) touched.addAll(name);
    }
    for (const [name, indexes] of touched.byTopic) {
      const topic = this.#options.image.topics.byName(name);
      if (topic !== undefined) this.#follow(topic, indexes);
    }
  }

  /** Makes what is missing of the topic, and hands settings and roles to what is there. */
  #follow(topic: Topic, indexes: ReadonlySet<number> | typeof ALL): void {
    const own = this.#options.image.configs.of(ConfigResourceType.TOPIC, topic.name);
    let hosted = this.#byName.get(topic.name);
    if (hosted !== undefined && hosted.state.id !== topic.id) {
      this.#remove(hosted.state.id);
      hosted = undefined;
    }
    if (hosted === undefined) {
      const isHosted = topic.partitions.some((registration) => this.#isOurs(registration));
      if (!isHosted) return;
      const settings = topicSettings(own, this.#layers);
      hosted = { state: new TopicState(topic.name, topic.id, settings), partitions: [] };
      this.#byName.set(topic.name, hosted);
    } else if (indexes === ALL) {
      hosted.state.settings = topicSettings(own, this.#layers);
    }
    if (indexes === ALL) {
      for (const registration of topic.partitions) this.#followPartition(hosted, registration);
      return;
    }
    for (const index of indexes) {
      const registration = topic.partitions[index];
      if (registration !== undefined) this.#followPartition(hosted, registration);
    }
  }

  #followPartition(hosted: HostedTopic, registration: PartitionRegistration): void {
    const index = registration.partitionId;
    let partition = hosted.partitions[index];
    if (!this.#isOurs(registration)) {
      if (partition !== undefined) this.#leave(hosted, partition);
      return;
    }
    if (partition === undefined) {
      partition = this.#open(hosted.state, registration);
      if (partition === undefined) return;
      hosted.partitions[index] = partition;
    } else partition.log.config = hosted.state.settings.log;
    const wasLeader = partition.isLeader;
    if (!partition.assume(registration)) return;
    this.#listener?.roleChanged(partition);
    if (wasLeader || !partition.isLeader || partition.replicaCount === 1) return;
    this.#settlingUntilMs = this.#options.clock.monotonicMs() + SETTLING_MS;
    this.elections.changed();
  }

  #isOurs({ replicas }: PartitionRegistration): boolean {
    return replicas.includes(this.#options.brokerId);
  }

  /** Undefined when the disk fails: the replica is offline, and the metadata go on without it. */
  #open(topic: TopicState, { partitionId }: PartitionRegistration): Partition | undefined {
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
      return new Partition(topic, partitionId, log, this.#environment);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#unopened.add(directory);
      this.#report(topic.name, partitionId, error);
      return undefined;
    }
  }

  /** Logs of topics that were deleted, made anew or moved away while this broker was down. */
  #removeStrays(): void {
    const { logs, image, logger } = this.#options;
    for (const [directory, log] of [...logs.logs()]) {
      const dash = directory.lastIndexOf("-");
      const name = directory.slice(0, dash);
      if (name === CLUSTER_METADATA_TOPIC) continue;
      const index = Number(directory.slice(dash + 1));
      const topic = image.topics.byName(name);
      const registration = topic?.partitions[index];
      const isKnown = registration !== undefined && this.#isOurs(registration) &&
        (log.topicId === undefined || log.topicId === topic?.id);
      if (isKnown) continue;
      logger.warn("log of a replica removed that is not this broker's", { directory });
      this.#delete(name, index);
    }
  }

  /** The partition has moved to other brokers. */
  #leave(hosted: HostedTopic, partition: Partition): void {
    const { topic: { name }, index } = partition;
    delete hosted.partitions[index];
    this.#unopened.delete(`${name}-${index}`);
    partition.markRemoved();
    this.#delete(name, index);
    this.#listener?.removed(partition);
    if (!hosted.partitions.some((other) => other !== undefined)) this.#byName.delete(name);
  }

  #remove(id: Uuid): void {
    for (const [name, { state, partitions }] of this.#byName) {
      if (state.id !== id) continue;
      this.#byName.delete(name);
      for (let index = 0; index < partitions.length; index++) {
        const partition = partitions[index];
        const isUnopened = this.#unopened.delete(`${name}-${index}`);
        if (partition === undefined && !isUnopened) continue;
        partition?.markRemoved();
        this.#delete(name, index);
        if (partition !== undefined) this.#listener?.removed(partition);
      }
      return;
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

  #environmentOf(
    { brokerId, clock, logger, image }: PartitionsOptions,
  ): PartitionEnvironment<Partition> {
    const { brokers } = image;
    return {
      brokerId,
      clock,
      logger,
      lagMaxMs: Number(effectiveBrokerText("replica.lag.time.max.ms", this.#layers)),
      isEligible: (id, epoch) => {
        const broker = brokers.byId(id);
        return broker !== undefined && !broker.fenced && !broker.inControlledShutdown &&
          (epoch < 0 || broker.epoch === epoch);
      },
      registeredEpoch: (id) => brokers.byId(id)?.epoch ?? -1,
      storageFailed: ({ topic, index }, error) => this.#report(topic.name, index, error),
      isrProposed: (partition, proposal) => this.#listener?.isrProposed(partition, proposal),
    };
  }

  #throttle(rateName: string): ReplicationThrottle {
    const windows = {
      count: Number(this.#setting("replication.quota.window.num")),
      lengthMs: Number(this.#setting("replication.quota.window.size.seconds")) * 1000,
    };
    return new ReplicationThrottle(this.#options.clock, windows, () => {
      const bytesPerSecond = this.#setting(rateName);
      return bytesPerSecond === null ? Infinity : Number(bytesPerSecond);
    });
  }

  #setting(name: string): string | null {
    return effectiveBrokerText(name, this.#layers);
  }

  #currentLayers(): BrokerConfigLayers {
    const { image, brokerId } = this.#options;
    return {
      dynamicBroker: canonicalBrokerConfigs(
        image.configs.of(ConfigResourceType.BROKER, String(brokerId)),
      ),
      dynamicDefault: canonicalBrokerConfigs(image.configs.of(ConfigResourceType.BROKER, "")),
      static: canonicalBrokerConfigs(this.#staticConfig),
    };
  }
}

const ALL = "all";

/** The partitions that a batch of metadata records is about. */
class TouchedPartitions {
  readonly byTopic = new Map<string, Set<number> | typeof ALL>();

  add(topic: string | undefined, index: number): void {
    if (topic === undefined) return;
    const indexes = this.byTopic.get(topic);
    if (indexes === undefined) this.byTopic.set(topic, new Set([index]));
    else if (indexes !== ALL) indexes.add(index);
  }

  addAll(topic: string): void {
    this.byTopic.set(topic, ALL);
  }
}
