import { CLOSE_CONNECTION, Leased, NO_REPLY, Throttled } from "../handlers/route.ts";
import { type InFlightRequest, RequestQueue } from "./in_flight_request.ts";
import type { Outbox } from "./outbox.ts";
import { encodeResponse } from "./request_codec.ts";

/** The connection that {@link Answers} belong to. */
export interface AnswersOwner {
  /** The clock, as of the last event or handler. */
  readonly nowMs: number;
  readonly isClosed: boolean;
  /** Nothing further is to be handled for a time. */
  mute(muteMs: number): void;
  /** An answer asks for the end of the connection, once what is owed has left. */
  ending(): void;
  requestFailed(request: InFlightRequest, error: unknown): void;
  close(): void;
}

/** Brings the answers of one connection into the order of its requests, and encodes them. */
export class Answers {
  /** Requests whose answers can't be encoded yet. */
  readonly #unanswered = new RequestQueue();
  /** A request with an answer that must let earlier ones go first. */
  #deferred: InFlightRequest | undefined;
  #isOpen = true;

  constructor(
    private readonly outbox: Outbox,
    private readonly unsentBytesMax: number,
    private readonly owner: AnswersOwner,
  ) {}

  /** Requests that were handled and are not answered. */
  get pending(): number {
    return this.#unanswered.length;
  }

  /** An answer that is there waits for others: no further request may be handled meanwhile. */
  get isDeferring(): boolean {
    return this.#deferred !== undefined;
  }

  /** False when nothing more will be encoded. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The answer of `request` will be its `answer` when it `isReady`. */
  expect(request: InFlightRequest): void {
    this.#unanswered.push(request);
  }

  /** Encodes the answer, or keeps it until it is its turn. */
  add(request: InFlightRequest, answer: unknown): void {
    if (this.#unanswered.length === 0) {
      this.#encode(request, answer);
      return;
    }
    request.answer = answer;
    request.isReady = true;
    this.#deferred = request;
    this.#unanswered.push(request);
  }

  /** Encodes what is ready and has its turn, as far as the peer takes it. */
  encodeReady(): void {
    for (;;) {
      const first = this.#unanswered.first;
      if (first === undefined || !first.isReady || this.owner.isClosed) return;
      if (this.outbox.unsentBytes >= this.unsentBytesMax) return;
      this.#unanswered.dropFirst();
      if (this.#deferred === first) this.#deferred = undefined;
      this.#encode(first, first.answer);
    }
  }

  /** Gives back what the answers hold that will not leave. */
  dropAll(): void {
    for (; this.#unanswered.first !== undefined; this.#unanswered.dropFirst()) {
      if (this.#unanswered.first.isReady) release(this.#unanswered.first.answer);
    }
  }

  #encode(request: InFlightRequest, answer: unknown): void {
    let response = answer;
    if (response instanceof Throttled) {
      this.owner.mute(response.muteMs);
      response = response.response;
    }
    if (response === NO_REPLY) {
      request.served.metrics.latency.record(this.owner.nowMs - request.startedMs);
      return;
    }
    if (response === CLOSE_CONNECTION) {
      this.#isOpen = false;
      this.dropAll();
      this.owner.ending();
      return;
    }
    if (response instanceof Leased) {
      this.outbox.lease(response.release);
      response = response.response;
    }
    this.#encodeResponse(request, response);
  }

  #encodeResponse(request: InFlightRequest, response: unknown): void {
    const { metrics } = request.served;
    try {
      metrics.responseBytes += encodeResponse(this.outbox.writer, request, response);
      metrics.latency.record(this.owner.nowMs - request.startedMs);
    } catch (error) {
      this.owner.requestFailed(request, error);
      // Half of the response may be in the writer, so nothing of it can be sent.
      this.owner.close();
    }
  }
}

/** An answer that won't leave gives back what it holds. */
export function release(answer: unknown): void {
  const response = answer instanceof Throttled ? answer.response : answer;
  if (response instanceof Leased) response.release();
}
