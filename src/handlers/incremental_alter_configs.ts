/**
 * IncrementalAlterConfigs (key 44), versions 0 and 1.
 *
 * Sets, deletes, appends to and subtracts from single keys (KIP-339).
 */
import type { Broker } from "../broker/broker.ts";
import { incrementalAlterConfigs } from "../metadata/alter_configs.ts";
import { incrementalAlterConfigsApi } from "../protocol/generated/apis/incremental_alter_configs.ts";
import { type Route, route } from "./route.ts";

export function incrementalAlterConfigsRoute(broker: Broker): Route {
  return route(
    incrementalAlterConfigsApi,
    (_context, request) =>
      broker.decisions.decide((image) =>
        incrementalAlterConfigs(image, request, broker.configContext)
      ),
  );
}
