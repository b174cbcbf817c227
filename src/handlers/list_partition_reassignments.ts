/**
 * ListPartitionReassignments (key 46), version 0.
 */
import type { Broker } from "../broker/broker.ts";
import { listPartitionReassignments } from "../metadata/reassignments.ts";
import { listPartitionReassignmentsApi } from "../protocol/generated/apis/list_partition_reassignments.ts";
import { type Route, route } from "./route.ts";

export function listPartitionReassignmentsRoute(broker: Broker): Route {
  return route(
    listPartitionReassignmentsApi,
    (_context, request) => listPartitionReassignments(broker.quorum.image, request),
  );
}
