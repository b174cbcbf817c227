import type { ApiDefinition, VersionRange } from "../protocol/codec.ts";

/** What is known of the connection that a request came in on. */
export interface ConnectionContext {
  /** Unique among the connections of this process. */
  readonly id: number;
  /** Name of the listener that accepted it, such as `PLAINTEXT`. */
  readonly listenerName: string;
  /** The address that the client dialled. */
  readonly localHost: string;
  readonly localPort: number;
  readonly remoteHost: string;
  readonly remotePort: number;
  /** From ApiVersions v3 on; empty until the client has told. */
  clientSoftwareName: string;
  clientSoftwareVersion: string;
  /** Runs `callback` when the connection ends, for whatever is kept per connection. */
  onClose(callback: () => void): void;
}

/** One request, apart from its body. */
export interface RequestContext {
  readonly connection: ConnectionContext;
  readonly apiVersion: number;
  readonly correlationId: number;
  /** Empty when the client sent none. */
  readonly clientId: string;
  /**
   * The bytes of the whole request, its length prefix left out. Quotas count it.
   */
  readonly requestBytes: number;
}

/**
 * A response that holds something until it has left, such as pooled chunks of a log that are sent
 * without being copied. `release` runs exactly once: after the last byte was written, or when the
 * connection ends before that. It must not throw.
 */
export class Leased<Response> {
  constructor(readonly response: Response, readonly release: () => void) {}
}

/** The client expects no answer (acks=0). */
export const NO_REPLY = Symbol("no reply");

/**
 * A response after which the connection is muted: it leaves at once, and for `muteMs` from then on
 * no further request of the connection is read (KIP-219).
 */
export class Throttled<Response> {
  constructor(
    readonly response: Response | Leased<Response> | typeof NO_REPLY,
    readonly muteMs: number,
  ) {}
}

/** The client is to see its connection closed instead of an answer (acks=0 that failed). */
export const CLOSE_CONNECTION = Symbol("close connection");

/** What becomes of a request in the end. */
export type Answer<Response> =
  | Response
  | Leased<Response>
  | Throttled<Response>
  | typeof NO_REPLY
  | typeof CLOSE_CONNECTION;

/**
 * A request whose order is fixed, so that the next one of the connection may start, and whose
 * answer follows later: a produce that waits for a flush or for replicas. Answers still leave in
 * the order of the requests.
 */
export class Accepted<Response> {
  constructor(readonly answer: Promise<Answer<Response>>) {}
}

/**
 * What a handler returns: the answer, or when it comes. An answer that is there at once costs no
 * promise; with a plain promise the next request of the connection waits.
 */
export type Reply<Response> = Answer<Response> | Promise<Answer<Response>> | Accepted<Response>;

/**
 * A row of the route table: an API, the versions that are served, and the function that answers.
 *
 * A handler may use `records` fields of the request until it has returned (or its promise has
 * settled); they are views of the connection's read buffer.
 */
export interface Route<Request = unknown, Response = unknown> {
  readonly api: ApiDefinition<Request, Response>;
  /** What is served; a request outside it ends the connection. */
  readonly versions: VersionRange;
  /** What ApiVersions tells when it must differ from what is served (KAFKA-18659). */
  readonly advertised?: VersionRange;
  handle(context: RequestContext, request: Request): Reply<Response>;
}

/** Declares a route with the types of its API. */
export function route<Request, Response>(
  api: ApiDefinition<Request, Response>,
  handle: (context: RequestContext, request: Request) => Reply<NoInfer<Response>>,
  options: { readonly versions?: VersionRange; readonly advertised?: VersionRange } = {},
): Route {
  const { min, max } = api.request.versions;
  const stable = { min, max: api.latestVersionUnstable ? max - 1 : max };
  const made: Route<Request, Response> = {
    api,
    versions: options.versions ?? stable,
    ...(options.advertised === undefined ? {} : { advertised: options.advertised }),
    handle,
  };
  return made as unknown as Route;
}
