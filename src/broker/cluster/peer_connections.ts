import { BrokerConnection } from "../../client/broker_connection.ts";
import type { Clock } from "../../io/clock.ts";
import type { Network, SocketAddress } from "../../io/network.ts";
import type { PeerAddresses } from "./peers.ts";

/**
 * What a connection is for. Requests of one connection are handled one after another, so that what
 * may take its time must not stand before what may not.
 */
export type PeerPurpose = "raft" | "control" | "forward" | "markers" | "admission";

/** Nobody knows where the broker is. */
export class PeerUnknownError extends Error {
  override readonly name = "PeerUnknownError";
  constructor(readonly brokerId: number) {
    super(`the address of broker ${brokerId} is not known`);
  }
}

/** What {@link PeerConnections} works with. */
export interface PeerConnectionsOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly addresses: PeerAddresses;
  readonly clientId: string;
  /** How long a dial may take, and an answer unless the request says otherwise. */
  readonly requestTimeoutMs: number;
}

/** After a failed dial the next one waits so long, and twice as long each time. */
const BACKOFF_MS_MIN = 20;
const BACKOFF_MS_MAX = 1000;

/** The shared connection to one broker for one purpose. */
interface Line {
  readonly address: SocketAddress;
  readonly connecting: Promise<BrokerConnection>;
}

interface Setback {
  readonly address: SocketAddress;
  readonly untilMs: number;
  readonly delayMs: number;
  readonly error: unknown;
}

/** Connections from this broker to the cluster ports of others. */
export class PeerConnections {
  readonly #lines = new Map<string, Line>();
  readonly #setbacks = new Map<string, Setback>();
  readonly #own = new Set<BrokerConnection>();
  #isClosed = false;

  constructor(private readonly options: PeerConnectionsOptions) {}

  /**
   * A connection of the caller's own, to be closed by the caller.
   *
   * @param silenceMsMax it is dead when nothing comes for so long while an answer is due
   * @throws {PeerUnknownError | ConnectError}
   */
  async dial(brokerId: number, silenceMsMax = Infinity): Promise<BrokerConnection> {
    const connection = await this.#connect(this.#addressOf(brokerId), { silenceMsMax });
    if (this.#isClosed) {
      connection.close();
      throw new PeerUnknownError(brokerId);
    }
    this.#own.add(connection);
    void connection.closed.then(() => this.#own.delete(connection));
    return connection;
  }

  /**
   * The connection that all requests of one purpose share; opened when it is not there. After a
   * failed dial, further calls fail likewise for a moment.
   *
   * @throws {PeerUnknownError | ConnectError}
   */
  shared(brokerId: number, purpose: PeerPurpose): Promise<BrokerConnection> {
    let address: SocketAddress;
    try {
      address = this.#addressOf(brokerId);
    } catch (error) {
      return Promise.reject(error);
    }
    const key = `${purpose} ${brokerId}`;
    const line = this.#lines.get(key);
    if (line !== undefined && isSame(line.address, address)) return line.connecting;
    const setback = this.#setbacks.get(key);
    const nowMs = this.options.clock.monotonicMs();
    if (setback !== undefined && isSame(setback.address, address) && nowMs < setback.untilMs) {
      return Promise.reject(setback.error);
    }
    void line?.connecting.then((connection) => connection.close(), () => undefined);
    return this.#open(key, address);
  }

  /** Ends all connections; none is opened any more. */
  close(): void {
    this.#isClosed = true;
    for (const { connecting } of this.#lines.values()) {
      connecting.then((connection) => connection.close(), () => undefined);
    }
    for (const connection of [...this.#own]) connection.close();
  }

  #open(key: string, address: SocketAddress): Promise<BrokerConnection> {
    const connecting = this.#connect(address);
    const line: Line = { address, connecting };
    this.#lines.set(key, line);
    const forget = (): void => {
      if (this.#lines.get(key) === line) this.#lines.delete(key);
    };
    connecting.then((connection) => {
      this.#setbacks.delete(key);
      if (this.#isClosed) connection.close();
      void connection.closed.then(forget);
    }, (error) => {
      forget();
      const before = this.#setbacks.get(key);
      const delayMs = before !== undefined && isSame(before.address, address)
        ? Math.min(BACKOFF_MS_MAX, before.delayMs * 2)
        : BACKOFF_MS_MIN;
      const untilMs = this.options.clock.monotonicMs() + delayMs;
      this.#setbacks.set(key, { address, untilMs, delayMs, error });
    });
    return connecting;
  }

  #addressOf(brokerId: number): SocketAddress {
    const address = this.options.addresses.addressOf(brokerId);
    if (address === undefined || this.#isClosed) throw new PeerUnknownError(brokerId);
    return address;
  }

  #connect(
    address: SocketAddress,
    more: { readonly silenceMsMax?: number } = {},
  ): Promise<BrokerConnection> {
    const { network, clock, clientId, requestTimeoutMs } = this.options;
    const options = { clientId, requestTimeoutMs, ...more };
    return BrokerConnection.connect(network, clock, address, options);
  }
}

function isSame(a: SocketAddress, b: SocketAddress): boolean {
  return a.host === b.host && a.port === b.port;
}
