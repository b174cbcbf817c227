import type { Logger } from "../base/logger.ts";
import { randomUuid } from "../base/uuid.ts";
import type { Clock } from "../io/clock.ts";
import type { Digests } from "../io/digests.ts";
import type { Disk, DiskError } from "../io/disk.ts";
import type { Random } from "../io/random.ts";
import type { Cleaner } from "../log/compaction/cleaning_job.ts";
import { InProcessCleaner } from "../log/compaction/in_process_cleaner.ts";
import { DEFAULT_LOG_CONFIG } from "../log/log_config.ts";
import { LogDirectory } from "../log/log_directory.ts";
import { canonicalBrokerConfigs, effectiveBrokerText } from "../metadata/config/effective.ts";
import type { ConfigContext } from "../metadata/config_resources.ts";
import type { BrokerEndpoint } from "../metadata/image/brokers_image.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import {
  BrokerLifecycle,
  RegistrationError,
  registrationRefusal,
  registrationRequest,
  type StartedBroker,
} from "./cluster/broker_lifecycle.ts";
import { ControllerChannel } from "./cluster/controller_channel.ts";
import type { ClusterLinks } from "./cluster/cluster_links.ts";
import { LogCleaner } from "./cleaning/log_cleaner.ts";
import { Controller } from "./controller/controller.ts";
import { NO_PROBE, PeerProbe } from "./controller/peer_probe.ts";
import { Groups } from "./coordination/groups.ts";
import { AlterPartitionCalls } from "./cluster/alter_partition_calls.ts";
import { FetchSessions } from "./fetch_sessions.ts";
import { FetchWaiters } from "./fetch_waiters.ts";
import { Housekeeping } from "./housekeeping.ts";
import { type BrokerIdentity, IdentityError, loadIdentity } from "./identity.ts";
import { MetadataDecisions } from "./metadata_log/decisions.ts";
import { openMetadataLog } from "./metadata_log/open_metadata_log.ts";
import { ConnectedTransport, NO_TRANSPORT } from "./metadata_log/quorum_transport.ts";
import { RaftQuorum } from "./metadata_log/raft_quorum.ts";
import { NotControllerError } from "./metadata_quorum.ts";
import { Partitions } from "./partitions.ts";
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

/** The world that a broker runs in. */
export interface BrokerEnvironment {
  readonly clock: Clock;
  readonly digests: Digests;
  readonly random: Random;
  readonly disk: Disk;
  readonly logger: Logger;
  /** Starts what compacts off the event loop; left out, compaction is done on it. */
  readonly newCleaner?: () => Cleaner;
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
  /** Who this broker is; left out when the data directory tells, or is empty. */
  readonly identity?: BrokerIdentity;
  /** The way to the other brokers; left out when there are none and none may come. */
  readonly cluster?: ClusterLinks;
}

/** Settings that handlers need at every request. */
interface ServingSettings {
  readonly dataDir: string;
  readonly advertised: BrokerOptions["advertised"];
  /** `fetch.max.bytes`. */
  readonly fetchMaxBytes: number;
}

/** How long catching up with the metadata may take before the leader is asked again. */
const CATCH_UP_MS = 5000;
const CATCH_UP_RETRY_MS = 20;
/** A client that comes and goes must not make a session cost another client's. */
const SESSION_EVICTION_AGE_MS = 120_000;
const SESSION_PARTITIONS_MAX = 500_000;

/** Everything that the handlers of one broker work with, and its life from start to stop. */
export class Broker {
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
  /** Undefined when there are no other brokers to hold replicas. */
  readonly replication: Replication | undefined;
  readonly #housekeeping: Housekeeping;
  readonly #environment: BrokerEnvironment;
  #lifecycle: BrokerLifecycle | undefined;
  #isStopping = false;

