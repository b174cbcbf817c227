/**
 * CreatePartitions (key 37), versions 0 to 3.
 *
 * Adds partitions to topics; what is there stays where it is.
 */
import type { Broker } from "../broker/broker.ts";
import { createPartitions } from "../metadata/partitions.ts";
import { createPartitionsApi } from "../protocol/generated/apis/create_partitions.ts";
import { type Route, route } from "./route.ts";

export function createPartitionsRoute(broker: Broker): Route {
  return route(createPartitionsApi, (_context, request) => {
    const placement = broker.topicCreation.placement();
    return broker.decisions.decide((image) => createPartitions(image, request, placement));
  });
}
