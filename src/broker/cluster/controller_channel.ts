import type { BrokerConnection, ClientApi } from "../../client/broker_connection.ts";
import type { Clock } from "../../io/clock.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { forwardApi } from "../../protocol/generated/apis/cluster/forward.ts";
import type { ForwardRequest } from "../../protocol/generated/cluster/forward_request.ts";
import type { ForwardResponse } from "../../protocol/generated/cluster/forward_response.ts";
import { decodeMessage, encodeMessage } from "../../protocol/wire/message_bytes.ts";
import { NotControllerError } from "../metadata_quorum.ts";
import type { PeerPurpose } from "./peer_connections.ts";

/** The active controller could not be found, or did not answer, in the time that there was. */
export class ControllerUnavailableError extends Error {
  override readonly name = "ControllerUnavailableError";
  constructor(api: string, timeoutMs: number, cause: unknown) {
    super(`no controller has answered ${api} within ${timeoutMs} ms`, { cause });
  }
}

/**
 * The controller was lost while it had the request: it may have been carried out, so that asking
 * another one could find it done already, and tell the client what is not true.
 */
export class OutcomeUnknownError extends Error {
  override readonly name = "OutcomeUnknownError";
  constructor(api: string, cause: unknown) {
    super(`nobody knows whether the controller has carried ${api} out`, { cause });
  }
}

/** Whether no controller, or none any more, was there to decide or to answer. */
export function isControllerLost(error: unknown): error is Error {
  return error instanceof OutcomeUnknownError || error instanceof ControllerUnavailableError ||
    error instanceof NotControllerError;
}

/** On whose behalf a request is forwarded. */
export type RequestOrigin = Pick<ForwardRequest, "clientId" | "clientHost" | "listenerName">;

/** A response that the active controller gave. */
export interface ControllerAnswer<Response> {
  readonly response: Response;
  /** An image that holds everything below this offset shows what the request did. */
  readonly metadataOffset: number;
  /** How long the client's connection is to be muted. */
  readonly muteMs: number;
}

/** The part of the route table that answers as the active controller. */
export interface ControllerRoutes {
  /** Never rejects: what goes wrong is an error code, NOT_CONTROLLER among them. */
  handle(request: ForwardRequest): Promise<Required<ForwardResponse>>;
}

/** What is known here of who leads the metadata quorum. */
export interface ControllerView {
  /** -1 when nobody is known. */
  readonly leaderId: number;
  readonly isLeader: boolean;
  /** Waits until the image holds everything below `offset`; false when the time ran out. */
  caughtUp(offset: number, timeoutMs: number): Promise<boolean>;
}

/** What a {@link ControllerChannel} works with. */
export interface ControllerChannelOptions {
  readonly brokerId: number;
  readonly quorum: ControllerView;
  readonly connections: {
    shared(brokerId: number, purpose: PeerPurpose): Promise<Pick<BrokerConnection, "send">>;
  };
  readonly clock: Clock;
}

/** A controller that was lost is looked for again so often. */
const RETRY_MS = 20;
/** No single attempt may use up the whole time of a request. */
const ATTEMPT_MS_MAX = 5000;

/**
 * Requests to the active controller, wherever it is at the moment: a handler in this process, or
 * another broker. Whoever turns out not to be the controller is asked no more, and the search goes
 * on until the time of the request is over.
 */
export class ControllerChannel {
  #routes: ControllerRoutes | undefined;
  #isClosed = false;

  constructor(private readonly options: ControllerChannelOptions) {}

  /** Names the handlers that answer while this broker is the active controller. */
  serve(routes: ControllerRoutes): void {
    this.#routes = routes;
  }

  /** Gives up on everything that is under way at its next failure. */
  close(): void {
    this.#isClosed = true;
  }

  /**
   * Sends a request of this broker's own, and does not wait until its image shows what was done.
   * What the controller did may have been done twice when a connection was lost on the way.
   *
   * @throws {ControllerUnavailableError}
   */
  async send<Req, Res>(
    api: ClientApi<Req, Res>,
    version: number,
    request: Req,
    timeoutMs: number,
  ): Promise<Res> {
    const origin = {
      clientId: `broker-${this.options.brokerId}`,
      clientHost: "",
      listenerName: "",
    };
    return (await this.#ask("control", api, version, request, origin, timeoutMs)).response;
  }

  /**
   * Sends a request on behalf of a client. When this resolves, the image of this broker shows what
   * was done, unless the time ran out first. It is carried out once at most.
   *
   * @throws {ControllerUnavailableError} it was not carried out
   * @throws {OutcomeUnknownError}
   */
  forward<Req, Res>(
    api: ClientApi<Req, Res>,
    version: number,
    request: Req,
    origin: RequestOrigin,
    timeoutMs: number,
  ): Promise<ControllerAnswer<Res>> {
    return this.#ask("forward", api, version, request, origin, timeoutMs);
  }

  async #ask<Req, Res>(
    purpose: PeerPurpose,
    api: ClientApi<Req, Res>,
    version: number,
    request: Req,
    origin: RequestOrigin,
    timeoutMs: number,
  ): Promise<ControllerAnswer<Res>> {
    const { clock, quorum } = this.options;
    const envelope: ForwardRequest = {
      ...origin,
      apiKey: api.key,
      apiVersion: version,
      requestBytes: encodeMessage(api.request, request, version),
    };
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    let lastError: unknown = undefined;
    for (;;) {
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0 || this.#isClosed) {
        throw new ControllerUnavailableError(api.name, timeoutMs, lastError);
      }
      try {
        const attemptMs = Math.min(leftMs, ATTEMPT_MS_MAX);
        const answer = await this.#attempt(purpose, api.name, envelope, attemptMs);
        if (answer !== undefined) {
          const { metadataOffset, muteMs } = answer;
          const response = decodeMessage(api.response, answer.responseBytes, version);
          const restMs = Math.max(1, deadlineMs - clock.monotonicMs());
          if (purpose === "forward") await quorum.caughtUp(metadataOffset, restMs);
          return { response, metadataOffset, muteMs };
        }
      } catch (error) {
        if (error instanceof OutcomeUnknownError) throw error;
        lastError = error;
      }
      await new Promise<void>((resolve) => clock.schedule(RETRY_MS, resolve));
    }
  }

  /** Undefined when nobody is known who is the controller, or the one who was is not. */
  async #attempt(
    purpose: PeerPurpose,
    name: string,
    envelope: ForwardRequest,
    timeoutMs: number,
  ): Promise<ForwardResponse | undefined> {
    const { quorum, brokerId, connections } = this.options;
    const { leaderId } = quorum;
    if (leaderId < 0) return undefined;
    const isOwn = leaderId === brokerId;
    if (isOwn && (!quorum.isLeader || this.#routes === undefined)) return undefined;
    const connection = isOwn ? undefined : await connections.shared(leaderId, purpose);
    try {
      const answer = connection === undefined
        ? await this.#routes!.handle(envelope)
        : await connection.send(forwardApi, 0, envelope, timeoutMs);
      return answer.errorCode === ErrorCode.NOT_CONTROLLER ? undefined : checked(answer);
    } catch (error) {
      throw purpose === "forward" ? new OutcomeUnknownError(name, error) : error;
    }
  }
}

/** @throws {Error} when the request was not handled for another reason than the controller's */
function checked(answer: ForwardResponse): ForwardResponse {
  if (answer.errorCode !== ErrorCode.NONE) {
    throw new Error(`the controller refused to handle the request: error ${answer.errorCode}`);
  }
  return answer;
}
