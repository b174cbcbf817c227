import type {
  ByteStream,
  Network,
  SocketAddress,
  StreamListener,
} from "../../../../src/io/network.ts";

/** Which way bytes go. */
export type Direction = "toServer" | "toClient";

/**
 * What is done to the bytes of one write on their way: they, other ones, or none; undefined ends the
 * connection.
 */
export type Meddler = (direction: Direction, bytes: Uint8Array) => Uint8Array | undefined;

/** One way of a connection, in memory. */
class Pipe {
  #bytes = new Uint8Array(0);
  #hasEnded = false;
  #wake: (() => void) | undefined;

  put(bytes: Uint8Array): void {
    if (this.#hasEnded) throw new Error("connection reset");
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    this.#bytes = all;
    this.#wake?.();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake?.();
  }

  async take(into: Uint8Array): Promise<number> {
    while (this.#bytes.length === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const count = Math.min(into.length, this.#bytes.length);
    into.set(this.#bytes.subarray(0, count));
    this.#bytes = this.#bytes.slice(count);
    return count;
  }
}

class PairedStream implements ByteStream {
  isClosed = false;

  constructor(
    readonly local: SocketAddress,
    readonly remote: SocketAddress,
    private readonly incoming: Pipe,
    private readonly outgoing: Pipe,
    private readonly meddle: (bytes: Uint8Array) => Uint8Array | undefined,
  ) {}

  read(into: Uint8Array): Promise<number> {
    return this.incoming.take(into);
  }

  async write(bytes: Uint8Array): Promise<void> {
    await Promise.resolve();
    const passed = this.meddle(bytes.slice());
    if (passed === undefined) this.close();
    else this.outgoing.put(passed);
  }

  close(): void {
    this.isClosed = true;
    this.incoming.end();
    this.outgoing.end();
  }
}

/** A network in memory between whose ends a meddler sits. */
export class PairNetwork implements Network {
  meddle: Meddler = (_direction, bytes) => bytes;
  readonly serverStreams: PairedStream[] = [];
  readonly #listeners = new Map<number, PairListener>();

  listen(address: SocketAddress): StreamListener {
    const listener = new PairListener({ ...address, port: this.#listeners.size + 1 });
    this.#listeners.set(listener.address.port, listener);
    return listener;
  }

  async connect(address: SocketAddress): Promise<ByteStream> {
    await Promise.resolve();
    const listener = this.#listeners.get(address.port);
    if (listener === undefined) throw new Error("refused");
    const client = { host: "10.0.0.9", port: 50_000 + this.serverStreams.length };
    const [toServer, toClient] = [new Pipe(), new Pipe()];
    const server = new PairedStream(
      address,
      client,
      toServer,
      toClient,
      (bytes) => this.meddle("toClient", bytes),
    );
    this.serverStreams.push(server);
    listener.offer(server);
    return new PairedStream(
      client,
      address,
      toClient,
      toServer,
      (bytes) => this.meddle("toServer", bytes),
    );
  }
}

class PairListener implements StreamListener {
  readonly #offered: (ByteStream | Error)[] = [];
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(readonly address: SocketAddress) {}

  offer(stream: ByteStream | Error): void {
    this.#offered.push(stream);
    this.#wake?.();
  }

  async accept(): Promise<ByteStream | undefined> {
    while (this.#offered.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    if (this.#isClosed) return undefined;
    const offered = this.#offered.shift();
    if (offered instanceof Error) throw offered;
    return offered;
  }

  close(): void {
    this.#isClosed = true;
    this.#wake?.();
  }
}
