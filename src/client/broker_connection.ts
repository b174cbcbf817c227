import type { Clock, Timer } from "../io/clock.ts";
import type { ByteStream, Network, SocketAddress } from "../io/network.ts";
import type { ApiDefinition } from "../protocol/codec.ts";
import {
  hasFlexibleRequestHeader,
  hasFlexibleResponseHeader,
  readResponseHeader,
  writeRequestHeader,
} from "../protocol/header.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { ByteReader } from "../protocol/wire/byte_reader.ts";
import { ByteWriter, EXTERNAL_BYTES_MIN } from "../protocol/wire/byte_writer.ts";
import {
  ConnectError,
  connectFailureOf,
  ConnectionClosedError,
  RequestTimeoutError,
} from "./errors.ts";
import { ResponseFrames } from "./response_frames.ts";

/** The longest response that is accepted unless the options say otherwise. */
export const RESPONSE_BYTES_MAX = 128 * 1024 * 1024;

/** Buffers from this size on are lent to whoever reads the response; smaller ones are given away. */
const LENT_BYTES_MIN = 32 * 1024;

/** How a {@link BrokerConnection} behaves. Times are milliseconds. */
export interface ConnectionOptions {
  /** The client id in the header of every request. */
  readonly clientId: string;
  /** How long an answer may take, unless a request says otherwise; also how long a dial may. */
  readonly requestTimeoutMs: number;
  /**
   * How long nothing at all may arrive while answers are due; left out, only the timeouts of the
   * requests count. It finds a connection that is dead on the way without holding a slow answer to
   * a short timeout.
   */
  readonly silenceMsMax?: number;
  /** The longest response, in bytes. */
  readonly frameBytesMax?: number;
}

/** The API of a request, as a client sees it. */
export type ClientApi<Req, Res> = ApiDefinition<unknown, unknown, Req, Res>;

