/** How messages of the metadata quorum get to other brokers. */
import type { BrokerConnection } from "../../client/broker_connection.ts";
import { raftMessageApi } from "../../protocol/generated/apis/cluster/raft_message.ts";
import type { RaftMessageRequestInit } from "../../protocol/generated/cluster/raft_message_request.ts";
import type { QuorumPeer } from "../metadata_quorum.ts";

/** Carries messages, best effort and mostly in order. */
export interface QuorumTransport {
  /** Never throws; what can't be delivered is lost. The request is encoded before it returns, or
   * owns its bytes. */
  send(to: QuorumPeer, request: RaftMessageRequestInit): void;
  /** Brokers that are known of, by whatever means: one of them may know the leader. */
  peers(): readonly QuorumPeer[];
  /** Calls `listener` when a connection to a broker broke, or could not be made. Once, at start. */
  onLost(listener: (brokerId: number) => void): void;
}

/** Of a broker that is alone. */
export const NO_TRANSPORT: QuorumTransport = {
  send() {},
  peers: () => [],
  onLost() {},
};

/** Connections to other brokers; `PeerConnections` is one. */
export interface RaftConnections {
  shared(brokerId: number, purpose: "raft"): Promise<BrokerConnection>;
}

/** A peer that answers nothing for so long is taken to be cut off. */
const DELIVERY_TIMEOUT_MS = 5000;

/**
 * Messages as requests on one connection to each broker. A connection that breaks, or can't be
 * made, is reported at once: a killed process is noticed before it is missed.
 */
export class ConnectedTransport implements QuorumTransport {
  readonly #watched = new WeakSet<BrokerConnection>();
  #listener: (brokerId: number) => void = () => {};

  constructor(
    private readonly connections: RaftConnections,
    private readonly knownPeers: () => readonly QuorumPeer[],
  ) {}

  peers(): readonly QuorumPeer[] {
    return this.knownPeers();
  }

  onLost(listener: (brokerId: number) => void): void {
    this.#listener = listener;
  }

  send({ id }: QuorumPeer, request: RaftMessageRequestInit): void {
    this.connections.shared(id, "raft").then(async (connection) => {
      this.#watch(id, connection);
      await connection.send(raftMessageApi, 0, request, DELIVERY_TIMEOUT_MS);
    }).catch(() => {
      // Raft sends again what matters; that the way is cut off is what it has to know.
      this.#listener(id);
    });
  }

  #watch(id: number, connection: BrokerConnection): void {
    if (this.#watched.has(connection)) return;
    this.#watched.add(connection);
    void connection.closed.then(() => this.#listener(id));
  }
}
