import type { ByteStream, SocketAddress } from "../../../src/io/network.ts";
import type { Fabric, Link } from "./fabric.ts";
import type { SimulatedProcess } from "./machine.ts";

/** Bytes under way or unread, from which on a writer has to wait. */
const SEND_BUFFER_BYTES = 256 * 1024;
/** What a lost packet costs at first (RFC 6298 says 1 s; systems use 200 ms), and at most. */
const RETRANSMIT_MS_MIN = 200;
const RETRANSMIT_MS_MAX = 10_000;
/** A sender that hears nothing for so long gives the connection up. */
const GIVE_UP_MS = 120_000;

/** Of an IP and a TCP header. */
const HEADER_BYTES = 40;
const DELAY_ROUNDING_MS = 0.001;
/** How often a write arrives in two pieces. */
const SPLIT_CHANCE = 0.02;

/** What travels: bytes, the end of one side, or the end of everything. */
type Segment =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "end" }
  | { readonly kind: "reset" };

/** What the system tells of a connection, by the names that the host's network uses. */
export class SimulatedNetworkError extends Error {
  constructor(
    override readonly name: "ConnectionReset" | "ConnectionRefused" | "TimedOut" | "BadResource",
    message: string,
  ) {
    super(message);
  }
}

interface PendingRead {
  readonly into: Uint8Array;
  readonly resolve: (count: number) => void;
  readonly reject: (error: Error) => void;
}

interface PendingWrite {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** One end of a connection, owned by a process. */
export class SimulatedStream implements ByteStream {
  peer: SimulatedStream | undefined;
  #inbox: Uint8Array[] = [];
  #inboxBytes = 0;
  #hasEnded = false;
  #isClosed = false;
  #error: Error | undefined;
  #read: PendingRead | undefined;
  #write: PendingWrite | undefined;
  readonly #wire: Wire;

