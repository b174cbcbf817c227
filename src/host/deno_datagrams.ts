import { createSocket, type Socket } from "node:dgram";
import type { Datagram, Datagrams, DatagramSocket } from "../io/datagrams.ts";
import type { SocketAddress } from "../io/network.ts";

/** Packets that wait for `receive`; more than that are lost, as in the kernel's own buffer. */
const WAITING_PACKETS_MAX = 256;

/**
 * UDP of the machine, by `node:dgram`: it needs no unstable feature of the runtime, and its rights
 * are those of `net`, checked for each address that is sent to.
 */
export class DenoDatagrams implements Datagrams {
  bind(address: SocketAddress): DatagramSocket {
    const type = address.host.includes(":") ? "udp6" : "udp4";
    const socket = createSocket({ type, lookup: addressItself });
    let failure: Error | undefined;
    socket.on("error", (error) => failure = error);
    // Bound when it returns, because the lookup answers at once.
    socket.bind({ address: address.host, port: address.port, exclusive: true });
    if (failure !== undefined) throw failure;
    socket.removeAllListeners("error");
    return new BoundSocket(socket);
  }
}

/** Addresses are no names: they are not looked up, which would take a turn of the event loop. */
function addressItself(
  host: string,
  _options: unknown,
  callback: (error: Error | null, address: string, family: number) => void,
): void {
  callback(null, host, host.includes(":") ? 6 : 4);
}

class BoundSocket implements DatagramSocket {
  readonly address: SocketAddress;
  readonly #socket: Socket;
  readonly #waiting: Datagram[] = [];
  #receiver: PromiseWithResolvers<Datagram | undefined> | undefined;
  #failure: Error | undefined;
  #isOpen = true;

  constructor(socket: Socket) {
    this.#socket = socket;
    const { address, port } = socket.address();
    this.address = { host: address, port };
    socket.on("message", (bytes, from) => this.#arrived({ bytes, from: toAddress(from) }));
    socket.on("error", (error) => this.#failed(error));
  }

  send(bytes: Uint8Array, to: SocketAddress): void {
    if (!this.#isOpen) return;
    // Whether a packet left tells nothing of whether it arrived: the protocol finds both out.
    this.#socket.send(bytes, to.port, to.host, () => {});
  }

  receive(): Promise<Datagram | undefined> {
    const packet = this.#waiting.shift();
    if (packet !== undefined) return Promise.resolve(packet);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (!this.#isOpen) return Promise.resolve(undefined);
    this.#receiver = Promise.withResolvers();
    return this.#receiver.promise;
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#waiting.length = 0;
    this.#socket.close();
    this.#receiver?.resolve(undefined);
    this.#receiver = undefined;
  }

  #arrived(packet: Datagram): void {
    if (this.#receiver !== undefined) {
      this.#receiver.resolve(packet);
      this.#receiver = undefined;
    } else if (this.#waiting.length < WAITING_PACKETS_MAX) this.#waiting.push(packet);
  }

  #failed(error: Error): void {
    if (!this.#isOpen) return;
    this.#failure = error;
    this.#receiver?.reject(error);
    this.#receiver = undefined;
  }
}

function toAddress(from: { readonly address: string; readonly port: number }): SocketAddress {
  return { host: from.address, port: from.port };
}
