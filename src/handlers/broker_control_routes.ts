import type { Broker } from "../broker/broker.ts";
import { allocateProducerIdsRoute } from "./allocate_producer_ids.ts";
import { alterPartitionRoute } from "./alter_partition.ts";
import { brokerHeartbeatRoute } from "./broker_heartbeat.ts";
import { brokerRegistrationRoute } from "./broker_registration.ts";
import type { Route } from "./route.ts";

/**
 * The APIs by which brokers speak to the active controller, in the order of the keys. Replicas are
 * not assigned to directories (key 73): a broker has one.
 */
export function brokerControlRoutes(broker: Broker): readonly Route[] {
  return [
    alterPartitionRoute(broker),
    brokerRegistrationRoute(broker),
    brokerHeartbeatRoute(broker),
    allocateProducerIdsRoute(broker),
  ];
}
