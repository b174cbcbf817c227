/**
 * AlterPartitionReassignments (key 45), versions 0 and 1.
 *
 * Moves replicas between brokers, changes how many there are, or cancels that. Answered when the
 * move has begun; ListPartitionReassignments tells when it is over.
 */
import type { Broker } from "../broker/broker.ts";
import { brokerLayers } from "../metadata/config_resources.ts";
import { alterPartitionReassignments } from "../metadata/reassignments.ts";
import { alterPartitionReassignmentsApi } from "../protocol/generated/apis/alter_partition_reassignments.ts";
import { type Route, route } from "./route.ts";

export function alterPartitionReassignmentsRoute(broker: Broker): Route {
  return route(
    alterPartitionReassignmentsApi,
    (_context, request) =>
      broker.decisions.decide((image) =>
        alterPartitionReassignments(image, request, brokerLayers(image, broker.configContext))
      ),
  );
}
