/**
 * AlterPartition (key 56), versions 2 and 3, between brokers.
 *
 * Leaders change the in-sync sets of their partitions. Answered by the active controller, once the
 * change is committed.
 */
import type { Broker } from "../broker/broker.ts";
import { alterPartitionApi } from "../protocol/generated/apis/alter_partition.ts";
import { type Route, route } from "./route.ts";

export function alterPartitionRoute({ controller }: Broker): Route {
  return route(
    alterPartitionApi,
    (context, request) => controller.alterPartition(request, context.apiVersion),
  );
}
