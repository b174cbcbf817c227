/** Who the other brokers are and where their cluster ports are. */
import type { Uuid } from "../../base/uuid.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import type { BrokerRegistration } from "../../metadata/image/brokers_image.ts";
import type { SocketAddress } from "../../io/network.ts";
import { isPresent, type Member } from "../../gossip/member.ts";
import { type NodeTags, readNodeTags } from "./node_tags.ts";

/**
 * Name of the endpoint by which a broker is reached on its cluster port, in its registration. No
 * client is ever told of it.
 */
export const CLUSTER_LISTENER = "CLUSTER";

/** A broker that gossip knows of, as far as it matters here. */
export type GossipedBroker = Pick<Member, "address" | "state" | "tags">;

/** Finds the cluster port of a broker. */
export interface PeerAddresses {
  /** Undefined when nothing is known of the broker. */
  addressOf(brokerId: number): SocketAddress | undefined;
}

/** What {@link Peers} reads from. */
export interface PeersOptions {
  readonly clusterId: string;
  /** Undefined until the metadata log is open. */
  readonly image: () => ClusterImage | undefined;
  readonly members: () => Iterable<GossipedBroker>;
}

/**
 * Addresses of brokers by id. What gossip says of a broker that is there counts more than its
 * registration, which may be of a former start; a broker of another cluster is nobody.
 */
export class Peers implements PeerAddresses {
  constructor(private readonly options: PeersOptions) {}

  addressOf(brokerId: number): SocketAddress | undefined {
    const image = this.options.image();
    const registration = image?.brokers.byId(brokerId);
    let departed: SocketAddress | undefined;
    for (const member of this.options.members()) {
      const known = readNodeTags(member.tags);
      if (known === undefined || !this.#isBroker(known, brokerId, registration)) continue;
      if (isPresent(member)) return member.address;
      departed = member.address;
    }
    return clusterEndpoint(registration) ?? departed;
  }

  /** Every broker of the cluster that is known of, with its directory: by gossip or by its place. */
  known(): { readonly id: number; readonly directoryId: Uuid }[] {
    const directoryOf = new Map<number, Uuid>();
    for (const { id, logDirs } of this.options.image()?.brokers.all() ?? []) {
      if (logDirs[0] !== undefined) directoryOf.set(id, logDirs[0]);
    }
    for (const { tags } of this.options.members()) {
      const other = readNodeTags(tags);
      if (other?.brokerId === undefined || other.clusterId !== this.options.clusterId) continue;
      if (!directoryOf.has(other.brokerId)) directoryOf.set(other.brokerId, other.directoryId);
    }
    return Array.from(directoryOf, ([id, directoryId]) => ({ id, directoryId }));
  }

  /** Ids of the brokers of this cluster that gossip holds for alive. */
  aliveBrokerIds(): number[] {
    const ids = new Set<number>();
    for (const member of this.options.members()) {
      const known = readNodeTags(member.tags);
      if (!isPresent(member) || known?.clusterId !== this.options.clusterId) continue;
      if (known.brokerId !== undefined) ids.add(known.brokerId);
    }
    return [...ids].sort((a, b) => a - b);
  }

  /** A directory that has no place in the metadata is not the broker, whatever it says it is. */
  #isBroker(
    { clusterId, brokerId: id, directoryId }: NodeTags,
    brokerId: number,
    registration: BrokerRegistration | undefined,
  ): boolean {
    if (id !== brokerId || clusterId !== this.options.clusterId) return false;
    return registration === undefined || registration.logDirs.length === 0 ||
      registration.logDirs.includes(directoryId);
  }
}

/** Where the registration says that the cluster port is. */
export function clusterEndpoint(
  registration: BrokerRegistration | undefined,
): SocketAddress | undefined {
  const endpoint = registration?.endpoints.find(({ name }) => name === CLUSTER_LISTENER);
  return endpoint === undefined ? undefined : { host: endpoint.host, port: endpoint.port };
}
