/**
 * JoinCluster (private key 20040): a data directory that belongs to no cluster gets its place.
 *
 * Decided by the active controller; another broker hands the request on.
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { joinClusterApi } from "../protocol/generated/apis/cluster/join_cluster.ts";
import { type Route, route } from "./route.ts";

export function joinClusterRoute(broker: Broker): Route {
  return route(joinClusterApi, async (_context, request) => {
    const { directoryId, requestedBrokerId: requestedId } = request;
    const { clusterId } = broker.identity;
    const joining = { directoryId, requestedId };
    const { errorCode, brokerId } = await broker.controller.assignBrokerId(joining);
    const errorMessage = messageFor(errorCode, requestedId);
    return { errorCode, errorMessage, clusterId, brokerId };
  });
}

function messageFor(errorCode: number, brokerId: number): string | null {
  switch (errorCode) {
    case ErrorCode.NONE:
      return null;
    case ErrorCode.INVALID_REGISTRATION:
      return `the data directory is that of another broker than ${brokerId}; leave node.id out`;
    default:
      return `broker ${brokerId} is part of the cluster already; choose another node.id, or ` +
        "leave it out";
  }
}
