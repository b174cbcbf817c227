/**
 * Heartbeat (key 12), versions 0 to 4.
 *
 * Answered at once and from memory. While the coordinator loads, every heartbeat succeeds: nobody
 * is to leave a group because a broker has started.
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { heartbeatApi } from "../protocol/generated/apis/heartbeat.ts";
import type { HeartbeatRequest } from "../protocol/generated/heartbeat_request.ts";
import { type Route, route } from "./route.ts";

export function heartbeatRoute(broker: Broker): Route {
  return route(heartbeatApi, (_context, request) => ({
    throttleTimeMs: 0,
    errorCode: heartbeat(broker, request),
  }));
}

function heartbeat(broker: Broker, request: HeartbeatRequest): number {
  const { groupId, memberId, groupInstanceId, generationId } = request;
  if (groupId === "") return ErrorCode.INVALID_GROUP_ID;
  const shard = broker.groups.find(groupId);
  if (typeof shard === "number") {
    return shard === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS ? ErrorCode.NONE : shard;
  }
  return shard.machine.heartbeat(groupId, memberId, groupInstanceId, generationId, shard.now());
}
