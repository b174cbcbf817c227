import type { Logger } from "../base/logger.ts";
import type { Route } from "../handlers/route.ts";
import type { Clock, Timer } from "../io/clock.ts";
import type { ByteStream, Network, SocketAddress } from "../io/network.ts";
import { BufferPool } from "./buffer_pool.ts";
import { Connection, type ConnectionShared } from "./connection.ts";
import { ConnectionGate } from "./connection_gate.ts";
import { LimitedLog } from "./limited_log.ts";
import type { ServerLimits } from "./limits.ts";
import { Listener } from "./listener.ts";
import { WriterPool } from "./outbox.ts";
import { RequestDecoder } from "./request_codec.ts";
import { ServerMetrics } from "./request_metrics.ts";

const SWEEP_INTERVAL_MS = 1000;

/** Limits how fast connections may come. */
export interface ConnectionQuota {
  /** Counts a connection; the milliseconds for which its listener is to accept no more. */
  accepted(): number;
  /** Counts a connection; 0, or the milliseconds after which it is to be closed unserved. */
  connected(ip: string): number;
}

/** What a {@link Server} works with. */
export interface ServerOptions {
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What is served, on every listener. */
  readonly routes: readonly Route[];
  readonly limits: ServerLimits;
  /** Left out: connections may come as fast as they can be accepted. */
  readonly connectionQuota?: ConnectionQuota;
}

/** Serves a route table on any number of ports. */
export class Server {
  readonly metrics = new ServerMetrics();
  readonly #network: Network;
  readonly #gate: ConnectionGate;
  readonly #shared: ConnectionShared;
  readonly #connections = new Set<Connection>();
  readonly #connectionQuota: ConnectionQuota | undefined;
  /** Connections that came too early, until they are closed. */
  readonly #delayed = new Map<ByteStream, Timer>();
  readonly #listeners = new Map<Listener, Promise<void>>();
  #nextConnectionId = 1;
  #sweepTimer: Timer | undefined;
  #drained: (() => void) | undefined;

  constructor({ network, clock, logger, routes, limits, connectionQuota }: ServerOptions) {
    this.#network = network;
    this.#connectionQuota = connectionQuota;
    this.#gate = new ConnectionGate(limits);
    this.#shared = {
      clock,
      limits,
      logger,
      metrics: this.metrics,
      buffers: new BufferPool(limits.bufferedBytesMax),
      writers: new WriterPool(),
      decoder: new RequestDecoder(routes, this.metrics),
      peerLog: new LimitedLog(logger, clock),
      closed: (connection) => this.#closed(connection),
    };
  }

  /**
   * Opens a port and serves it.
   *
   * @param name of the listener, such as `PLAINTEXT`
   * @param opening until it resolves, connections queue up at the port and none is served
   * @returns the address that is bound, the chosen port in place of 0
   * @throws when the address can't be bound
   */
  listen(
    name: string,
    address: SocketAddress,
    opening: Promise<void> = Promise.resolve(),
  ): SocketAddress {
    const { clock, peerLog } = this.#shared;
    const port = this.#network.listen(address);
    const listener = new Listener(name, port, this.#gate, clock, this.metrics, peerLog);
    const serve = () =>
      listener.run((stream, listenerName) => {
        this.#accepted(stream, listenerName);
        return this.#connectionQuota?.accepted() ?? 0;
      });
    this.#listeners.set(listener, opening.then(serve));
    this.#sweepTimer ??= this.#scheduleSweep();
    return listener.address;
  }

  /**
   * Accepts nothing more, lets the requests that are under way be answered, and closes every
   * connection, at the latest after `deadlineMs`.
   */
  async drain(deadlineMs: number): Promise<void> {
    const listening = this.#closeListeners();
    for (const connection of [...this.#connections]) connection.drain();
    if (this.#connections.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#shared.clock.schedule(deadlineMs, resolve);
        this.#drained = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    this.close();
    await listening;
  }

  /** Ends everything now. */
  close(): void {
    void this.#closeListeners();
    for (const connection of [...this.#connections]) connection.close();
    for (const [stream, timer] of this.#delayed) {
      timer.cancel();
      stream.close();
      this.#gate.leave(stream.remote.host);
    }
    this.#delayed.clear();
    this.#sweepTimer?.cancel();
    this.#sweepTimer = undefined;
  }

  #accepted(stream: ByteStream, listenerName: string): void {
    const host = stream.remote.host;
    if (!this.#gate.enter(host)) {
      this.metrics.connectionsRefused++;
      this.#shared.peerLog.warn("too many connections from one address", { remote: host });
      stream.close();
      return;
    }
    const delayMs = this.#connectionQuota?.connected(host) ?? 0;
    if (delayMs > 0) {
      this.#refuseLater(stream, delayMs);
      return;
    }
    this.metrics.connectionsAccepted++;
    this.metrics.connectionsOpen++;
    const id = this.#nextConnectionId++;
    const connection = new Connection(id, listenerName, stream, this.#shared);
    this.#connections.add(connection);
    void connection.run();
  }

  /** A peer that is refused at once would be back at once; it counts as connected until then. */
  #refuseLater(stream: ByteStream, delayMs: number): void {
    this.metrics.connectionsRefused++;
    const timer = this.#shared.clock.schedule(delayMs, () => {
      this.#delayed.delete(stream);
      stream.close();
      this.#gate.leave(stream.remote.host);
    });
    this.#delayed.set(stream, timer);
  }

  #closed(connection: Connection): void {
    this.metrics.connectionsOpen--;
    this.#connections.delete(connection);
    this.#gate.leave(connection.remoteHost);
    if (this.#connections.size === 0) this.#drained?.();
  }

  async #closeListeners(): Promise<void> {
    const running = [...this.#listeners.values()];
    for (const listener of this.#listeners.keys()) listener.close();
    this.#listeners.clear();
    await Promise.all(running);
  }

  #scheduleSweep(): Timer {
    return this.#shared.clock.schedule(SWEEP_INTERVAL_MS, () => {
      const nowMs = this.#shared.clock.monotonicMs();
      for (const connection of this.#connections) connection.sweep(nowMs);
      this.#gate.recheck();
      this.#shared.buffers.trim();
      this.#shared.peerLog.settle(nowMs);
      this.#sweepTimer = this.#scheduleSweep();
    });
  }
}
