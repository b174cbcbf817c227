/**
 * DescribeConfigs (key 32), versions 1 to 4.
 *
 * Topics, brokers, groups and client-metrics subscriptions: values, sources, synonyms, types and
 * documentation.
 */
import type { Broker } from "../broker/broker.ts";
import { describeConfigs } from "../metadata/describe_configs.ts";
import { describeConfigsApi } from "../protocol/generated/apis/describe_configs.ts";
import { type Route, route } from "./route.ts";

export function describeConfigsRoute(broker: Broker): Route {
  return route(
    describeConfigsApi,
    (_context, request) => describeConfigs(broker.quorum.image, request, broker.configContext),
  );
}
