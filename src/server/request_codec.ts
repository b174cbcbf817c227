import type { ConnectionContext, Route } from "../handlers/route.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import {
  hasFlexibleRequestHeader,
  hasFlexibleResponseHeader,
  writeResponseHeader,
} from "../protocol/header.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { ByteReader } from "../protocol/wire/byte_reader.ts";
import type { ByteWriter } from "../protocol/wire/byte_writer.ts";
import { InFlightRequest, type ServedRoute } from "./in_flight_request.ts";
import type { ServerMetrics } from "./request_metrics.ts";

const API_VERSIONS_KEY = 18;

/**
 * Turns frames into requests for the routes that are served. One reader serves all connections:
 * a request is decoded in one go.
 */
export class RequestDecoder {
  readonly #served = new Map<number, ServedRoute>();
  readonly #reader = new ByteReader();

  constructor(routes: readonly Route[], metrics: ServerMetrics) {
    for (const route of routes) {
      this.#served.set(route.api.key, { route, metrics: metrics.forRoute(route) });
    }
  }

  /**
   * Decodes the frame `bytes[start..end]`. `records` in it are views of `bytes`.
   *
   * A version of ApiVersions that is not served is answered all the same, in version 0 and without
   * its handler, so that the client learns which one it may use (KIP-511): the request that is
   * returned is ready.
   *
   * @throws {ProtocolError} when the bytes are no request, or of an API or version not served
   */
  decode(
    connection: ConnectionContext,
    bytes: Uint8Array,
    start: number,
    end: number,
    nowMs: number,
  ): InFlightRequest {
    const reader = this.#reader.reset(bytes, start, end);
    const apiKey = reader.int16();
    const apiVersion = reader.int16();
    const correlationId = reader.int32();
    const served = this.#served.get(apiKey);
    if (served === undefined) throw new ProtocolError(`API ${apiKey} is not served`);
    const { api, versions } = served.route;
    if (apiVersion < versions.min || apiVersion > versions.max) {
      if (apiKey !== API_VERSIONS_KEY) {
        throw new ProtocolError(`version ${apiVersion} of ${api.name} is not served`);
      }
      return refusedApiVersions(connection, served, correlationId, end - start, nowMs);
    }
    const clientId = reader.nullableString() ?? "";
    if (hasFlexibleRequestHeader(api, apiVersion)) reader.skipTaggedFields();
    const body = api.request.read(reader, apiVersion);
    const header = { apiVersion, correlationId, clientId };
    return new InFlightRequest(connection, served, header, body, end - start, nowMs);
  }
}

function refusedApiVersions(
  connection: ConnectionContext,
  served: ServedRoute,
  correlationId: number,
  requestBytes: number,
  nowMs: number,
): InFlightRequest {
  const header = { apiVersion: 0, correlationId, clientId: "" };
  const request = new InFlightRequest(connection, served, header, undefined, requestBytes, nowMs);
  const { min, max } = served.route.advertised ?? served.route.versions;
  request.answer = {
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: API_VERSIONS_KEY, minVersion: min, maxVersion: max }],
  };
  request.isReady = true;
  return request;
}

/**
 * Appends the response to `request` as a frame; returns its bytes, the length prefix included.
 * @throws when the handler's response has no form in the version of the request
 */
export function encodeResponse(
  writer: ByteWriter,
  request: InFlightRequest,
  response: unknown,
): number {
  const { api } = request.served.route;
  const before = writer.size;
  const prefix = writer.reserveInt32();
  const isFlexible = hasFlexibleResponseHeader(api, request.apiVersion);
  writeResponseHeader(writer, request.correlationId, isFlexible);
  api.response.write(writer, response, request.apiVersion);
  const frameBytes = writer.size - before;
  writer.patchInt32(prefix, frameBytes - 4);
  return frameBytes;
}
