import { randomUuid, type Uuid, ZERO_UUID } from "../base/uuid.ts";
import type { Broker } from "../broker/broker.ts";
import { ClusterEntry, ClusterEntryError } from "../broker/cluster/cluster_entry.ts";
import type { ClusterLinks } from "../broker/cluster/cluster_links.ts";
import type { FormationRecord } from "../broker/cluster/formation.ts";
import { readFormation, writeFormation } from "../broker/cluster/formation_file.ts";
import { type NodeTags, readNodeTags, writeNodeTags } from "../broker/cluster/node_tags.ts";
import { PeerConnections } from "../broker/cluster/peer_connections.ts";
import { CLUSTER_LISTENER, Peers } from "../broker/cluster/peers.ts";
import { type BrokerIdentity, findIdentity, writeIdentity } from "../broker/identity.ts";
import type { Membership } from "../broker/membership/membership.ts";
import { isPresent } from "../gossip/member.ts";
import { type ClusterStage, serveAsController } from "../handlers/cluster_routes.ts";
import type { BrokerEndpoint } from "../metadata/image/brokers_image.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import type { NodeEnvironment, NodeSettings } from "./node_environment.ts";
import { type ClusterPort, openClusterPort } from "./cluster_port.ts";
import { formatHostPort } from "./configuration/listener_list.ts";
import type { ClusterSettings } from "./configuration/settings.ts";
import { VERSION } from "./version.ts";

/** What a broker of a cluster is told at start. */
export type MemberSettings = NodeSettings & { readonly cluster: ClusterSettings };

/** A broker's place in the cluster, and its way to the others. */
export interface ClusterPlace {
  readonly identity: BrokerIdentity;
  readonly links: ClusterLinks;
}

/** A request between brokers may take so long, unless it says otherwise. */
const REQUEST_MS_MAX = 10_000;
/** What other brokers have asked for may take so long when this one stops. */
const DRAIN_MS_MAX = 1000;
/** How long those to be joined may take to say of which cluster they are. */
const JOIN_ANSWER_MS_MAX = 1000;
/** The cluster port is open to streams that carry plain Kafka requests: PLAINTEXT. */
const PLAINTEXT = 0;

/**
 * This broker's part in the cluster: its port for other brokers, its place, and its registration,
 * from before the data directory is open until after it is closed.
 */
export class ClusterMember {
  readonly #environment: NodeEnvironment;
  readonly #settings: MemberSettings;
  readonly #port: ClusterPort;
  readonly #stage: Pick<ClusterStage, "promise"> & { broker: Broker | undefined };
  #tags: NodeTags;
  #identity: BrokerIdentity | undefined;
  #connections: PeerConnections | undefined;
  #entry: ClusterEntry | undefined;
  #isStopAsked = false;

  /**
   * Opens the cluster port and looks for others.
   *
   * @throws {IdentityError | FormationFileError | DiskError} when the data directory is of no use
   */
  constructor(environment: NodeEnvironment, settings: MemberSettings) {
    this.#environment = environment;
    this.#settings = settings;
    const { cluster, nodeId, staticConfig } = settings;
    this.#identity = findIdentity(environment.disk, { brokerId: nodeId });
    this.#tags = {
      directoryId: this.#identity?.directoryId ?? formationRecord(environment).directoryId,
      clusterId: this.#identity?.clusterId ?? "",
      brokerId: this.#identity?.brokerId,
      forms: this.#identity === undefined && cluster.expect !== undefined,
      listeners: "",
      rack: staticConfig["broker.rack"]?.value ?? null,
      version: VERSION,
    };
    this.#stage = {
      promise: (request) => {
        if (this.#entry !== undefined) return this.#entry.promise(request);
        return refusedPromise(this.#tags);
      },
      broker: undefined,
    };
    this.#port = openClusterPort(environment, cluster, this.#stage, this.#tags);
    this.#port.membership.join(cluster.join);
  }

