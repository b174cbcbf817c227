/** What peers may take of a server. Sizes are bytes. */
export interface ServerLimits {
  /** The largest request, its length prefix left out: Kafka's `socket.request.max.bytes`. */
  readonly requestBytesMax: number;
  /** Open connections, all listeners together: `max.connections`. */
  readonly connectionsMax: number;
  /** Open connections from one address: `max.connections.per.ip`. */
  readonly connectionsPerIpMax: number;
  /** Addresses that have a limit of their own: `max.connections.per.ip.overrides`. */
  readonly connectionsPerIpOverrides: ReadonlyMap<string, number>;
  /** A connection without traffic is closed after this: `connections.max.idle.ms`. */
  readonly connectionIdleMsMax: number;
  /**
   * How long a request may take to arrive, from its first byte on. One that takes longer must have
   * come at {@link frameBytesPerSecondMin} since.
   */
  readonly frameTimeoutMs: number;
  readonly frameBytesPerSecondMin: number;
  /** A peer that takes none of a reply's next 1 MiB for this long is cut off. */
  readonly writeTimeoutMs: number;
  /** Memory for requests that have not arrived in full, all connections together. */
  readonly bufferedBytesMax: number;
  /** Replies of one connection that wait for its peer to read, before it is served no further. */
  readonly unsentBytesMax: number;
  /** Requests of one connection that were accepted and are not answered yet. */
  readonly inFlightMax: number;
}

/** Kafka's defaults where it has one. */
export const DEFAULT_LIMITS: ServerLimits = {
  requestBytesMax: 100 * 1024 * 1024,
  connectionsMax: 2 ** 31 - 1,
  connectionsPerIpMax: 2 ** 31 - 1,
  connectionsPerIpOverrides: new Map(),
  connectionIdleMsMax: 600_000,
  frameTimeoutMs: 30_000,
  frameBytesPerSecondMin: 16 * 1024,
  writeTimeoutMs: 60_000,
  bufferedBytesMax: 256 * 1024 * 1024,
  unsentBytesMax: 256 * 1024,
  inFlightMax: 1000,
};
