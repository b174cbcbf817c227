/**
 * ApiVersions (key 18), versions 0 to 4.
 *
 * Tells the versions of the route table: what is advertised is what is routed. Supported features
 * that begin at level 0 are told from version 4 on only (KAFKA-17011).
 */
import type { Broker } from "../broker/broker.ts";
import { SUPPORTED_FEATURES } from "../metadata/features.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { apiVersionsApi } from "../protocol/generated/apis/api_versions.ts";
import type { ApiVersionsRequest } from "../protocol/generated/api_versions_request.ts";
import type { ApiVersionsResponseInit } from "../protocol/generated/api_versions_response.ts";
import { type RequestContext, type Route, route } from "./route.ts";

/** The software name and version of a client look like this (KIP-511). */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;
/** From this version on the client names itself. */
const SOFTWARE_FROM = 3;
/** From this version on clients bear features with a minimum of 0. */
const ZERO_MINIMUM_FROM = 4;

/** @param routes the whole route table, this route included, by the time of the first request */
export function apiVersionsRoute(broker: Broker, routes: () => readonly Route[]): Route {
  return route(apiVersionsApi, (context, request) => {
    if (!acceptsSoftware(context, request)) {
      return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [], throttleTimeMs: 0 };
    }
    return answer(broker, routes(), context.apiVersion);
  });
}

function acceptsSoftware({ apiVersion, connection }: RequestContext, request: ApiVersionsRequest) {
  if (apiVersion < SOFTWARE_FROM) return true;
  const { clientSoftwareName: name, clientSoftwareVersion: version } = request;
  if (!SOFTWARE.test(name) || !SOFTWARE.test(version)) return false;
  connection.clientSoftwareName = name;
  connection.clientSoftwareVersion = version;
  return true;
}

function answer(
  broker: Broker,
  routes: readonly Route[],
  apiVersion: number,
): ApiVersionsResponseInit {
  const { image } = broker.quorum;
  return {
    errorCode: ErrorCode.NONE,
    apiKeys: routes.map(({ api, versions, advertised }) => ({
      apiKey: api.key,
      minVersion: (advertised ?? versions).min,
      maxVersion: (advertised ?? versions).max,
    })),
    throttleTimeMs: 0,
    supportedFeatures: SUPPORTED_FEATURES
      .filter(({ min }) => min > 0 || apiVersion >= ZERO_MINIMUM_FROM)
      .map(({ name, min, max }) => ({ name, minVersion: min, maxVersion: max })),
    finalizedFeaturesEpoch: image.lastOffset,
    finalizedFeatures: Array.from(image.featureLevels(), ([name, level]) => ({
      name,
      maxVersionLevel: level,
      minVersionLevel: level,
    })),
  };
}
