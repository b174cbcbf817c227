import type { Logger } from "../base/logger.ts";
import { randomUuid } from "../base/uuid.ts";
import type { Clock } from "../io/clock.ts";
import type { Digests } from "../io/digests.ts";
import type { Disk, DiskError } from "../io/disk.ts";
import type { Random } from "../io/random.ts";
import { DEFAULT_LOG_CONFIG } from "../log/log_config.ts";
import { LogDirectory } from "../log/log_directory.ts";
import { registerBroker, renewLeadership } from "../metadata/brokers.ts";
import { canonicalBrokerConfigs, effectiveBrokerText } from "../metadata/config/effective.ts";
import type { ConfigContext } from "../metadata/config_resources.ts";
import type { BrokerEndpoint } from "../metadata/image/brokers_image.ts";
import { Groups } from "./coordination/groups.ts";
import { FetchSessions } from "./fetch_sessions.ts";
import { FetchWaiters } from "./fetch_waiters.ts";
import { Housekeeping } from "./housekeeping.ts";
import { type BrokerIdentity, loadIdentity } from "./identity.ts";
import { MetadataDecisions } from "./metadata_log/decisions.ts";
import { openMetadataLog } from "./metadata_log/open_metadata_log.ts";
import { SingleVoterQuorum } from "./metadata_log/single_voter_quorum.ts";
import type { MetadataQuorum } from "./metadata_quorum.ts";
import { Partitions } from "./partitions.ts";
import { ProducerIdAllocator } from "./producer_id_allocator.ts";
import { ClientQuotas } from "./quotas/client_quotas.ts";
import type { RateWindows } from "./quotas/windowed_rate.ts";
import { TopicCreation } from "./topic_creation.ts";
import { LocalMarkerWriter, type TransactionMarkers } from "./transactions/marker_writer.ts";
import { Transactions } from "./transactions/transactions.ts";
import { WriteAdmission } from "./transactions/write_admission.ts";

/** The world that a broker runs in. */
export interface BrokerEnvironment {
  readonly clock: Clock;
  readonly digests: Digests;
  readonly random: Random;
  readonly disk: Disk;
  readonly logger: Logger;
}

/** What a broker is told at start. */
export interface BrokerOptions {
  /** Undefined when the data directory, or chance, decides. */
  readonly brokerId: number | undefined;
  /** Absolute path of the data directory, as DescribeLogDirs tells it. */
  readonly dataDir: string;
  /** Kafka's settings from file, environment and flags. */
  readonly staticConfig: ReadonlyMap<string, string>;
  /** What clients are told to connect to, by listener; one that is absent tells what they dialled. */
  readonly advertised: ReadonlyMap<string, { readonly host: string; readonly port: number }>;
}

/** Settings that handlers need at every request. */
interface ServingSettings {
  readonly dataDir: string;
  readonly advertised: BrokerOptions["advertised"];
  /** `fetch.max.bytes`. */
  readonly fetchMaxBytes: number;
}

/** A client that comes and goes must not make a session cost another client's. */
const SESSION_EVICTION_AGE_MS = 120_000;
const SESSION_PARTITIONS_MAX = 500_000;

/** Everything that the handlers of one broker work with, and its life from start to stop. */
export class Broker {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly digests: Digests;
  readonly settings: ServingSettings;
  readonly configContext: ConfigContext;
  readonly decisions: MetadataDecisions;
  readonly topicCreation: TopicCreation;
  readonly producerIds: ProducerIdAllocator;
  readonly fetchSessions: FetchSessions;
  readonly fetchWaiters: FetchWaiters;
  readonly quotas: ClientQuotas;
  readonly markers: TransactionMarkers;
  readonly groups: Groups;
  readonly transactions: Transactions;
  readonly admission: WriteAdmission;
  readonly #housekeeping: Housekeeping;
  readonly #environment: BrokerEnvironment;
  #isStopping = false;

