/**
 * ListConfigResources (key 74), versions 0 and 1.
 *
 * Version 0 lists client-metrics subscriptions, version 1 any kind of resource (KIP-1142).
 */
import type { Broker } from "../broker/broker.ts";
import { listConfigResources } from "../metadata/config_resources.ts";
import { listConfigResourcesApi } from "../protocol/generated/apis/list_config_resources.ts";
import { type Route, route } from "./route.ts";

export function listConfigResourcesRoute(broker: Broker): Route {
  return route(
    listConfigResourcesApi,
    (context, request) => listConfigResources(broker.quorum.image, request, context.apiVersion),
  );
}
