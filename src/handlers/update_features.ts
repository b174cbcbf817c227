/**
 * UpdateFeatures (key 57), versions 0 to 2.
 *
 * Finalizes feature levels; all of a request, or none (KIP-584).
 */
import type { Broker } from "../broker/broker.ts";
import { updateFeatures } from "../metadata/features.ts";
import { updateFeaturesApi } from "../protocol/generated/apis/update_features.ts";
import { type Route, route } from "./route.ts";

export function updateFeaturesRoute(broker: Broker): Route {
  return route(
    updateFeaturesApi,
    (context, request) =>
      broker.decisions.decide((image) => updateFeatures(image, request, context.apiVersion)),
  );
}
