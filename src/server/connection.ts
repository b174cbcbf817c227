import {
  Accepted,
  CLOSE_CONNECTION,
  type ConnectionContext,
  type Reply,
} from "../handlers/route.ts";
import type { Logger } from "../base/logger.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import type { Clock } from "../io/clock.ts";
import type { ByteStream } from "../io/network.ts";
import { Answers, type AnswersOwner, release } from "./answers.ts";
import type { BufferPool } from "./buffer_pool.ts";
import { FrameBuffer } from "./frame_buffer.ts";
import { FrameWatch } from "./frame_watch.ts";
import type { InFlightRequest } from "./in_flight_request.ts";
import type { LimitedLog } from "./limited_log.ts";
import type { ServerLimits } from "./limits.ts";
import { Outbox, type OutboxOwner, type WriterPool } from "./outbox.ts";
import { Pauses } from "./pauses.ts";
import type { RequestDecoder } from "./request_codec.ts";
import type { ServerMetrics } from "./request_metrics.ts";

/** After this long one connection lets the others have a turn. */
const TURN_MS_MAX = 5;

/** What the connections of a server have in common. */
export interface ConnectionShared {
  readonly clock: Clock;
  readonly limits: ServerLimits;
  readonly buffers: BufferPool;
  readonly writers: WriterPool;
  readonly decoder: RequestDecoder;
  readonly metrics: ServerMetrics;
  readonly logger: Logger;
  /** For what peers cause. */
  readonly peerLog: LimitedLog;
  /** Told once by each connection that it has ended. */
  readonly closed: (connection: Connection) => void;
}

/**
 * One client. Requests are handled in the order in which they come and answered in the same order;
 * see {@link Reply} for when the next one may start. What can be answered at once is answered in
 * the turn of the event loop in which it was read, and leaves in one write.
 *
 * Reading stops while the peer does not take its replies, while too many requests are unanswered,
 * while the connection is muted, and while no read buffer is to be had.
 */
export class Connection implements ConnectionContext, OutboxOwner, AnswersOwner {
  clientSoftwareName = "";
  clientSoftwareVersion = "";
  readonly #frames: FrameBuffer;
  readonly #outbox: Outbox;
  readonly #answers: Answers;
  readonly #pauses: Pauses;
  readonly #watch: FrameWatch;
  /** The request whose plain promise the next one waits for; looks at the read buffer. */
  #waitingFor: InFlightRequest | undefined;
  #isClosed = false;
  /** No further requests are handled: the connection closes when all that is owed has left. */
  #isEnding = false;
  #isResumeDue = false;
  /** The clock, as of the last event or handler. */
  #nowMs: number;
  #isReading = false;
  #wakeReader: (() => void) | undefined;
  #onClose: (() => void)[] | undefined;
  #lastReadMs: number;
  #framesRead = 0;

  constructor(
    readonly id: number,
    readonly listenerName: string,
    readonly stream: ByteStream,
    readonly shared: ConnectionShared,
  ) {
    const { clock, limits } = shared;
    this.#frames = new FrameBuffer(shared.buffers, limits.requestBytesMax);
    this.#outbox = new Outbox(stream, shared.writers, clock, this);
    this.#answers = new Answers(this.#outbox, limits.unsentBytesMax, this);
    this.#pauses = new Pauses(clock, this);
    this.#watch = new FrameWatch(limits);
    this.#nowMs = clock.monotonicMs();
    this.#lastReadMs = this.#nowMs;
  }

  get localHost(): string {
    return this.stream.local.host;
  }

  get localPort(): number {
    return this.stream.local.port;
  }

  get remoteHost(): string {
    return this.stream.remote.host;
  }