  constructor(
    readonly owner: SimulatedProcess,
    readonly local: SocketAddress,
    readonly remote: SocketAddress,
    private readonly fabric: Fabric,
    /** The streams of the host, which this one leaves when it is closed. */
    private readonly siblings: Set<SimulatedStream>,
  ) {
    this.#wire = new Wire(this, fabric, fabric.link(local.host, remote.host));
    siblings.add(this);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  read(into: Uint8Array): Promise<number> {
    if (!this.owner.isAlive) return never();
    if (this.#read !== undefined) return Promise.reject(new Error("two reads at a time"));
    if (into.length === 0) return Promise.reject(new Error("a read into nothing"));
    if (this.#isClosed) return Promise.reject(closedError());
    if (this.#inboxBytes > 0) return Promise.resolve(this.#take(into));
    if (this.#error !== undefined) return Promise.reject(this.#error);
    if (this.#hasEnded) return Promise.resolve(0);
    return new Promise((resolve, reject) => this.#read = { into, resolve, reject });
  }

  write(bytes: Uint8Array): Promise<void> {
    if (!this.owner.isAlive) return never();
    if (this.#write !== undefined) return Promise.reject(new Error("two writes at a time"));
    if (this.#isClosed) return Promise.reject(closedError());
    if (this.#error !== undefined) return Promise.reject(this.#error);
    this.#send(bytes.slice());
    if (!this.#isFull()) return Promise.resolve();
    return new Promise((resolve, reject) => this.#write = { resolve, reject });
  }

  close(): void {
    if (this.#isClosed || !this.owner.isAlive) return;
    this.#end(closedError());
    this.#wire.send({ kind: "end" });
  }

  /** The process is dead: its system closes what it had open. */
  abandon(kind: "end" | "reset"): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#wire.send({ kind });
  }

  /** The machine is gone: nobody tells the peer. */
  vanish(): void {
    this.#isClosed = true;
    this.#wire.clear();
  }

  /** Fails the calls on this side, and tells the peer when something of it comes. */
  reset(): void {
    this.#fail(new SimulatedNetworkError("ConnectionReset", "connection reset"));
  }

  /** What is sent from now on does not arrive, and nobody is told: one half of a connection hangs. */
  silence(isSilent: boolean): void {
    this.#wire.isSilent = isSilent;
  }

  /** Something has come over the wire. */
  arrive(segment: Segment): void {
    if (this.#isClosed || this.#error !== undefined) {
      // Nobody reads it any more; a system that still runs says so.
      if (segment.kind === "bytes") this.#wire.send({ kind: "reset" });
      return;
    }
    if (segment.kind === "reset") {
      this.#fail(new SimulatedNetworkError("ConnectionReset", "connection reset by peer"));
    } else if (segment.kind === "end") {
      this.#hasEnded = true;
      this.#completeRead();
    } else {
      this.#inbox.push(segment.bytes);
      this.#inboxBytes += segment.bytes.length;
      this.fabric.arrived("stream", segment.bytes);
      this.#completeRead();
    }
  }

  /** The peer has taken bytes, so there may be room again. */
  drained(): void {
    const write = this.#write;
    if (write === undefined || this.#isFull()) return;
    this.#write = undefined;
    write.resolve();
  }

  /** Whether the system on this side still runs, though the process may not. */
  get isReachable(): boolean {
    return this.owner.machine.isPowered;
  }

  get unreadBytes(): number {
    return this.#inboxBytes;
  }

  /** The wire has given up. */
  timedOut(): void {
    this.#fail(new SimulatedNetworkError("TimedOut", "connection timed out"));
  }

  /** Readers must not count on getting what was written in one piece. */
  #send(bytes: Uint8Array): void {
    const { random } = this.fabric;
    const cut = random.chance(SPLIT_CHANCE) ? random.below(bytes.length) : 0;
    if (cut > 0) this.#wire.send({ kind: "bytes", bytes: bytes.subarray(0, cut) });
    this.#wire.send({ kind: "bytes", bytes: cut > 0 ? bytes.subarray(cut) : bytes });
  }

  #isFull(): boolean {
    const unread = this.peer === undefined || this.peer.isClosed ? 0 : this.peer.unreadBytes;
    return this.#wire.bytesUnderWay + unread >= SEND_BUFFER_BYTES;
  }

  #completeRead(): void {
    const read = this.#read;
    if (read === undefined) return;
    this.#read = undefined;
    read.resolve(this.#inboxBytes > 0 ? this.#take(read.into) : 0);
  }

  #take(into: Uint8Array): number {
    let count = 0;
    while (count < into.length && this.#inbox.length > 0) {
      const first = this.#inbox[0]!;
      const part = first.subarray(0, into.length - count);
      into.set(part, count);
      count += part.length;
      if (part.length === first.length) this.#inbox.shift();
      else this.#inbox[0] = first.subarray(part.length);
    }
    this.#inboxBytes -= count;
    const { peer } = this;
    if (peer?.hasWaitingWrite === true) this.fabric.time.schedule(0, () => peer.resumeWrite());
    return count;
  }

  get hasWaitingWrite(): boolean {
    return this.#write !== undefined;
  }

  resumeWrite(): void {
    this.owner.enter(() => this.drained());
  }

  #fail(error: Error): void {
    if (this.#error !== undefined || this.#isClosed) return;
    this.#error = error;
    this.#wire.clear();
    // What had arrived and was not read is lost, as systems do on a reset.
    this.#inbox = [];
    this.#inboxBytes = 0;
    this.#reject(error);
  }

  #end(error: Error): void {
    this.#isClosed = true;
    this.siblings.delete(this);
    this.#inbox = [];
    this.#inboxBytes = 0;
    this.#reject(error);
  }

  #reject(error: Error): void {
    const read = this.#read;
    const write = this.#write;
    this.#read = undefined;
    this.#write = undefined;
    read?.reject(error);
    write?.reject(error);
  }
}

/** A segment and when it is due. */
interface SentSegment {
  readonly segment: Segment;
  readonly atMs: number;
}

/** One direction of a connection: in order, each segment once, as long as it takes. */
class Wire {
  bytesUnderWay = 0;
  readonly #queue: SentSegment[] = [];
  #lastArrivalMs = 0;
  #isStalled = false;
  #stalledSinceMs = 0;
  #retransmitMs = RETRANSMIT_MS_MIN;
  /** Something on the way drops what belongs to this connection. */
  isSilent = false;

  constructor(
    private readonly from: SimulatedStream,
    private readonly fabric: Fabric,
    private readonly link: Link,
  ) {}

  send(segment: Segment): void {
    const { time, random } = this.fabric;
    const bytes = segment.kind === "bytes" ? segment.bytes.length : 0;
    let delayMs = this.link.delayMs(time.nowMs, bytes + HEADER_BYTES, random);
    const { loss } = this.link.quality;
    for (let lostMs = RETRANSMIT_MS_MIN; loss > 0 && random.chance(loss); lostMs *= 2) {
      delayMs += lostMs;
    }
    // A stream keeps its order: nothing overtakes.
    const atMs = Math.max(this.#lastArrivalMs, time.nowMs + delayMs);
    this.#lastArrivalMs = atMs;
    this.bytesUnderWay += bytes;
    this.#queue.push({ segment, atMs });
    time.schedule(atMs - time.nowMs, () => this.#arrived());
  }

  /** What is under way never arrives. */
  clear(): void {
    this.#queue.length = 0;
    this.bytesUnderWay = 0;
  }

  #arrived(): void {
    if (this.#isStalled || this.#queue.length === 0) return;
    if (this.#isDeliverable()) this.#deliverDue();
    else this.#stall();
  }

  #isDeliverable(): boolean {
    return this.link.isOpen && !this.isSilent && this.from.peer !== undefined &&
      this.from.peer.isReachable;
  }

  #deliverDue(): void {
    const { nowMs } = this.fabric.time;
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      // Delays are rounded when they are added to the time.
      if (first.atMs > nowMs + DELAY_ROUNDING_MS) return;
      this.#queue.shift();
      this.#deliver(first.segment);
    }
  }

  #deliver(segment: Segment): void {
    const { peer } = this.from;
    if (peer === undefined) return;
    if (segment.kind === "bytes") this.bytesUnderWay -= segment.bytes.length;
    if (peer.isClosed) peer.arrive(segment);
    else peer.owner.enter(() => peer.arrive(segment));
    if (this.from.hasWaitingWrite) this.from.resumeWrite();
  }

  #stall(): void {
    this.#isStalled = true;
    this.#stalledSinceMs = this.fabric.time.nowMs;
    this.#retransmitMs = RETRANSMIT_MS_MIN;
    this.#retryLater();
  }

  #retryLater(): void {
    this.fabric.time.schedule(this.#retransmitMs, () => this.#retry());
    this.#retransmitMs = Math.min(RETRANSMIT_MS_MAX, this.#retransmitMs * 2);
  }

  #retry(): void {
    if (this.#queue.length === 0) {
      this.#isStalled = false;
    } else if (this.#isDeliverable()) {
      this.#isStalled = false;
      this.#deliverDue();
    } else if (this.fabric.time.nowMs - this.#stalledSinceMs > GIVE_UP_MS) {
      this.clear();
      this.#isStalled = false;
      this.from.owner.enter(() => this.from.timedOut());
    } else this.#retryLater();
  }
}

function closedError(): Error {
  return new SimulatedNetworkError("BadResource", "the stream is closed");
}

/** What a dead process awaits. */
export function never<T>(): Promise<T> {
  return new Promise(() => {});
}
