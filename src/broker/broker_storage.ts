/** What a broker works with that lives on disk, opened and brought to where it stood. */
import type { Logger } from "../base/logger.ts";
import type { Clock } from "../io/clock.ts";
import type { Digests } from "../io/digests.ts";
import type { Disk, DiskError } from "../io/disk.ts";
import type { Random } from "../io/random.ts";
import type { Cleaner } from "../log/compaction/cleaning_job.ts";
import { DEFAULT_LOG_CONFIG } from "../log/log_config.ts";
import { LogDirectory } from "../log/log_directory.ts";
import { canonicalBrokerConfigs, effectiveBrokerText } from "../metadata/config/effective.ts";
import type { ClusterLinks } from "./cluster/cluster_links.ts";
import { type BrokerIdentity, IdentityError, loadIdentity } from "./identity.ts";
import { openMetadataLog } from "./metadata_log/open_metadata_log.ts";
import { ConnectedTransport, NO_TRANSPORT } from "./metadata_log/quorum_transport.ts";
import { RaftQuorum } from "./metadata_log/raft_quorum.ts";
import { Partitions } from "./partitions.ts";

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

/** The contents of a data directory. */
export interface BrokerStorage {
  readonly identity: BrokerIdentity;
  readonly logs: LogDirectory;
  readonly quorum: RaftQuorum;
  readonly partitions: Partitions;
}

/**
 * Opens a data directory.
 *
 * @throws {IdentityError} the directory is another broker's
 * @throws {MetadataLogError} the metadata log is damaged
 * @throws {DiskError}
 */
export async function openStorage(
  environment: BrokerEnvironment,
  options: BrokerOptions,
): Promise<BrokerStorage> {
  const { disk, clock, random, logger } = environment;
  const { cluster, staticConfig } = options;
  const identity = options.identity ?? loadIdentity(disk, random, { brokerId: options.brokerId });
  const { brokerId } = identity;
  const unopened = new Set<string>();
  let opened: Partitions | undefined = undefined;
  const onLogFailure = (directory: string, error: DiskError): void => {
    logger.error("log failed", { directory, kind: error.kind, error: error.message });
    if (opened === undefined) unopened.add(directory);
    else opened.logFailed(directory, error);
  };
  const number = staticNumbers(staticConfig);
  const logs = LogDirectory.open({
    disk,
    clock,
    random,
    logger,
    config: DEFAULT_LOG_CONFIG,
    checkpointIntervalMs: number("log.flush.offset.checkpoint.interval.ms"),
    onLogFailure,
  });
  const quorum = await openQuorum(environment, logs, identity, cluster, number);
  if (cluster === undefined && !isAlone(quorum, brokerId)) {
    await quorum.close();
    await logs.close(logs.lastBrokerEpoch);
    throw new IdentityError(
      `the data directory is that of broker ${brokerId} of a cluster with others; start it with ` +
        "--cluster-listen, so that it can reach them",
    );
  }
  const { image } = quorum;
  const partitions = new Partitions({
    brokerId,
    image,
    logs,
    unopened,
    staticConfig,
    logger,
    clock,
  });
  opened = partitions;
  quorum.onCommit((records) => partitions.apply(records));
  return { identity, logs, quorum, partitions };
}

function openQuorum(
  { disk, clock, random, logger }: BrokerEnvironment,
  logs: LogDirectory,
  { brokerId: id, directoryId, clusterId }: BrokerIdentity,
  cluster: ClusterLinks | undefined,
  number: (name: string) => number,
): Promise<RaftQuorum> {
  const self = { id, directoryId };
  const common = {
    log: openMetadataLog(logs),
    disk,
    clock,
    random,
    logger,
    clusterId,
    self,
    snapshotIntervalBytes: number("metadata.log.max.record.bytes.between.snapshots"),
  };
  if (cluster === undefined) {
    return RaftQuorum.open({ ...common, bootstrapVoters: [self], transport: NO_TRANSPORT });
  }
  const { connections, peers, isFounder } = cluster;
  return RaftQuorum.open({
    ...common,
    bootstrapVoters: isFounder ? [self] : [],
    transport: new ConnectedTransport(connections, () => peers.known()),
    addressOf: (brokerId) => peers.addressOf(brokerId),
    upkeep: () => ({
      votersMax: number("quorum.voters.max"),
      replacementDelayMs: number("quorum.voter.replacement.delay.ms"),
    }),
  });
}

/** Whether no other broker has a say in the metadata. */
function isAlone(quorum: RaftQuorum, brokerId: number): boolean {
  const { voters } = quorum.describe();
  return voters.length === 1 && voters[0]?.replicaId === brokerId;
}

/** Reads settings that count before the metadata are known. */
function staticNumbers(staticConfig: ReadonlyMap<string, string>): (name: string) => number {
  const layers = {
    dynamicBroker: new Map(),
    dynamicDefault: new Map(),
    static: canonicalBrokerConfigs(staticConfig),
  };
  return (name) => Number(effectiveBrokerText(name, layers));
}
