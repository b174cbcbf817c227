import type {
  ByteStream,
  Network,
  SocketAddress,
  StreamListener,
} from "../../../src/io/network.ts";

/**
 * A network in memory. A test holds the far end of each connection as a {@link Peer}, sees every
 * write apart, and decides when it is taken.
 */
export class MemoryNetwork implements Network {
  readonly listeners: MemoryListener[] = [];

  listen(address: SocketAddress): StreamListener {
    const port = address.port === 0 ? 40_000 + this.listeners.length : address.port;
    const listener = new MemoryListener({ host: address.host, port });
    this.listeners.push(listener);
    return listener;
  }

  connect(): Promise<ByteStream> {
    return Promise.reject(new Error("tests dial with MemoryNetwork.dial"));
  }

  /** Opens a connection to the listener that was opened first. */
  /** @param listener which of the open ports, in the order of their opening */
  dial(host = "10.0.0.1", listener = 0): Peer {
    const peer = new Peer(host, this.listeners[listener]!.address);
    this.listeners[listener]!.offer(peer.stream);
    return peer;
  }
}

export class MemoryListener implements StreamListener {
  isClosed = false;
  accepted = 0;
  #offers: (ByteStream | Error)[] = [];
  #waiting: (() => void) | undefined;

  constructor(readonly address: SocketAddress) {}

  /** What the next accepts return; an error is thrown. */
  offer(offered: ByteStream | Error): void {
    this.#offers.push(offered);
    this.#waiting?.();
  }

  async accept(): Promise<ByteStream | undefined> {
    while (this.#offers.length === 0 && !this.isClosed) {
      await new Promise<void>((resolve) => this.#waiting = resolve);
    }
    if (this.isClosed) return undefined;
    const offered = this.#offers.shift()!;
    if (offered instanceof Error) throw offered;
    this.accepted++;
    return offered;
  }

  close(): void {
    this.isClosed = true;
    this.#waiting?.();
  }
}

/** The client's end of a connection. */
export class Peer {
  readonly stream: MemoryStream;
  /** What the server wrote, one entry for each write, copied when it was taken. */
  readonly writes: Uint8Array[] = [];

  constructor(host: string, local: SocketAddress) {
    this.stream = new MemoryStream(this, { host, port: 50_000 }, local);
  }

  send(bytes: Uint8Array): void {
    this.stream.arrive(bytes);
  }

  /** Ends the client's side. */
  end(): void {
    this.stream.arrive(undefined);
  }

  /** From now on writes are not taken until {@link takeWrites}. */
  stopReading(): void {
    this.stream.isTaking = false;
  }

  takeWrites(): void {
    this.stream.isTaking = true;
    this.stream.take();
  }

  get isClosed(): boolean {
    return this.stream.isClosed;
  }

  /** All that was written, as frames without their length prefix. */
  frames(): Uint8Array[] {
    const all = new Uint8Array(this.writes.reduce((sum, write) => sum + write.length, 0));
    let end = 0;
    for (const write of this.writes) {
      all.set(write, end);
      end += write.length;
    }
    const frames: Uint8Array[] = [];
    for (let at = 0; at + 4 <= end;) {
      const length = new DataView(all.buffer).getInt32(at);
      frames.push(all.subarray(at + 4, at + 4 + length));
      at += 4 + length;
    }
    return frames;
  }

  /** Correlation ids of the replies so far. */
  correlationIds(): number[] {
    return this.frames().map((frame) => new DataView(frame.buffer, frame.byteOffset).getInt32(0));
  }
}

export class MemoryStream implements ByteStream {
  isClosed = false;
  isTaking = true;
  readsPending = 0;
  /** The size of the buffer that the server reads into now. */
  readRoom = 0;
  #arrived: Uint8Array[] = [];
  #hasEnded = false;
  #wakeReader: (() => void) | undefined;
  #wakeWriter: (() => void) | undefined;

  constructor(
    readonly peer: Peer,
    readonly remote: SocketAddress,
    readonly local: SocketAddress,
  ) {}

  arrive(bytes: Uint8Array | undefined): void {
    if (bytes === undefined) this.#hasEnded = true;
    else this.#arrived.push(bytes);
    this.#wakeReader?.();
  }

  take(): void {
    this.#wakeWriter?.();
  }

  async read(into: Uint8Array): Promise<number> {
    if (this.readsPending > 0) throw new Error("two reads at a time");
    if (into.length === 0) throw new Error("a read into nothing");
    this.readsPending++;
    this.readRoom = into.length;
    try {
      for (;;) {
        if (this.isClosed) throw new Error("read of a closed stream");
        const first = this.#arrived[0];
        if (first !== undefined) {
          const count = Math.min(first.length, into.length);
          into.set(first.subarray(0, count));
          if (count === first.length) this.#arrived.shift();
          else this.#arrived[0] = first.subarray(count);
          return count;
        }
        if (this.#hasEnded) return 0;
        await new Promise<void>((resolve) => this.#wakeReader = resolve);
      }
    } finally {
      this.readsPending--;
    }
  }

  async write(bytes: Uint8Array): Promise<void> {
    await Promise.resolve();
    while (!this.isTaking && !this.isClosed) {
      await new Promise<void>((resolve) => this.#wakeWriter = resolve);
    }
    if (this.isClosed) throw new Error("write to a closed stream");
    // Copied as late as it may change, so that a write of a buffer in use shows.
    this.peer.writes.push(bytes.slice());
  }

  close(): void {
    this.isClosed = true;
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }
}