  private constructor(
    environment: BrokerEnvironment,
    options: BrokerOptions,
    readonly identity: BrokerIdentity,
    readonly logs: LogDirectory,
    readonly quorum: MetadataQuorum,
    readonly partitions: Partitions,
  ) {
    const { clock, disk, random, logger } = environment;
    this.#environment = environment;
    this.clock = clock;
    this.disk = disk;
    this.digests = environment.digests;
    const { dataDir, advertised, staticConfig } = options;
    const { brokerId } = identity;
    this.configContext = { brokerId, staticConfigs: canonicalBrokerConfigs(staticConfig) };
    this.settings = { dataDir, advertised, fetchMaxBytes: this.#number("fetch.max.bytes") };
    this.decisions = new MetadataDecisions(quorum);
    this.topicCreation = new TopicCreation(this.decisions, random, () => partitions.layers);
    this.producerIds = new ProducerIdAllocator(this.decisions, () => ({
      brokerId,
      brokerEpoch: quorum.image.brokers.byId(brokerId)?.epoch ?? -1,
    }));
    const sessionLimits = {
      sessions: this.#number("max.incremental.fetch.session.cache.slots"),
      partitions: SESSION_PARTITIONS_MAX,
      evictionAgeMs: SESSION_EVICTION_AGE_MS,
    };
    this.fetchSessions = new FetchSessions(sessionLimits, () => randomInt31(random));
    this.fetchWaiters = new FetchWaiters(clock);
    this.quotas = new ClientQuotas({
      clock,
      image: quorum.image,
      windows: this.#rateWindows("quota"),
      mutationWindows: this.#rateWindows("controller.quota"),
    });
    quorum.onCommit((records) => this.quotas.apply(records));
    this.groups = new Groups({
      clock,
      logger,
      random,
      image: quorum.image,
      partitions,
      topicCreation: this.topicCreation,
      setting: (name) => this.brokerSetting(name),
    });
    quorum.onCommit((records) => this.groups.metadataChanged(records));
    this.markers = new LocalMarkerWriter({
      clock,
      partitions,
      offsetsShard: (index) => this.groups.topic.shard(index),
    });
    this.transactions = new Transactions({
      clock,
      logger,
      image: quorum.image,
      partitions,
      topicCreation: this.topicCreation,
      producerIds: this.producerIds,
      markers: this.markers,
      setting: (name) => this.brokerSetting(name),
    });
    quorum.onCommit(() => this.transactions.topic.follow());
    this.admission = new WriteAdmission({
      clock,
      transactions: this.transactions,
      setting: (name) => this.brokerSetting(name),
    });
    const retentionCheckMs = this.#number("log.retention.check.interval.ms");
    this.#housekeeping = new Housekeeping({ clock, logger, partitions, retentionCheckMs });
  }

  /**
   * Opens the data directory and brings everything to where it stood.
   *
   * @throws {IdentityError} the directory is another broker's
   * @throws {MetadataLogError} the metadata log is damaged
   * @throws {DiskError}
   */
  static async open(environment: BrokerEnvironment, options: BrokerOptions): Promise<Broker> {
    const { disk, clock, random, logger } = environment;
    const identity = loadIdentity(disk, random, { brokerId: options.brokerId });
    const staticLayers = {
      dynamicBroker: new Map(),
      dynamicDefault: new Map(),
      static: canonicalBrokerConfigs(options.staticConfig),
    };
    const checkpointIntervalMs = Number(
      effectiveBrokerText("log.flush.offset.checkpoint.interval.ms", staticLayers),
    );
    const unopened = new Set<string>();
    let partitions: Partitions | undefined = undefined;
    const onLogFailure = (directory: string, error: DiskError): void => {
      logger.error("log failed", { directory, kind: error.kind, error: error.message });
      if (partitions === undefined) unopened.add(directory);
      else partitions.logFailed(directory, error);
    };
    const logs = LogDirectory.open({
      disk,
      clock,
      random,
      logger,
      config: DEFAULT_LOG_CONFIG,
      checkpointIntervalMs,
      onLogFailure,
    });
    const log = openMetadataLog(logs);
    const snapshotIntervalBytes = Number(
      effectiveBrokerText("metadata.log.max.record.bytes.between.snapshots", staticLayers),
    );
    const voter = { id: identity.brokerId, directoryId: identity.directoryId };
    const quorum = await SingleVoterQuorum.open({
      log,
      disk,
      clock,
      logger,
      voter,
      snapshotIntervalBytes,
    });
    if (!logs.wasCleanlyShut) {
      const records = renewLeadership(quorum.image, identity.brokerId);
      if (records.length > 0) await quorum.propose(records);
    }
    const replicas = new Partitions({
      brokerId: identity.brokerId,
      image: quorum.image,
      logs,
      unopened,
      staticConfig: options.staticConfig,
      logger,
    });
    partitions = replicas;
    quorum.onCommit((records) => replicas.apply(records));
    return new Broker(environment, options, identity, logs, quorum, replicas);
  }

  /** True once {@link stop} has begun: nothing is waited for any more. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** The value of a broker setting that counts now; null without value and default. */
  brokerSetting(name: string): string | null {
    return effectiveBrokerText(name, this.partitions.layers);
  }

  autoCreatesTopics(): boolean {
    return this.brokerSetting("auto.create.topics.enable") === "true";
  }

  /** Tells the cluster that this broker serves, and where; begins the regular work. */
  async register(endpoints: readonly BrokerEndpoint[]): Promise<void> {
    const { random } = this.#environment;
    const started = {
      id: this.identity.brokerId,
      incarnationId: randomUuid((bytes) => random.fill(bytes)),
      endpoints,
      rack: this.brokerSetting("broker.rack"),
      logDirs: [this.identity.directoryId],
    };
    await this.decisions.decide((_image, nextOffset) => registerBroker(started, nextOffset));
    this.groups.start();
    this.transactions.topic.follow();
    this.#housekeeping.start();
  }

  /** Answers those who wait, so that their connections can be drained. */
  beginStop(): void {
    this.#isStopping = true;
    this.fetchWaiters.stop();
    this.groups.stop();
  }

  /** Makes everything durable and leaves the mark of a clean shutdown. No request may follow. */
  async close(): Promise<void> {
    this.beginStop();
    this.transactions.stop();
    this.#housekeeping.stop();
    await this.quorum.close();
    await this.logs.close();
  }

  #rateWindows(prefix: string): RateWindows {
    return {
      count: this.#number(`${prefix}.window.num`),
      lengthMs: this.#number(`${prefix}.window.size.seconds`) * 1000,
    };
  }

  #number(name: string): number {
    return Number(this.brokerSetting(name));
  }
}

function randomInt31(random: Random): number {
  const bytes = new Uint8Array(4);
  random.fill(bytes);
  return new DataView(bytes.buffer).getUint32(0) & 0x7fffffff;
}
