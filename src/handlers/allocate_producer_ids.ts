/**
 * AllocateProducerIds (key 67), version 0, between brokers.
 *
 * Gives a broker a block of producer ids that nobody else gets. Answered by the active controller.
 */
import type { Broker } from "../broker/broker.ts";
import { allocateProducerIdsApi } from "../protocol/generated/apis/allocate_producer_ids.ts";
import { type Route, route } from "./route.ts";

export function allocateProducerIdsRoute({ controller }: Broker): Route {
  return route(
    allocateProducerIdsApi,
    (_context, request) => controller.allocateProducerIds(request),
  );
}