  get remotePort(): number {
    return this.stream.remote.port;
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  onClose(callback: () => void): void {
    if (this.#isClosed) callback();
    else (this.#onClose ??= []).push(callback);
  }

  /** Serves the peer until the connection has ended, however it does. */
  async run(): Promise<void> {
    try {
      while (!this.#isClosed) {
        if (!this.#mayRead() || !this.#hasRoom()) {
          await new Promise<void>((resolve) => this.#wakeReader = resolve);
          continue;
        }
        this.#isReading = true;
        const count = await this.stream.read(this.#frames.room());
        this.#isReading = false;
        if (count === 0) this.#peerEnded();
        else this.#received(count);
      }
    } catch (error) {
      this.#isReading = false;
      this.#streamFailed(error);
    }
    if (this.#waitingFor === undefined) this.#frames.release();
  }

  /** Answers what has been accepted, takes nothing more, and closes. */
  drain(): void {
    this.#isEnding = true;
    this.#finishIfDue();
  }

  /** Ends the connection now. What is not answered will not be. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.stream.close();
    this.#outbox.close();
    this.#pauses.cancel();
    this.#answers.dropAll();
    for (const callback of this.#onClose ?? []) this.#runOnClose(callback);
    this.shared.closed(this);
    this.#wake();
  }

  /**
   * Looks for what takes too long; called about once a second. A request that has begun is watched
   * from the first call that sees it on, and not while it is ours to go on.
   */
  sweep(nowMs: number): void {
    const { limits } = this.shared;
    const { waitingSinceMs } = this.#outbox;
    if (waitingSinceMs !== undefined) {
      if (nowMs - waitingSinceMs > limits.writeTimeoutMs) this.#timedOut("reply not taken");
      return;
    }
    if (!this.#isReading || this.#answers.pending > 0) {
      this.#watch.forget();
    } else if (this.#frames.pendingBytes > 0) {
      const isLate = this.#watch.isLate(this.#framesRead, this.#frames.pendingBytes, nowMs);
      if (isLate) this.#timedOut("request not completed");
    } else if (nowMs - this.#lastReadMs > limits.connectionIdleMsMax) {
      this.#timedOut("idle");
    }
  }

  written(bytes: number): void {
    this.shared.metrics.bytesOut += bytes;
    this.resume();
  }

  writeFailed(error: unknown): void {
    this.#streamFailed(error);
  }

  mute(muteMs: number): void {
    this.#pauses.mute(muteMs);
  }

  ending(): void {
    this.#isEnding = true;
  }

  /** Goes on after whatever stopped handling or reading has passed. */
  resume(): void {
    if (this.#isClosed) return;
    this.#turn();
    this.#wake();
  }

  requestFailed(request: InFlightRequest, error: unknown): void {
    request.served.metrics.failures++;
    this.shared.logger.error("request handler failed", {
      ...this.#fields(),
      api: request.served.route.api.name,
      version: request.apiVersion,
      clientId: request.clientId,
      error,
    });
  }

  #received(count: number): void {
    this.#frames.received(count);
    this.shared.metrics.bytesIn += count;
    this.#turn();
    this.#lastReadMs = this.#nowMs;
  }

  /** One turn: encodes what can be answered, handles what may be handled, sends it all. */
  #turn(): void {
    const startMs = this.shared.clock.monotonicMs();
    this.#nowMs = startMs;
    this.#answers.encodeReady();
    while (this.#mayHandle() || this.#mayHandleAfterFlush()) {
      const state = this.#frames.next();
      if (state === "partial") break;
      if (state === "badLength") {
        this.#malformed(`a request of ${this.#frames.claimedBytes()} bytes`);
        return;
      }
      this.#framesRead++;
      this.#handleFrame();
      if (this.#nowMs - startMs > TURN_MS_MAX) {
        this.#pauses.yieldTurn();
        break;
      }
    }
    this.#outbox.flush();
    this.#finishIfDue();
  }

  #handleFrame(): void {
    const request = this.#decode();
    if (request === undefined) return;
    const { metrics } = request.served;
    metrics.requestsByVersion[request.apiVersion]!++;
    metrics.requestBytes += request.requestBytes;
    if (request.isReady) {
      this.#answers.add(request, request.answer);
      return;
    }
    const reply = this.#handle(request);
    this.#nowMs = this.shared.clock.monotonicMs();
    if (reply instanceof Promise) {
      this.#waitingFor = request;
      this.#answerLater(request, reply);
    } else if (reply instanceof Accepted) {
      this.#answerLater(request, reply.answer);
    } else {
      this.#answers.add(request, reply);
    }
  }

  #handle(request: InFlightRequest): Reply<unknown> {
    try {
      return request.handle();
    } catch (error) {
      this.requestFailed(request, error);
      return CLOSE_CONNECTION;
    }
  }

  #decode(): InFlightRequest | undefined {
    const { bytes, frameStart, frameEnd } = this.#frames;
    try {
      return this.shared.decoder.decode(this, bytes, frameStart, frameEnd, this.#nowMs);
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        this.shared.logger.error("request decoder failed", { ...this.#fields(), error });
      }
      this.#malformed(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #answerLater(request: InFlightRequest, answer: Promise<unknown>): void {
    this.#answers.expect(request);
    answer.then(
      (value) => this.#settled(request, value),
      (error) => {
        this.requestFailed(request, error);
        this.#settled(request, CLOSE_CONNECTION);
      },
    );
  }

  #settled(request: InFlightRequest, answer: unknown): void {
    request.answer = answer;
    request.isReady = true;
    const wasWaiting = this.#waitingFor === request;
    if (wasWaiting) this.#waitingFor = undefined;
    if (this.#isClosed || !this.#answers.isOpen) {
      release(answer);
      // The reader has left the buffer to the handler when it ended first.
      if (wasWaiting && this.#isClosed && !this.#isReading) this.#frames.release();
      return;
    }
    // Others that settle in this turn are to leave in the same write.
    if (this.#isResumeDue) return;
    this.#isResumeDue = true;
    queueMicrotask(() => {
      this.#isResumeDue = false;
      this.resume();
    });
  }

  #wake(): void {
    const wake = this.#wakeReader;
    this.#wakeReader = undefined;
    wake?.();
  }

  #mayHandle(): boolean {
    return this.#waitingFor === undefined && this.#mayAcceptMore();
  }

  /** Once the replies so far are on their way there may be room for as many again. */
  #mayHandleAfterFlush(): boolean {
    this.#outbox.flush();
    return this.#mayHandle();
  }

  /** While a request waits, reading goes on into what room there is, and sees the peer leave. */
  #mayRead(): boolean {
    return !this.#pauses.isYielding && this.#mayAcceptMore();
  }

  #mayAcceptMore(): boolean {
    const { unsentBytesMax, inFlightMax } = this.shared.limits;
    return !this.#isClosed && !this.#isEnding && !this.#pauses.isMuted &&
      !this.#answers.isDeferring && this.#answers.pending < inFlightMax &&
      this.#outbox.unsentBytes < unsentBytesMax;
  }

  #hasRoom(): boolean {
    const isPinned = this.#waitingFor !== undefined;
    return this.#frames.prepare(isPinned, () => this.#wake()) === "ready";
  }

  /** A peer that has ended its side gets what is being sent, and nothing that must be waited for. */
  #peerEnded(): void {
    if (this.#answers.pending > 0) this.close();
    else this.drain();
  }

  #finishIfDue(): void {
    if (!this.#isEnding || this.#answers.pending > 0 || !this.#outbox.isEmpty) return;
    this.close();
  }

  #timedOut(reason: string): void {
    this.shared.metrics.connectionsTimedOut++;
    if (reason !== "idle") {
      this.shared.peerLog.info("connection timed out", { ...this.#fields(), reason });
    }
    this.close();
  }

  #malformed(problem: string): void {
    this.shared.metrics.connectionsMalformed++;
    this.shared.peerLog.warn("connection closed: no request", { ...this.#fields(), problem });
    this.close();
  }

  #streamFailed(error: unknown): void {
    if (this.#isClosed) return;
    this.shared.logger.debug("connection broke", { ...this.#fields(), error });
    this.close();
  }

  #runOnClose(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.shared.logger.error("close callback failed", { ...this.#fields(), error });
    }
  }

  #fields(): Record<string, unknown> {
    return { connection: this.id, remote: this.stream.remote.host, listener: this.listenerName };
  }
}
