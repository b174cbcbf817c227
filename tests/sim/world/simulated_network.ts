import type {
  ByteStream,
  Network,
  SocketAddress,
  StreamListener,
} from "../../../src/io/network.ts";
import type { Fabric } from "./fabric.ts";
import type { SimulatedProcess } from "./machine.ts";
import { never, SimulatedNetworkError, SimulatedStream } from "./simulated_stream.ts";

/** Ports that the system hands out. */
const PORT_FIRST = 32_768;
const PORT_LAST = 60_999;
/** A connection attempt is repeated after so long, twice as long each time, and given up. */
const SYN_RETRY_MS = 1000;
const SYN_ATTEMPTS_MAX = 7;
const SYN_BYTES = 60;

/** What is open on one machine: ports that listen, connections, and who owns them. */
export class HostSockets {
  readonly listeners = new Map<number, SimulatedListener>();
  readonly streams = new Set<SimulatedStream>();
  #nextPort = PORT_FIRST;

  freePort(): number {
    const port = this.#nextPort++;
    if (this.#nextPort > PORT_LAST) this.#nextPort = PORT_FIRST;
    return port;
  }

  /** The process has died; with the power gone, its peers are not told. */
  processEnded(isPowered: boolean, kindOfEnd: () => "end" | "reset"): void {
    this.listeners.clear();
    for (const stream of this.streams) {
      if (isPowered) stream.abandon(kindOfEnd());
      else stream.vanish();
    }
    this.streams.clear();
  }
}

/** All hosts by address. */
export class SimulatedInternet {
  readonly #hosts = new Map<string, HostSockets>();

  constructor(readonly fabric: Fabric, readonly isPowered: (host: string) => boolean) {}

  host(address: string): HostSockets {
    let host = this.#hosts.get(address);
    if (host === undefined) this.#hosts.set(address, host = new HostSockets());
    return host;
  }

  /** Every connection between two hosts, one end of each. */
  *connections(): Generator<SimulatedStream> {
    for (const host of this.#hosts.values()) yield* host.streams;
  }
}

/** The network of one process. */
export class SimulatedNetwork implements Network {
  readonly #sockets: HostSockets;

  constructor(
    private readonly process: SimulatedProcess,
    private readonly internet: SimulatedInternet,
  ) {
    this.#sockets = internet.host(process.machine.host);
    process.onEnd((kind) => {
      const { random } = internet.fabric;
      // Unread bytes make it a reset, and whether there are any is a matter of luck.
      const kindOfEnd = () => random.chance(0.5) ? "reset" : "end";
      this.#sockets.processEnded(kind === "process", kindOfEnd);
    });
  }

  listen(address: SocketAddress): StreamListener {
    this.process.ensureAlive();
    const port = address.port === 0 ? this.#sockets.freePort() : address.port;
    if (this.#sockets.listeners.has(port)) throw new Error(`port ${port} is in use`);
    const listener = new SimulatedListener(
      { host: this.process.machine.host, port },
      this.process,
      () => this.#sockets.listeners.delete(port),
    );
    this.#sockets.listeners.set(port, listener);
    return listener;
  }

  connect(address: SocketAddress): Promise<ByteStream> {
    if (!this.process.isAlive) return never();
    const local = { host: this.process.machine.host, port: this.#sockets.freePort() };
    return new Promise((resolve, reject) => {
      const attempt = { local, remote: address, resolve, reject };
      this.#synchronize(attempt, 1);
    });
  }

  /** Sends the first packet of a connection. */
  #synchronize(attempt: ConnectAttempt, count: number): void {
    const { fabric } = this.internet;
    const { local, remote } = attempt;
    const link = fabric.link(local.host, remote.host);
    const { quality } = link;
    let settled = false;
    const delayMs = link.delayMs(fabric.time.nowMs, SYN_BYTES, fabric.random);
    if (!fabric.random.chance(quality.loss)) {
      fabric.time.schedule(delayMs, () => {
        if (link.isOpen) settled = this.#reached(attempt);
      });
    }
    fabric.time.schedule(SYN_RETRY_MS * 2 ** (count - 1), () => {
      if (settled || !this.process.isAlive) return;
      if (count < SYN_ATTEMPTS_MAX) this.#synchronize(attempt, count + 1);
      else {
        const late = new SimulatedNetworkError("TimedOut", "connection timed out");
        this.process.enter(() => attempt.reject(late));
      }
    });
  }

  /** @returns whether the peer's answer is on its way */
  #reached(attempt: ConnectAttempt): boolean {
    const { fabric } = this.internet;
    const { local, remote } = attempt;
    const sockets = this.internet.host(remote.host);
    const listener = sockets.listeners.get(remote.port);
    const back = fabric.link(remote.host, local.host);
    if (!back.isOpen || !this.internet.isPowered(remote.host)) return false;
    const delayMs = back.delayMs(fabric.time.nowMs, SYN_BYTES, fabric.random);
    if (listener === undefined) {
      const refused = new SimulatedNetworkError("ConnectionRefused", "connection refused");
      fabric.time.schedule(delayMs, () => this.process.enter(() => attempt.reject(refused)));
      return true;
    }
    if (!this.process.isAlive) return true;
    const near = new SimulatedStream(this.process, local, remote, fabric, this.#sockets.streams);
    const far = new SimulatedStream(listener.owner, remote, local, fabric, sockets.streams);
    near.peer = far;
    far.peer = near;
    listener.offer(far);
    fabric.time.schedule(delayMs, () => this.process.enter(() => attempt.resolve(near)));
    return true;
  }
}

interface ConnectAttempt {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly resolve: (stream: ByteStream) => void;
  readonly reject: (error: Error) => void;
}

class SimulatedListener implements StreamListener {
  readonly #backlog: SimulatedStream[] = [];
  #waiting: ((stream: ByteStream | undefined) => void) | undefined;
  #isOpen = true;

  constructor(
    readonly address: SocketAddress,
    readonly owner: SimulatedProcess,
    private readonly closed: () => void,
  ) {}

  accept(): Promise<ByteStream | undefined> {
    if (!this.owner.isAlive) return never();
    const first = this.#backlog.shift();
    if (first !== undefined) return Promise.resolve(first);
    if (!this.#isOpen) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#waiting = resolve);
  }

  offer(stream: SimulatedStream): void {
    this.owner.enter(() => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting === undefined) this.#backlog.push(stream);
      else waiting(stream);
    });
  }

  close(): void {
    if (!this.#isOpen || !this.owner.isAlive) return;
    this.#isOpen = false;
    this.closed();
    for (const stream of this.#backlog.splice(0)) stream.abandon("reset");
    this.#waiting?.(undefined);
    this.#waiting = undefined;
  }
}
