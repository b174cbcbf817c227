/**
 * AlterConfigs (key 33), versions 0 to 2.
 *
 * The older form: what is named is the whole configuration of a resource, the rest goes back to
 * its default.
 */
import type { Broker } from "../broker/broker.ts";
import { alterConfigs } from "../metadata/alter_configs.ts";
import { alterConfigsApi } from "../protocol/generated/apis/alter_configs.ts";
import { type Route, route } from "./route.ts";

export function alterConfigsRoute(broker: Broker): Route {
  return route(
    alterConfigsApi,
    (_context, request) =>
      broker.decisions.decide((image) => alterConfigs(image, request, broker.configContext)),
  );
}
