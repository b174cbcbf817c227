/** PushTelemetry (key 72), version 0: the metrics of a client (KIP-714). */
import type { Broker } from "../broker/broker.ts";
import { pushTelemetryApi } from "../protocol/generated/apis/push_telemetry.ts";
import { clientAttributes } from "./get_telemetry_subscriptions.ts";
import { type Route, route } from "./route.ts";

export function pushTelemetryRoute(broker: Broker): Route {
  return route(pushTelemetryApi, (context, request) => ({
    throttleTimeMs: 0,
    errorCode: broker.telemetry.push(request, clientAttributes(context)),
  }));
}
