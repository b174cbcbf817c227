/**
 * AlterClientQuotas (key 49), versions 0 and 1.
 *
 * Quotas count from the next request on. An `ip` must be an address; Kafka takes host names, too.
 */
import type { Broker } from "../broker/broker.ts";
import { alterClientQuotas } from "../metadata/client_quotas.ts";
import { alterClientQuotasApi } from "../protocol/generated/apis/alter_client_quotas.ts";
import { type Route, route } from "./route.ts";

export function alterClientQuotasRoute(broker: Broker): Route {
  return route(
    alterClientQuotasApi,
    (_context, request) => broker.decisions.decide((image) => alterClientQuotas(image, request)),
  );
}
