/**
 * GetTelemetrySubscriptions (key 71), version 0: what a client is to push of its metrics, how often
 * and how compressed (KIP-714). Sums are asked for as totals, which is how they are told on.
 */
import type { Broker } from "../broker/broker.ts";
import type { ClientAttributes } from "../broker/telemetry/client_subscription.ts";
import { ACCEPTED_CODECS } from "../broker/telemetry/client_telemetry.ts";
import { getTelemetrySubscriptionsApi } from "../protocol/generated/apis/get_telemetry_subscriptions.ts";
import { type RequestContext, type Route, route } from "./route.ts";

export function getTelemetrySubscriptionsRoute(broker: Broker): Route {
  return route(getTelemetrySubscriptionsApi, (context, { clientInstanceId: asked }) => {
    const grant = broker.telemetry.subscribe(asked, clientAttributes(context));
    return {
      throttleTimeMs: 0,
      errorCode: grant.errorCode,
      clientInstanceId: grant.clientInstanceId,
      subscriptionId: grant.subscription.id,
      acceptedCompressionTypes: ACCEPTED_CODECS,
      pushIntervalMs: grant.subscription.pushIntervalMs,
      telemetryMaxBytes: grant.telemetryBytesMax,
      deltaTemporality: false,
      requestedMetrics: grant.subscription.metrics,
    };
  });
}

/** The client by the names that subscriptions match on; its instance id comes with the request. */
export function clientAttributes({ clientId, connection }: RequestContext): ClientAttributes {
  return {
    client_id: clientId,
    client_software_name: connection.clientSoftwareName,
    client_software_version: connection.clientSoftwareVersion,
    client_source_address: connection.remoteHost,
    client_source_port: String(connection.remotePort),
  };
}
