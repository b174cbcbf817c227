import type { ConnectionContext, Reply, RequestContext, Route } from "../handlers/route.ts";
import type { ApiMetrics } from "./request_metrics.ts";

/** A row of the route table with what the server keeps for it. */
export interface ServedRoute {
  readonly route: Route;
  readonly metrics: ApiMetrics;
}

/** A request from its arrival until its answer is encoded; what its handler sees as the context. */
export class InFlightRequest implements RequestContext {
  /** What is to be sent; means something once {@link isReady}. */
  answer: unknown = undefined;
  isReady = false;

  constructor(
    readonly connection: ConnectionContext,
    readonly served: ServedRoute,
    readonly header: InFlightHeader,
    readonly body: unknown,
    readonly requestBytes: number,
    readonly startedMs: number,
  ) {}

  get apiVersion(): number {
    return this.header.apiVersion;
  }

  get correlationId(): number {
    return this.header.correlationId;
  }

  get clientId(): string {
    return this.header.clientId;
  }

  /** Hands the request to its handler, whose exceptions pass through. */
  handle(): Reply<unknown> {
    return this.served.route.handle(this, this.body);
  }
}

/** What the header of a request says beyond its API. */
export interface InFlightHeader {
  readonly apiVersion: number;
  readonly correlationId: number;
  readonly clientId: string;
}

/** Shared by the queues that never held anything: most connections wait for nothing. */
const NONE: InFlightRequest[] = [];

/** Requests in the order in which they came. */
export class RequestQueue {
  #requests: InFlightRequest[] = NONE;
  #head = 0;

  get length(): number {
    return this.#requests.length - this.#head;
  }

  get first(): InFlightRequest | undefined {
    return this.#requests[this.#head];
  }

  push(request: InFlightRequest): void {
    if (this.#requests === NONE) this.#requests = [];
    this.#requests.push(request);
  }

  dropFirst(): void {
    this.#head++;
    // Moves the rest only when at least as many are gone, so that each is moved once on average.
    if (this.#head * 2 >= this.#requests.length) {
      this.#requests.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
