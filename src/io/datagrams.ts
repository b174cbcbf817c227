import type { SocketAddress } from "./network.ts";

/** Packets between machines (UDP). The simulator replaces it. */
export interface Datagrams {
  /** @throws when the address can't be bound; port 0 lets the system choose a free one */
  bind(address: SocketAddress): DatagramSocket;
}

/** A packet that came in. Nothing vouches for `from`: a sender can write any address there. */
export interface Datagram {
  /** Belongs to the receiver. */
  readonly bytes: Uint8Array;
  readonly from: SocketAddress;
}

/**
 * A bound port. Not guaranteed: that a packet arrives, arrives once, or in the order it was sent.
 * While nobody calls {@link receive}, a bounded number of packets waits and further ones are lost.
 */
export interface DatagramSocket {
  /** The address that is bound, the chosen port in place of 0. */
  readonly address: SocketAddress;
  /**
   * Best effort; never throws for what the network does, and does nothing after {@link close}.
   * `to.host` is an IP address. `bytes` must not change any more.
   */
  send(bytes: Uint8Array, to: SocketAddress): void;
  /**
   * The next packet; undefined after {@link close}. One call may be under way at a time.
   * @throws when the socket itself has failed
   */
  receive(): Promise<Datagram | undefined>;
  /** May be called again. */
  close(): void;
}