/** A request that waits for its answer. */
interface InFlight {
  readonly api: ApiDefinition<unknown, unknown, never, unknown>;
  readonly version: number;
  readonly correlationId: number;
  readonly timeoutMs: number;
  /** On the monotonic clock. */
  readonly sentAtMs: number;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  readonly resolve: (response: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A connection to a broker: requests are pipelined, answers come in the order of the requests.
 *
 * Fields of type `records` in a response are views of the connection's buffer. They are valid
 * until the event loop turns: what the continuation of `await send(...)` does before it waits for
 * anything else may use them without a copy.
 *
 * A request that is not answered in time ends the connection, because nothing behind it can be
 * answered either.
 */
export class BrokerConnection {
  readonly address: SocketAddress;
  /** Settles, never rejects, when the connection has ended: with undefined after {@link close}. */
  readonly closed: Promise<Error | undefined>;
  readonly #stream: ByteStream;
  readonly #clock: Clock;
  readonly #options: ConnectionOptions;
  readonly #frames: ResponseFrames;
  readonly #reader = new ByteReader();
  /** The request that is being encoded. */
  #body = new ByteWriter();
  /** Requests that wait to be written. */
  #outgoing = new ByteWriter();
  /** What was written last, or is being written. */
  #written = new ByteWriter();
  #flush: Promise<void> | undefined;
  #inFlight: InFlight[] = [];
  #nextCorrelationId = 0;
  #timer: Timer | undefined;
  #timerDueMs = Infinity;
  #lastReceivedMs = -Infinity;
  /** Buffers of large responses that their readers may still look at. */
  readonly #lent: Uint8Array[] = [];
  #returnTimer: Timer | undefined;
  #isOpen = true;
  #reason: Error | undefined;
  readonly #settleClosed: (reason: Error | undefined) => void;

  private constructor(
    stream: ByteStream,
    clock: Clock,
    address: SocketAddress,
    options: ConnectionOptions,
  ) {
    this.address = address;
    this.#stream = stream;
    this.#clock = clock;
    this.#options = options;
    this.#frames = new ResponseFrames(options.frameBytesMax ?? RESPONSE_BYTES_MAX);
    const { promise, resolve } = Promise.withResolvers<Error | undefined>();
    this.closed = promise;
    this.#settleClosed = resolve;
    this.#read();
  }

  /**
   * Dials `address`.
   * @throws {ConnectError} when nobody answers there, or not in time
   */
  static async connect(
    network: Network,
    clock: Clock,
    address: SocketAddress,
    options: ConnectionOptions,
  ): Promise<BrokerConnection> {
    const stream = await dial(network, clock, address, options.requestTimeoutMs);
    return new BrokerConnection(stream, clock, address, options);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Requests that are not answered yet. */
  get inFlightRequests(): number {
    return this.#inFlight.length;
  }

  /**
   * Sends a request; resolves with its answer. Large records in it must not change until then.
   *
   * @param version one that the broker knows, see `negotiateVersions`
   * @throws {RequestTimeoutError} when no answer came in time
   * @throws {ConnectionClosedError} when the connection has ended, or does before the answer
   * @throws {ProtocolError} when the answer can't be read; the connection has ended then
   * @throws {UnsupportedVersionError} when the version can't carry the request
   */
  send<Req, Res>(
    api: ClientApi<Req, Res>,
    version: number,
    request: Req,
    timeoutMs: number = this.#options.requestTimeoutMs,
  ): Promise<Res> {
    if (!this.#isOpen) return Promise.reject(this.#closedError());
    let correlationId: number;
    try {
      correlationId = this.#encode(api, version, request);
    } catch (error) {
      return Promise.reject(error);
    }
    const sentAtMs = this.#clock.monotonicMs();
    const deadlineMs = sentAtMs + timeoutMs;
    const answer = new Promise<Res>((resolve, reject) => {
      this.#inFlight.push({
        api: api as InFlight["api"],
        version,
        correlationId,
        timeoutMs,
        sentAtMs,
        deadlineMs,
        resolve: resolve as InFlight["resolve"],
        reject,
      });
    });
    const { silenceMsMax } = this.#options;
    this.#expire(Math.min(deadlineMs, sentAtMs + (silenceMsMax ?? Infinity)));
    this.#flush ??= this.#write();
    return answer;
  }

  /**
   * Sends a request that is answered by nothing, as Produce with acks=0. The promise settles when
   * it has been written, or the connection has ended; it never rejects.
   */
  post<Req, Res>(api: ClientApi<Req, Res>, version: number, request: Req): Promise<void> {
    if (!this.#isOpen) return Promise.resolve();
    this.#encode(api, version, request);
    this.#flush ??= this.#write();
    return this.#flush;
  }

  /** Ends the connection; requests that are not answered yet reject. May be called again. */
  close(): void {
    this.#fail(undefined);
  }

  /** Appends the request as a frame, or nothing when it can't be written. */
  #encode<Req, Res>(api: ClientApi<Req, Res>, version: number, request: Req): number {
    const body = this.#body;
    const correlationId = this.#nextCorrelationId;
    const { clientId } = this.#options;
    const header = { apiKey: api.key, apiVersion: version, correlationId, clientId };
    body.reset();
    writeRequestHeader(body, header, hasFlexibleRequestHeader(api, version));
    api.request.write(body, request, version);
    // A frame has the shape of a records field: a length, then pieces, the large ones by reference.
    this.#outgoing.records(body.chunks());
    if (body.size >= EXTERNAL_BYTES_MIN) this.#body = new ByteWriter();
    this.#nextCorrelationId = (correlationId + 1) & 0x7fffffff;
    return correlationId;
  }

  /** Writes what has gathered, once this turn's requests are in, until there is nothing left. */
  async #write(): Promise<void> {
    await Promise.resolve();
    try {
      while (this.#isOpen && this.#outgoing.size > 0) {
        const writing = this.#outgoing;
        this.#outgoing = this.#written;
        this.#written = writing;
        for (const chunk of writing.chunks()) await this.#stream.write(chunk);
        writing.reset();
      }
    } catch (error) {
      this.#fail(new ConnectionClosedError(this.address, "the connection was lost", error));
    } finally {
      this.#flush = undefined;
    }
  }

  async #read(): Promise<void> {
    const frames = this.#frames;
    try {
      while (this.#isOpen) {
        const count = await this.#stream.read(frames.room());
        if (!this.#isOpen) return;
        if (count === 0) {
          this.#fail(new ConnectionClosedError(this.address, "the broker closed the connection"));
          return;
        }
        if (this.#options.silenceMsMax !== undefined) {
          this.#lastReceivedMs = this.#clock.monotonicMs();
        }
        frames.received(count);
        while (frames.next()) this.#answer(frames.frame, frames.frameBytes);
      }
    } catch (error) {
      if (error instanceof ProtocolError) {
        this.#fail(error, this.#inFlight[0]);
      } else {
        this.#fail(new ConnectionClosedError(this.address, "the connection was lost", error));
      }
    }
  }

  /** @throws {ProtocolError} when the frame is no answer to the oldest request */
  #answer(frame: Uint8Array, frameBytes: number): void {
    const request = this.#inFlight[0];
    if (request === undefined) throw new ProtocolError("an answer to no request", 0);
    const { api, version } = request;
    const reader = this.#reader.reset(frame, 0, frameBytes);
    const correlationId = readResponseHeader(reader, hasFlexibleResponseHeader(api, version));
    if (correlationId !== request.correlationId) {
      throw new ProtocolError(`answer ${correlationId}, not ${request.correlationId}`, 0);
    }
    const response = api.response.read(reader, version);
    this.#inFlight.shift();
    if (frame.length >= LENT_BYTES_MIN) this.#lend(frame);
    request.resolve(response);
  }

