import type { Membership } from "../membership/membership.ts";
import type { PeerConnections } from "./peer_connections.ts";
import type { Peers } from "./peers.ts";

/** Who is there by gossip, and how the gossip goes. */
export interface GossipFigures extends Pick<Membership, "members"> {
  readonly counters: {
    readonly packetsSent: number;
    readonly packetsReceived: number;
    readonly packetsRejected: number;
  };
  /** 0 is well; above, this broker is slow to hear the others. */
  readonly healthScore: number;
}

/** The way to the other brokers of the cluster. */
export interface ClusterLinks {
  readonly peers: Peers;
  readonly connections: PeerConnections;
  readonly gossip: GossipFigures;
  /** This broker has formed the cluster: without a metadata log, it begins one. */
  readonly isFounder: boolean;
}