  /**
   * Resolves when the data directory has its place in a cluster.
   *
   * @throws {ClusterEntryError} when it never will, or is that of another cluster
   */
  async enter(): Promise<ClusterPlace> {
    const { identity, isFounder } = this.#identity === undefined
      ? await this.#newIdentity()
      : { identity: this.#identity, isFounder: this.#hasFounded(this.#identity) };
    this.#identity = identity;
    const { clusterId, brokerId } = identity;
    this.#tell({ clusterId, brokerId, forms: false });
    await this.#refuseOtherClusters(identity);
    const { clock, logger } = this.#environment;
    const { network, membership } = this.#port;
    const peers = new Peers({
      clusterId,
      image: () => this.#stage.broker?.quorum.image,
      members: () => membership.members(),
    });
    this.#connections = new PeerConnections({
      network,
      clock,
      addresses: peers,
      clientId: `broker-${brokerId}`,
      requestTimeoutMs: REQUEST_MS_MAX,
    });
    logger.info("broker of a cluster", {
      clusterId,
      broker: brokerId,
      listening: formatHostPort(this.#port.address),
    });
    const links = { peers, connections: this.#connections, gossip: membership, isFounder };
    return { identity, links };
  }

  /** Ends {@link enter}, if it is still waiting. */
  stopWaiting(): void {
    this.#isStopAsked = true;
    this.#entry?.stop();
  }

  /** Takes what other brokers ask of `broker` from now on. */
  serve(broker: Broker): void {
    this.#stage.broker = broker;
    broker.channel?.serve(serveAsController(broker));
  }

  /**
   * Registers the broker and waits until it is unfenced.
   *
   * @throws {RegistrationError}
   */
  async register(broker: Broker, listeners: readonly BrokerEndpoint[]): Promise<void> {
    const { host, port } = this.#port.address;
    const own = { name: CLUSTER_LISTENER, host, port, securityProtocol: PLAINTEXT };
    this.#tell({
      listeners: listeners.map(({ name, ...to }) => `${name}://${formatHostPort(to)}`).join(","),
    });
    await broker.register([...listeners, own]);
  }

  /** Tells the others that this broker goes, and leaves them alone. */
  async close(): Promise<void> {
    this.#entry?.stop();
    await this.#port.membership.leave();
    await this.#port.server.drain(DRAIN_MS_MAX);
    this.#connections?.close();
    await this.#port.membership.close();
  }

  async #newIdentity(): Promise<{ identity: BrokerIdentity; isFounder: boolean }> {
    const { environment, settings } = { environment: this.#environment, settings: this.#settings };
    const { clock, disk, logger, random } = environment;
    const { network, membership } = this.#port;
    this.#entry = new ClusterEntry({
      clock,
      disk,
      network,
      logger,
      membership,
      record: formationRecord(environment),
      expect: settings.cluster.expect,
      newClusterId: randomUuid((bytes) => random.fill(bytes)),
      requestedBrokerId: settings.nodeId,
      rack: this.#tags.rack,
    });
    if (this.#isStopAsked) this.#entry.stop();
    const { clusterId, brokerId, isFounder } = await this.#entry.enter();
    const identity = { clusterId, brokerId, directoryId: this.#tags.directoryId };
    writeIdentity(disk, identity);
    return { identity, isFounder };
  }

  /** A directory of the time before it was of a cluster has no record of how that was formed. */
  #hasFounded({ clusterId }: BrokerIdentity): boolean {
    const record = readFormation(this.#environment.disk);
    return record === undefined || record.founded === clusterId;
  }

  /**
   * What the operator joined this broker to may be another cluster than that of its directory. It
   * is given a moment to answer; a cluster that is down can't be asked.
   */
  async #refuseOtherClusters({ clusterId }: BrokerIdentity): Promise<void> {
    const { membership } = this.#port;
    const { clock, logger } = this.#environment;
    const { join } = this.#settings.cluster;
    const others = () => presentOthers(membership);
    if (join.length > 0 && others().length === 0) {
      await new Promise<void>((resolve) => {
        const timer = clock.schedule(JOIN_ANSWER_MS_MAX, resolve);
        membership.onChange(() => {
          if (others().length === 0) return;
          timer.cancel();
          resolve();
        });
      });
    }
    const isForeign = (other: NodeTags) => other.clusterId !== "" && other.clusterId !== clusterId;
    const foreign = others().find(isForeign);
    if (foreign !== undefined && join.length > 0) {
      throw new ClusterEntryError(
        `the data directory belongs to cluster ${clusterId}, and the brokers to join are cluster ` +
          `${foreign.clusterId}; join brokers of the directory's cluster, or use another directory`,
      );
    }
    membership.onChange((member) => {
      const other = readNodeTags(member.tags);
      if (!isPresent(member) || other === undefined || !isForeign(other)) return;
      logger.error("a broker of another cluster was found; it is left alone", {
        otherClusterId: other.clusterId,
        otherBroker: other.brokerId,
      });
    });
  }

  #tell(change: Partial<NodeTags>): void {
    this.#tags = { ...this.#tags, ...change };
    this.#port.membership.setTags(writeNodeTags(this.#tags));
  }
}

/** What the other brokers that are there tell of themselves. */
function presentOthers(membership: Membership): NodeTags[] {
  return membership.members()
    .filter((member) => isPresent(member) && member.name !== membership.self.name)
    .map(({ tags }) => readNodeTags(tags))
    .filter((tags) => tags !== undefined);
}

/** What the directory remembers; a directory that remembers nothing gets an id to be known by. */
function formationRecord({ disk, random }: NodeEnvironment): FormationRecord {
  const found = readFormation(disk);
  if (found !== undefined) return found;
  const directoryId: Uuid = randomUuid((bytes) => random.fill(bytes));
  const record = { directoryId, ballot: 0, promise: undefined, founded: undefined };
  writeFormation(disk, record);
  return record;
}

/** A broker that has its place lets nobody form another cluster. */
function refusedPromise({ directoryId, clusterId }: NodeTags) {
  return {
    errorCode: ErrorCode.NONE,
    voterId: directoryId,
    granted: false,
    promisedTo: ZERO_UUID,
    clusterId,
  };
}
