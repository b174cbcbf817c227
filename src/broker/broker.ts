import type { Logger } from "../base/logger.ts";
import type { Clock } from "../io/clock.ts";
import type { Digests } from "../io/digests.ts";
import type { Disk } from "../io/disk.ts";
import type { Random } from "../io/random.ts";
import { InProcessCleaner } from "../log/compaction/in_process_cleaner.ts";
import type { LogDirectory } from "../log/log_directory.ts";
import { canonicalBrokerConfigs, effectiveBrokerText } from "../metadata/config/effective.ts";
import type { ConfigContext } from "../metadata/config_resources.ts";
import type { BrokerEndpoint } from "../metadata/image/brokers_image.ts";
import {
  type BrokerEnvironment,
  type BrokerOptions,
  type BrokerStorage,
  openStorage,
} from "./broker_storage.ts";
import { BrokerStanding } from "./cluster/broker_standing.ts";
import { ControllerChannel } from "./cluster/controller_channel.ts";
import type { ClusterLinks } from "./cluster/cluster_links.ts";
import { LogCleaner } from "./cleaning/log_cleaner.ts";
import { Controller } from "./controller/controller.ts";
import { NO_PROBE, PeerProbe } from "./controller/peer_probe.ts";
import { Groups } from "./coordination/groups.ts";
import { AlterPartitionCalls } from "./cluster/alter_partition_calls.ts";
import { FetchSessions } from "./fetch_sessions.ts";
import { FetchWaiters } from "./fetch_waiters.ts";
import { DiskBudget } from "./storage/disk_budget.ts";
import { PeerDisks } from "./storage/peer_disks.ts";
import { Housekeeping } from "./housekeeping.ts";
import type { BrokerIdentity } from "./identity.ts";
import { MetadataDecisions } from "./metadata_log/decisions.ts";
import type { RaftQuorum } from "./metadata_log/raft_quorum.ts";
import type { Partitions } from "./partitions.ts";
import { Replication } from "./replication/replication.ts";
import { ProducerIdAllocator } from "./producer_id_allocator.ts";
import { ClientQuotas } from "./quotas/client_quotas.ts";
import type { RateWindows } from "./quotas/windowed_rate.ts";
import { ClientTelemetry } from "./telemetry/client_telemetry.ts";
import { TopicCreation } from "./topic_creation.ts";
import { LocalMarkerWriter, type TransactionMarkers } from "./transactions/marker_writer.ts";
import { ClusterCoordinators } from "./transactions/cluster_coordinators.ts";
import { ClusterMarkers } from "./transactions/cluster_markers.ts";
import { type TransactionCoordinators, Transactions } from "./transactions/transactions.ts";
import { WriteAdmission } from "./transactions/write_admission.ts";

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
  readonly identity: BrokerIdentity;
  readonly logs: LogDirectory;
  readonly quorum: RaftQuorum;
  readonly partitions: Partitions;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly digests: Digests;
  readonly logger: Logger;
  readonly settings: ServingSettings;
  /** The way to the other brokers; undefined when there are none and none may come. */
  readonly cluster: ClusterLinks | undefined;
  /** The way to the active controller; undefined when no other broker can be it. */
  readonly channel: ControllerChannel | undefined;
  readonly configContext: ConfigContext;
  /** Those of {@link configContext}: one map for good, whose entries change. */
  readonly #staticConfigs: Map<string, string>;
  readonly decisions: MetadataDecisions;
  /** Rests while another broker is the active controller. */
  readonly controller: Controller;
  readonly topicCreation: TopicCreation;
  readonly producerIds: ProducerIdAllocator;
  readonly fetchSessions: FetchSessions;
  readonly fetchWaiters: FetchWaiters;
  readonly quotas: ClientQuotas;
  readonly markers: TransactionMarkers;
  readonly groups: Groups;
  readonly transactions: Transactions;
  readonly admission: WriteAdmission;
  readonly telemetry: ClientTelemetry;
  readonly cleaner: LogCleaner;
  /** Undefined when there are no other brokers. */
  readonly peerDisks: PeerDisks | undefined;
  readonly diskBudget: DiskBudget;
  /** Undefined when there are no other brokers to hold replicas. */
  readonly replication: Replication | undefined;
  readonly #housekeeping: Housekeeping;
  readonly #standing: BrokerStanding;
  #isStopping = false;

  private constructor(
    environment: BrokerEnvironment,
    options: BrokerOptions,
    storage: BrokerStorage,
  ) {
    const { clock, disk, random, logger } = environment;
    const { identity, logs, quorum, partitions } = storage;
    this.identity = identity;
    this.logs = logs;
    this.quorum = quorum;
    this.partitions = partitions;
    this.clock = clock;
    this.disk = disk;
    this.digests = environment.digests;
    this.logger = logger;
    const { dataDir, advertised, staticConfig } = options;
    const { brokerId } = identity;
    const budgetOf = (id: number) => this.#budgetOf(id);
    const staticConfigs = new Map(canonicalBrokerConfigs(staticConfig));
    this.#staticConfigs = staticConfigs;
    this.configContext = { brokerId, staticConfigs, budgetOf };
    this.settings = { dataDir, advertised, fetchMaxBytes: this.#number("fetch.max.bytes") };
    const { cluster } = options;
    this.cluster = cluster;
    this.channel = cluster === undefined
      ? undefined
      : new ControllerChannel({ brokerId, quorum, connections: cluster.connections, clock });
    this.decisions = new MetadataDecisions(quorum);
    this.controller = new Controller({
      clock,
      logger,
      quorum,
      decisions: this.decisions,
      probe: cluster === undefined ? NO_PROBE : new PeerProbe(cluster.connections),
      brokerId,
      clusterId: identity.clusterId,
      staticConfigs: this.configContext.staticConfigs,
    });
    this.topicCreation = new TopicCreation({
      decisions: this.decisions,
      random,
      layers: () => partitions.layers,
      quorum,
      channel: this.channel,
      budgetOf,
    });
    this.producerIds = new ProducerIdAllocator({
      decisions: this.decisions,
      broker: () => ({
        brokerId,
        brokerEpoch: quorum.image.brokers.byId(brokerId)?.epoch ?? -1,
      }),
      quorum,
      channel: this.channel,
    });
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
      connectionRateMax: () => this.#number("max.connection.creation.rate"),
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
      markers: this.#everywhere(cluster),
      setting: (name) => this.brokerSetting(name),
    });
    quorum.onCommit(() => this.transactions.topic.follow());
    this.telemetry = new ClientTelemetry({
      clock,
      random,
      image: quorum.image,
      bytesMax: () => this.#number("telemetry.max.bytes"),
    });
    this.admission = new WriteAdmission({
      clock,
      transactions: this.#coordinators(cluster),
      setting: (name) => this.brokerSetting(name),
    });
    this.replication = this.channel === undefined || cluster === undefined
      ? undefined
      : new Replication({
        brokerId,
        clock,
        logger,
        partitions,
        controller: new AlterPartitionCalls(this.channel),
        peers: cluster.connections,
        brokerEpoch: () => this.#standing.epoch,
        setting: (name) => this.brokerSetting(name),
      });
    this.peerDisks = cluster === undefined
      ? undefined
      : new PeerDisks({ brokerId, clock, logger, image: quorum.image, peers: cluster.connections });
    this.diskBudget = new DiskBudget({
      clock,
      logger,
      disk,
      logs,
      partitions,
      setting: (name) => this.brokerSetting(name) ?? "",
      peers: this.peerDisks,
    });
    this.cleaner = new LogCleaner({
      disk,
      clock,
      random,
      logger,
      partitions: () => partitions.all(),
      setting: (name) => this.brokerSetting(name),
      newCleaner: environment.newCleaner ?? (() => new InProcessCleaner({ disk, clock })),
    });
    this.#standing = new BrokerStanding({
      identity,
      clock,
      random,
      logger,
      quorum,
      controller: this.controller,
      channel: this.channel,
      lastEpoch: logs.lastBrokerEpoch,
      setting: (name) => this.brokerSetting(name),
      hasFailedReplica: () => partitions.hasFailedReplica,
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
    const storage = await openStorage(environment, options);
    // With others in the cluster, the image may be far behind until the leader has been heard.
    if (options.cluster === undefined) storage.partitions.start();
    return new Broker(environment, options, storage);
  }

  /** True once {@link stop} has begun: nothing is waited for any more. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** The value of a broker setting that counts now; null without value and default. */
  brokerSetting(name: string): string | null {
    return effectiveBrokerText(name, this.partitions.layers);
  }

  /**
   * Puts settings in the place of those from file, environment and flags. What is read once, at the
   * start, stays as it was.
   */
  replaceStaticConfig(staticConfig: ReadonlyMap<string, string>): void {
    this.#staticConfigs.clear();
    for (const [name, text] of canonicalBrokerConfigs(staticConfig)) {
      this.#staticConfigs.set(name, text);
    }
    this.partitions.replaceStaticConfig(staticConfig);
  }

  autoCreatesTopics(): boolean {
    return this.brokerSetting("auto.create.topics.enable") === "true";
  }

  /**
   * Tells the cluster that this broker serves, and where; begins the regular work. Resolves when the
   * broker is unfenced.
   *
   * @throws {RegistrationError} the cluster has no place for this broker
   */
  async register(endpoints: readonly BrokerEndpoint[]): Promise<void> {
    await this.#standing.register(endpoints, () => {
      this.partitions.start();
      this.replication?.start();
      this.groups.start();
      this.transactions.topic.follow();
      this.#housekeeping.start();
      this.cleaner.start();
      this.diskBudget.start();
    });
  }

  /** Ends {@link register}, if it is still waiting for the cluster. */
  stopWaiting(): void {
    if (this.#standing.stopWaiting()) this.#isStopping = true;
  }

  /** Lets other brokers take over what this one leads, as long as that is done in `timeoutMs`. */
  handOver(timeoutMs: number): Promise<void> {
    return this.#standing.handOver(timeoutMs);
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
    this.#standing.stop();
    this.replication?.stop();
    this.transactions.stop();
    this.#housekeeping.stop();
    this.diskBudget.stop();
    this.controller.stop();
    await this.cleaner.stop();
    await this.quorum.close();
    await this.logs.close(this.#standing.epochToKeep);
  }

  /** Writes transaction markers wherever the partitions are led. */
  #everywhere(cluster: ClusterLinks | undefined): TransactionMarkers {
    if (cluster === undefined) return this.markers;
    const { image } = this.quorum;
    const { brokerId } = this.identity;
    const { connections: peers } = cluster;
    return new ClusterMarkers({ brokerId, image, local: this.markers, peers, logger: this.logger });
  }

  #coordinators(cluster: ClusterLinks | undefined): TransactionCoordinators {
    if (cluster === undefined) return this.transactions;
    const { image } = this.quorum;
    const { brokerId } = this.identity;
    const { connections: peers } = cluster;
    return new ClusterCoordinators({ brokerId, image, local: this.transactions, peers });
  }

  /** What the logs of a broker may take; undefined when it is not known. */
  #budgetOf(brokerId: number): number | undefined {
    return brokerId === this.identity.brokerId
      ? this.diskBudget.budgetBytes
      : this.peerDisks?.budgetOf(brokerId);
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
