/**
 * Forward (private key 20042): requests that the active controller decides, wherever they came in.
 *
 * {@link onController} stands before the routes of such requests on every broker;
 * {@link controllerRoutes} answers what it sends, through the very same routes.
 */
import {
  type ControllerAnswer,
  type ControllerRoutes,
  isControllerLost,
} from "../broker/cluster/controller_channel.ts";
import type { Broker } from "../broker/broker.ts";
import { NotControllerError } from "../broker/metadata_quorum.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { brokerHeartbeatApi } from "../protocol/generated/apis/broker_heartbeat.ts";
import { forwardApi } from "../protocol/generated/apis/cluster/forward.ts";
import type { ForwardRequest } from "../protocol/generated/cluster/forward_request.ts";
import type { ForwardResponse } from "../protocol/generated/cluster/forward_response.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { decodeMessage, encodeMessage } from "../protocol/wire/message_bytes.ts";
import {
  Accepted,
  type Answer,
  CLOSE_CONNECTION,
  type ConnectionContext,
  Leased,
  NO_REPLY,
  type RequestContext,
  type Route,
  route,
  Throttled,
} from "./route.ts";

/** A request that says how long it may take is given that long; others have this time. */
const FORWARD_MS_MAX = 30_000;

/** The route, handled by the active controller: here when that is this broker, else by forwarding. */
export function onController(broker: Broker, row: Route): Route {
  const { channel } = broker;
  if (channel === undefined) return row;
  const forward = async (context: RequestContext, request: unknown): Promise<Answer<unknown>> => {
    const { clientId, connection: { remoteHost: clientHost, listenerName } } = context;
    const origin = { clientId, clientHost, listenerName };
    // What was read can be written again: the types of the two sides are lost in the route table.
    const api = row.api as unknown as typeof forwardApi;
    let answer: ControllerAnswer<unknown>;
    try {
      answer = await channel.forward(
        api,
        context.apiVersion,
        request as ForwardRequest,
        origin,
        timeoutOf(request),
      );
    } catch (error) {
      if (!isControllerLost(error)) throw error;
      // Whatever code was answered would claim to know what has become of the request.
      broker.logger.warn("request left unanswered", { api: row.api.name, error: error.message });
      return CLOSE_CONNECTION;
    }
    const { response, muteMs } = answer;
    return muteMs > 0 ? new Throttled(response, muteMs) : response;
  };
  return {
    ...row,
    handle(context, request) {
      if (!broker.quorum.isLeader) return forward(context, request);
      const reply = row.handle(context, request);
      if (!(reply instanceof Promise)) return reply;
      return reply.catch((error) => {
        if (!(error instanceof NotControllerError)) throw error;
        return error.isOutcomeKnown ? forward(context, request) : CLOSE_CONNECTION;
      });
    },
  };
}

/** Answers forwarded requests with the routes of `table`. */
export function controllerRoutes(broker: Broker, table: readonly Route[]): ControllerRoutes {
  const rows = new Map(table.map((row) => [row.api.key, row]));
  return {
    async handle(request) {
      const row = rows.get(request.apiKey);
      const { apiVersion } = request;
      if (row === undefined || apiVersion < row.versions.min || apiVersion > row.versions.max) {
        return failed(ErrorCode.UNSUPPORTED_VERSION);
      }
      if (!broker.quorum.isLeader) return failed(ErrorCode.NOT_CONTROLLER);
      try {
        const body = decodeMessage(row.api.request, request.requestBytes, apiVersion);
        const reply = row.handle(contextOf(request), body);
        return answered(broker, row, apiVersion, await settled(reply));
      } catch (error) {
        if (error instanceof NotControllerError) {
          return failed(
            error.isOutcomeKnown ? ErrorCode.NOT_CONTROLLER : ErrorCode.REQUEST_TIMED_OUT,
          );
        }
        if (error instanceof ProtocolError) return failed(ErrorCode.INVALID_REQUEST);
        broker.logger.error("forwarded request failed", { api: row.api.name, error });
        return failed(ErrorCode.UNKNOWN_SERVER_ERROR);
      }
    },
  };
}

/** The route of the cluster port that takes what other brokers forward. */
export function forwardRoute({ controller }: Broker, routes: ControllerRoutes): Route {
  const heardOf = new WeakSet<ConnectionContext>();
  return route(forwardApi, ({ connection }, request) => {
    if (request.apiKey === brokerHeartbeatApi.key && !heardOf.has(connection)) {
      heardOf.add(connection);
      const { brokerId } = decodeMessage(
        brokerHeartbeatApi.request,
        request.requestBytes,
        request.apiVersion,
      );
      // A process that is killed ends its connections at once, long before its session is over.
      connection.onClose(() => controller.brokerDisconnected(brokerId));
    }
    // Decisions take their turn by themselves: one that waits must not keep the next from starting.
    return new Accepted(routes.handle(request));
  });
}

function settled(reply: ReturnType<Route["handle"]>): Promise<Answer<unknown>> {
  return Promise.resolve(reply instanceof Accepted ? reply.answer : reply);
}

function answered(
  broker: Broker,
  { api }: Route,
  apiVersion: number,
  answer: Answer<unknown>,
): Required<ForwardResponse> {
  const muteMs = answer instanceof Throttled ? answer.muteMs : 0;
  const inner = answer instanceof Throttled ? answer.response : answer;
  if (inner === CLOSE_CONNECTION || inner === NO_REPLY) return failed(ErrorCode.INVALID_REQUEST);
  const lease = inner instanceof Leased ? inner : undefined;
  try {
    const response = lease === undefined ? inner : lease.response;
    return {
      errorCode: ErrorCode.NONE,
      metadataOffset: broker.quorum.image.lastOffset + 1,
      muteMs: Math.ceil(muteMs),
      responseBytes: encodeMessage(api.response, response, apiVersion),
    };
  } finally {
    lease?.release();
  }
}

function failed(errorCode: number): Required<ForwardResponse> {
  return { errorCode, metadataOffset: -1, muteMs: 0, responseBytes: new Uint8Array(0) };
}

/** The client's connection, as far as it is known on this side. */
function contextOf(request: ForwardRequest): RequestContext {
  const connection: ConnectionContext = {
    id: -1,
    listenerName: request.listenerName,
    localHost: "",
    localPort: 0,
    remoteHost: request.clientHost,
    remotePort: 0,
    clientSoftwareName: "",
    clientSoftwareVersion: "",
    onClose() {
      // It ends at the broker that has it; nothing that is forwarded is kept per connection.
    },
  };
  return {
    connection,
    apiVersion: request.apiVersion,
    correlationId: 0,
    clientId: request.clientId,
    requestBytes: request.requestBytes.length,
  };
}

function timeoutOf(request: unknown): number {
  const { timeoutMs } = request as { readonly timeoutMs?: unknown };
  if (typeof timeoutMs !== "number" || timeoutMs <= 0) return FORWARD_MS_MAX;
  return Math.min(timeoutMs, FORWARD_MS_MAX);
}