  /** Keeps `frame` from being read into until the event loop has turned. */
  #lend(frame: Uint8Array): void {
    this.#lent.push(frame);
    // Continuations run before any timer does, also one that was scheduled earlier.
    this.#returnTimer ??= this.#clock.schedule(0, () => {
      this.#returnTimer = undefined;
      for (const frame of this.#lent.splice(0)) this.#frames.recycle(frame);
    });
  }

  /** Sees to it that the timer runs no later than `deadlineMs`. */
  #expire(deadlineMs: number): void {
    if (deadlineMs >= this.#timerDueMs) return;
    this.#timer?.cancel();
    this.#timerDueMs = deadlineMs;
    const delayMs = deadlineMs - this.#clock.monotonicMs();
    this.#timer = this.#clock.schedule(delayMs, () => this.#checkDeadlines());
  }

  /** Answered requests leave the timer alone, so it may come early and finds the next deadline. */
  #checkDeadlines(): void {
    this.#timer = undefined;
    this.#timerDueMs = Infinity;
    const nowMs = this.#clock.monotonicMs();
    const { silenceMsMax } = this.#options;
    let nextMs = Infinity;
    for (const request of this.#inFlight) {
      const { api, timeoutMs, deadlineMs } = request;
      if (deadlineMs <= nowMs) {
        this.#fail(new RequestTimeoutError(this.address, api.name, timeoutMs), request);
        return;
      }
      nextMs = Math.min(nextMs, deadlineMs);
    }
    const oldest = this.#inFlight[0];
    if (oldest !== undefined && silenceMsMax !== undefined) {
      const dueMs = Math.max(this.#lastReceivedMs, oldest.sentAtMs) + silenceMsMax;
      if (dueMs <= nowMs) {
        this.#fail(new RequestTimeoutError(this.address, oldest.api.name, silenceMsMax), oldest);
        return;
      }
      nextMs = Math.min(nextMs, dueMs);
    }
    this.#expire(nextMs);
  }

  /**
   * @param reason undefined when we end the connection ourselves
   * @param culprit the request that is told the reason itself; the others lost their connection
   */
  #fail(reason: Error | undefined, culprit?: InFlight): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#reason = reason;
    this.#timer?.cancel();
    this.#returnTimer?.cancel();
    this.#stream.close();
    const unanswered = this.#inFlight;
    this.#inFlight = [];
    if (reason !== undefined) culprit?.reject(reason);
    for (const request of unanswered) request.reject(this.#closedError());
    this.#settleClosed(reason);
  }

  #closedError(): ConnectionClosedError {
    const reason = this.#reason;
    if (reason instanceof ConnectionClosedError) return reason;
    const why = reason === undefined ? "" : ` after: ${reason.message}`;
    return new ConnectionClosedError(this.address, `the connection was closed${why}`, reason);
  }
}

/** @throws {ConnectError} */
async function dial(
  network: Network,
  clock: Clock,
  address: SocketAddress,
  timeoutMs: number,
): Promise<ByteStream> {
  const { promise, resolve, reject } = Promise.withResolvers<ByteStream>();
  let isLate = false;
  const timer = clock.schedule(timeoutMs, () => {
    isLate = true;
    reject(new ConnectError(address, "timedOut"));
  });
  network.connect(address).then((stream) => {
    timer.cancel();
    if (isLate) stream.close();
    else resolve(stream);
  }, (error) => {
    timer.cancel();
    reject(new ConnectError(address, connectFailureOf(error), error));
  });
  return await promise;
}
