/**
 * DescribeClientQuotas (key 48), versions 0 and 1.
 */
import type { Broker } from "../broker/broker.ts";
import { describeClientQuotas } from "../metadata/describe_client_quotas.ts";
import { describeClientQuotasApi } from "../protocol/generated/apis/describe_client_quotas.ts";
import { type Route, route } from "./route.ts";

export function describeClientQuotasRoute(broker: Broker): Route {
  return route(
    describeClientQuotasApi,
    (_context, request) => describeClientQuotas(broker.quorum.image, request),
  );
}
