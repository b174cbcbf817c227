/**
 * ElectLeaders (key 43), versions 0 to 2.
 *
 * Preferred and unclean elections. Version 0 knows the preferred one only.
 */
import type { Broker } from "../broker/broker.ts";
import { electLeaders } from "../metadata/leader_election.ts";
import { electLeadersApi } from "../protocol/generated/apis/elect_leaders.ts";
import { type Route, route } from "./route.ts";

export function electLeadersRoute(broker: Broker): Route {
  return route(
    electLeadersApi,
    (context, request) =>
      broker.decisions.decide((image) => electLeaders(image, request, context.apiVersion)),
  );
}
