/** A host (IP address or name) and TCP port. */
export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

/** Byte streams between machines. The simulator replaces it. */
export interface Network {
  /** @throws when the address can't be bound; port 0 lets the system choose a free one */
  listen(address: SocketAddress): StreamListener;
  connect(address: SocketAddress): Promise<ByteStream>;
}

/** An open port. */
export interface StreamListener {
  /** The address that is bound, the chosen port in place of 0. */
  readonly address: SocketAddress;
  /** The next connection; undefined after {@link close}. Other errors throw and may be transient. */
  accept(): Promise<ByteStream | undefined>;
  close(): void;
}

/**
 * A connected stream. At most one read and one write may be under way at a time. Not guaranteed:
 * that what `write` accepted has reached the peer.
 */
export interface ByteStream {
  /** Our side of the connection: the address that the peer dialled. */
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Reads at least one byte into the front of `into`; returns how many, or 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /** Writes all of `bytes`, which must not change until the promise settles. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends both directions; pending calls reject or return 0. May be called again. */
  close(): void;
}
