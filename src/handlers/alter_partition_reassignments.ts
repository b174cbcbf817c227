/**
 * AlterPartitionReassignments (key 45), versions 0 and 1.
 *
 * One broker has nowhere to move replicas to. What may be asked for stands with the decision.
 */
import type { Broker } from "../broker/broker.ts";
import { alterPartitionReassignments } from "../metadata/reassignments.ts";
import { alterPartitionReassignmentsApi } from "../protocol/generated/apis/alter_partition_reassignments.ts";
import { type Route, route } from "./route.ts";

export function alterPartitionReassignmentsRoute(broker: Broker): Route {
  return route(
    alterPartitionReassignmentsApi,
    (_context, request) =>
      broker.decisions.decide((image) => alterPartitionReassignments(image, request)),
  );
}
