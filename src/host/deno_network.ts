import type { ByteStream, Network, SocketAddress, StreamListener } from "../io/network.ts";

/** TCP of the machine, by `Deno.listen` and `Deno.connect`. */
export class DenoNetwork implements Network {
  listen(address: SocketAddress): StreamListener {
    return new DenoListener(Deno.listen({ hostname: address.host, port: address.port }));
  }

  async connect(address: SocketAddress): Promise<ByteStream> {
    return new DenoStream(await Deno.connect({ hostname: address.host, port: address.port }));
  }
}

class DenoListener implements StreamListener {
  readonly address: SocketAddress;
  readonly #listener: Deno.TcpListener;
  #isOpen = true;

  constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
    this.address = toAddress(listener.addr);
  }

  async accept(): Promise<ByteStream | undefined> {
    for (;;) {
      const connection = await this.#next();
      if (connection === undefined) return undefined;
      try {
        return new DenoStream(connection);
      } catch {
        // The peer has reset it since: no fault of the listener, and nobody is left to tell.
        connection.close();
      }
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#listener.close();
  }

  async #next(): Promise<Deno.TcpConn | undefined> {
    try {
      return await this.#listener.accept();
    } catch (error) {
      if (!this.#isOpen) return undefined;
      throw error;
    }
  }
}

class DenoStream implements ByteStream {
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  readonly #connection: Deno.TcpConn;
  #isOpen = true;

  /** Replies are small and are written whole, so Nagle's algorithm would only delay them. */
  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    this.local = toAddress(connection.localAddr);
    this.remote = toAddress(connection.remoteAddr);
    connection.setNoDelay(true);
    connection.setKeepAlive(true);
  }

  async read(into: Uint8Array): Promise<number> {
    return await this.#connection.read(into) ?? 0;
  }

  async write(bytes: Uint8Array): Promise<void> {
    let done = await this.#connection.write(bytes);
    while (done < bytes.length) done += await this.#connection.write(bytes.subarray(done));
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#connection.close();
  }
}

function toAddress(address: Deno.NetAddr): SocketAddress {
  return { host: address.hostname, port: address.port };
}
