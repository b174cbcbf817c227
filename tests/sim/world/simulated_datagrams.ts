import type { Datagram, Datagrams, DatagramSocket } from "../../../src/io/datagrams.ts";
import type { SocketAddress } from "../../../src/io/network.ts";
import type { Fabric } from "./fabric.ts";
import type { SimulatedProcess } from "./machine.ts";
import { never } from "./simulated_stream.ts";

/** Packets that wait to be received; further ones are lost. */
const WAITING_MAX = 1024;
/** The largest payload of UDP over IPv4. */
const DATAGRAM_BYTES_MAX = 65_507;
const HEADER_BYTES = 28;
const PORT_FIRST = 40_000;

/** All bound ports of all hosts. */
export class DatagramPorts {
  readonly #sockets = new Map<string, SimulatedDatagramSocket>();
  #nextPort = PORT_FIRST;

  at(address: SocketAddress): SimulatedDatagramSocket | undefined {
    return this.#sockets.get(keyOf(address));
  }

  bind(host: string, port: number, socket: (address: SocketAddress) => SimulatedDatagramSocket) {
    const address = { host, port: port === 0 ? this.#nextPort++ : port };
    const key = keyOf(address);
    if (this.#sockets.has(key)) throw new Error(`UDP port ${address.port} is in use`);
    const bound = socket(address);
    this.#sockets.set(key, bound);
    return bound;
  }

  release(socket: SimulatedDatagramSocket): void {
    const key = keyOf(socket.address);
    if (this.#sockets.get(key) === socket) this.#sockets.delete(key);
  }
}

/** The packets of one process. */
export class SimulatedDatagrams implements Datagrams {
  constructor(
    private readonly process: SimulatedProcess,
    private readonly ports: DatagramPorts,
    private readonly fabric: Fabric,
  ) {}

  bind(address: SocketAddress): DatagramSocket {
    this.process.ensureAlive();
    const { process, ports, fabric } = this;
    const socket = ports.bind(
      process.machine.host,
      address.port,
      (bound) => new SimulatedDatagramSocket(bound, process, ports, fabric),
    );
    process.onEnd(() => ports.release(socket));
    return socket;
  }
}

/** A bound port. */
export class SimulatedDatagramSocket implements DatagramSocket {
  readonly #waiting: Datagram[] = [];
  #receiver: ((datagram: Datagram | undefined) => void) | undefined;
  #isClosed = false;

  constructor(
    readonly address: SocketAddress,
    readonly owner: SimulatedProcess,
    private readonly ports: DatagramPorts,
    private readonly fabric: Fabric,
  ) {}

  send(bytes: Uint8Array, to: SocketAddress): void {
    if (this.#isClosed || !this.owner.isAlive || bytes.length > DATAGRAM_BYTES_MAX) return;
    const { fabric } = this;
    const { random } = fabric;
    const link = fabric.link(this.address.host, to.host);
    const { loss, duplication, reordering } = link.quality;
    const packet = { bytes: bytes.slice(), from: this.address };
    const copies = random.chance(duplication) ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (random.chance(loss)) continue;
      const delayMs = link.delayMs(fabric.time.nowMs, bytes.length + HEADER_BYTES, random);
      const factor = random.chance(reordering) ? 10 : 1;
      fabric.time.schedule(delayMs * factor, () => {
        if (link.isOpen) this.ports.at(to)?.arrive(packet);
      });
    }
  }

  receive(): Promise<Datagram | undefined> {
    if (!this.owner.isAlive) return never();
    const first = this.#waiting.shift();
    if (first !== undefined) return Promise.resolve(first);
    if (this.#isClosed) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#receiver = resolve);
  }

  arrive(packet: Datagram): void {
    this.owner.enter(() => {
      this.fabric.arrived("datagram", packet.bytes);
      const own = { bytes: packet.bytes.slice(), from: packet.from };
      const receiver = this.#receiver;
      this.#receiver = undefined;
      if (receiver !== undefined) receiver(own);
      else if (this.#waiting.length < WAITING_MAX) this.#waiting.push(own);
    });
  }

  close(): void {
    if (this.#isClosed || !this.owner.isAlive) return;
    this.#isClosed = true;
    this.ports.release(this);
    this.#receiver?.(undefined);
    this.#receiver = undefined;
  }
}

function keyOf({ host, port }: SocketAddress): string {
  return `${host}:${port}`;
}
