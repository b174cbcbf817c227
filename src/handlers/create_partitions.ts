/**
 * CreatePartitions (key 37), versions 0 to 3.
 *
 * Adds partitions to topics; what is there stays where it is. In version 3 a client that is above
 * its `controller_mutation_rate` is refused (KIP-599).
 */
import type { Broker } from "../broker/broker.ts";
import { createPartitions } from "../metadata/partitions.ts";
import { createPartitionsApi } from "../protocol/generated/apis/create_partitions.ts";
import { type Route, route } from "./route.ts";
import { withPartitionPermits } from "./throttling.ts";

const REFUSES_FROM = 3;

export function createPartitionsRoute(broker: Broker): Route {
  return route(createPartitionsApi, (context, request) => {
    const placement = broker.topicCreation.placement();
    return withPartitionPermits(broker, context, REFUSES_FROM, (permits) => {
      const minimums = { ...broker.configContext, layers: broker.partitions.layers };
      const growth = { ...placement, permits, minimums };
      return broker.decisions.decide((image) => createPartitions(image, request, growth));
    });
  });
}
