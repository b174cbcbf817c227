/** The cluster port of a broker, and what is known through it of the other brokers. */
import { ClusterKeys } from "../broker/cluster/cluster_keys.ts";
import { type NodeTags, writeNodeTags } from "../broker/cluster/node_tags.ts";
import { CLUSTER_LISTENER } from "../broker/cluster/peers.ts";
import { streamCiphers } from "../broker/cluster/secure_handshake.ts";
import { SecureNetwork } from "../broker/cluster/secure_network.ts";
import { GossipMembership } from "../broker/membership/gossip_membership.ts";
import { clusterRoutes, type ClusterStage } from "../handlers/cluster_routes.ts";
import type { Network, SocketAddress } from "../io/network.ts";
import { DEFAULT_LIMITS } from "../server/limits.ts";
import { Server } from "../server/server.ts";
import type { NodeEnvironment } from "./node_environment.ts";
import type { ClusterSettings } from "./configuration/settings.ts";

/** What a broker of the cluster may ask for and say; what others ask of it is `stage`. */
export interface ClusterPort {
  /** As bound: the chosen port in place of 0. */
  readonly address: SocketAddress;
  /** To the cluster ports of others, secured when there is a key. */
  readonly network: Network;
  readonly server: Server;
  readonly membership: GossipMembership;
}

/** With port 0 the system chooses one for streams, which need not be free for packets. */
const PORT_CHOICES_MAX = 20;

/**
 * Opens the port for streams and packets and begins to gossip.
 *
 * @throws when the port is taken
 */
export function openClusterPort(
  environment: NodeEnvironment,
  settings: ClusterSettings,
  stage: Omit<ClusterStage, "gossip">,
  tags: NodeTags,
): ClusterPort {
  const { ciphers, digests, clock, logger } = environment;
  const keys = settings.keys.length === 0 ? undefined : new ClusterKeys(digests, settings.keys);
  const network = keys === undefined
    ? environment.network
    : new SecureNetwork(environment.network, {
      ...environment,
      keys,
      ciphers: streamCiphers(environment.ciphers, environment.fastCiphers),
    });
  let membership: GossipMembership | undefined;
  const fullStage: ClusterStage = {
    promise: (request) => stage.promise(request),
    get broker() {
      return stage.broker;
    },
    get gossip() {
      return membership;
    },
  };
  for (let choice = 1;; choice++) {
    const routes = clusterRoutes(fullStage);
    const server = new Server({ network, clock, logger, routes, limits: DEFAULT_LIMITS });
    try {
      const address = server.listen(CLUSTER_LISTENER, settings.listen);
      membership = GossipMembership.start({
        ...environment,
        name: tags.directoryId,
        listen: address,
        advertised: address,
        tags: writeNodeTags(tags),
        network,
        ...(keys === undefined ? {} : { security: { keys, ciphers } }),
      });
      return { address, network, server, membership };
    } catch (error) {
      server.close();
      if (settings.listen.port !== 0 || choice === PORT_CHOICES_MAX) throw error;
    }
  }
}
