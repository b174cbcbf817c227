/**
 * SyncGroup (key 14), versions 0 to 5.
 *
 * The leader's is answered when its assignment is committed; the others' are parked until then.
 */
import type { Broker } from "../broker/broker.ts";
import { syncError } from "../coordinator/group/group_responses.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { syncGroupApi } from "../protocol/generated/apis/sync_group.ts";
import type { SyncGroupRequest } from "../protocol/generated/sync_group_request.ts";
import type { SyncGroupResponseInit } from "../protocol/generated/sync_group_response.ts";
import { type Reply, type RequestContext, type Route, route } from "./route.ts";

/** From it on a member has to say which protocol it has been told. */
const PROTOCOL_REQUIRED_FROM = 5;

export function syncGroupRoute(broker: Broker): Route {
  return route(syncGroupApi, (context, request) => syncGroup(broker, context, request));
}

function syncGroup(
  broker: Broker,
  context: RequestContext,
  request: SyncGroupRequest,
): Reply<SyncGroupResponseInit> {
  const lacksProtocol = request.protocolType === null || request.protocolName === null;
  if (context.apiVersion >= PROTOCOL_REQUIRED_FROM && lacksProtocol) {
    return syncError(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  }
  const shard = broker.groups.find(request.groupId);
  if (typeof shard === "number") {
    // Kafka has a member rejoin that comes while the coordinator loads.
    const isLoading = shard === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
    return syncError(isLoading ? ErrorCode.REBALANCE_IN_PROGRESS : shard);
  }
  return shard.ask<SyncGroupResponseInit>((token) => ({ type: "sync", token, request }));
}