  private constructor(
    environment: BrokerEnvironment,
    options: BrokerOptions,
    readonly identity: BrokerIdentity,
    readonly logs: LogDirectory,
    readonly quorum: RaftQuorum,
    readonly partitions: Partitions,
  ) {
    const { clock, disk, random, logger } = environment;
    this.#environment = environment;
    this.clock = clock;
    this.disk = disk;
    this.digests = environment.digests;
    this.logger = logger;
    const { dataDir, advertised, staticConfig } = options;
    const { brokerId } = identity;
    this.configContext = { brokerId, staticConfigs: canonicalBrokerConfigs(staticConfig) };
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
        brokerEpoch: () => this.#lifecycle?.epoch ?? -1,
        setting: (name) => this.brokerSetting(name),
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
    const identity = options.identity ??
      loadIdentity(disk, random, { brokerId: options.brokerId });
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
    const self = { id: identity.brokerId, directoryId: identity.directoryId };
    const { cluster } = options;
    const quorum = await RaftQuorum.open({
      log,
      disk,
      clock,
      random,
      logger,
      clusterId: identity.clusterId,
      self,
      bootstrapVoters: cluster === undefined || cluster.isFounder ? [self] : [],
      transport: cluster === undefined
        ? NO_TRANSPORT
        : new ConnectedTransport(cluster.connections, () => cluster.peers.known()),
      addressOf: (brokerId) => cluster?.peers.addressOf(brokerId),
      snapshotIntervalBytes,
      ...(cluster === undefined ? {} : {
        upkeep: () => ({
          votersMax: Number(effectiveBrokerText("quorum.voters.max", staticLayers)),
          replacementDelayMs: Number(
            effectiveBrokerText("quorum.voter.replacement.delay.ms", staticLayers),
          ),
        }),
      }),
    });
    if (cluster === undefined && !isAlone(quorum, self.id)) {
      await quorum.close();
      await logs.close(logs.lastBrokerEpoch);
      throw new IdentityError(
        `the data directory is that of broker ${self.id} of a cluster with others; start it with ` +
          "--cluster-listen, so that it can reach them",
      );
    }
    const replicas = new Partitions({
      brokerId: identity.brokerId,
      image: quorum.image,
      logs,
      unopened,
      staticConfig: options.staticConfig,
      logger,
      clock,
    });
    partitions = replicas;
    quorum.onCommit((records) => replicas.apply(records));
    // With others in the cluster, the image may be far behind until the leader has been heard.
    if (options.cluster === undefined) replicas.start();
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

  /**
   * Tells the cluster that this broker serves, and where; begins the regular work. Resolves when the
   * broker is unfenced.
   *
   * @throws {RegistrationError} the cluster has no place for this broker
   */
  async register(endpoints: readonly BrokerEndpoint[]): Promise<void> {
    const { random, clock, logger } = this.#environment;
    const { brokerId: id, clusterId, directoryId } = this.identity;
    const started: StartedBroker = {
      id,
      clusterId,
      incarnationId: randomUuid((bytes) => random.fill(bytes)),
      endpoints,
      rack: this.brokerSetting("broker.rack"),
      directoryId,
      previousEpoch: this.logs.lastBrokerEpoch,
    };
    const { channel, quorum } = this;
    if (channel !== undefined) await this.#catchUp();
    else {
      const request = { ...registrationRequest(started), isMigratingZkBroker: false };
      const { errorCode } = await this.controller.register(request);
      if (errorCode !== ErrorCode.NONE) throw registrationRefusal(started, errorCode);
    }
    this.replication?.start();
    this.groups.start();
    this.transactions.topic.follow();
    this.#housekeeping.start();
    this.cleaner.start();
    if (channel === undefined) return;
    this.#lifecycle = new BrokerLifecycle({
      broker: started,
      channel,
      quorum,
      clock,
      logger,
      heartbeatIntervalMs: this.#number("broker.heartbeat.interval.ms"),
      sessionTimeoutMs: this.#number("broker.session.timeout.ms"),
      hasFailedReplica: () => this.partitions.hasFailedReplica,
    });
    await this.#lifecycle.start();
  }

  /** Ends {@link register}, if it is still waiting for the cluster. */
  stopWaiting(): void {
    if (this.#lifecycle?.isFenced === false) return;
    this.#isStopping = true;
    this.#lifecycle?.stop();
    this.channel?.close();
  }

  /** Lets other brokers take over what this one leads, as long as that is done in `timeoutMs`. */
  async handOver(timeoutMs: number): Promise<void> {
    const isDone = await this.#lifecycle?.shutDown(timeoutMs);
    if (isDone === false) this.logger.warn("stopping without having handed over", { timeoutMs });
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
    this.#lifecycle?.stop();
    this.channel?.close();
    this.replication?.stop();
    this.transactions.stop();
    this.#housekeeping.stop();
    this.controller.stop();
    await this.cleaner.stop();
    const { image } = this.quorum;
    const registration = image.brokers.byId(this.identity.brokerId);
    await this.quorum.close();
    await this.logs.close(registration?.epoch);
  }

  /** Waits until the image shows all that the cluster had agreed on when this began. */
  async #catchUp(): Promise<void> {
    const { quorum, clock, partitions } = this;
    for (;;) {
      if (this.#isStopping) throw new RegistrationError("stopped before it found the cluster");
      try {
        if (await quorum.caughtUp(await quorum.readIndex(), CATCH_UP_MS)) break;
      } catch (error) {
        if (!(error instanceof NotControllerError)) throw error;
        await new Promise<void>((resolve) => clock.schedule(CATCH_UP_RETRY_MS, resolve));
      }
    }
    partitions.start();
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

/** Whether no other broker has a say in the metadata. */
function isAlone(quorum: RaftQuorum, brokerId: number): boolean {
  const { voters } = quorum.describe();
  return voters.length === 1 && voters[0]?.replicaId === brokerId;
}

function randomInt31(random: Random): number {
  const bytes = new Uint8Array(4);
  random.fill(bytes);
  return new DataView(bytes.buffer).getUint32(0) & 0x7fffffff;
}
