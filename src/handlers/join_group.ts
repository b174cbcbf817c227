/**
 * JoinGroup (key 11), versions 0 to 9.
 *
 * Parked until the group has a new generation; meanwhile the connection waits, as in Kafka.
 */
import type { Broker } from "../broker/broker.ts";
import { joinError } from "../coordinator/group/group_responses.ts";
import { joinGroupApi } from "../protocol/generated/apis/join_group.ts";
import type { JoinGroupRequest } from "../protocol/generated/join_group_request.ts";
import type { JoinGroupResponseInit } from "../protocol/generated/join_group_response.ts";
import { type Reply, type RequestContext, type Route, route } from "./route.ts";

const KNOWN_MEMBER_ID_FROM = 4;
/** Before it the name of the protocol can't be null. */
const NULL_PROTOCOL_FROM = 7;
const SKIP_ASSIGNMENT_FROM = 9;

export function joinGroupRoute(broker: Broker): Route {
  return route(joinGroupApi, (context, request) => joinGroup(broker, context, request));
}

function joinGroup(
  broker: Broker,
  context: RequestContext,
  request: JoinGroupRequest,
): Reply<JoinGroupResponseInit> {
  const { apiVersion, clientId, connection } = context;
  const shard = broker.groups.find(request.groupId);
  if (typeof shard === "number") {
    return forVersion(apiVersion, joinError(shard, request.memberId));
  }
  const client = {
    clientId,
    clientHost: `/${connection.remoteHost}`,
    newMemberId: broker.groups.newMemberId(request.groupInstanceId ?? clientId),
    requiresKnownMemberId: apiVersion >= KNOWN_MEMBER_ID_FROM,
    supportsSkippingAssignment: apiVersion >= SKIP_ASSIGNMENT_FROM,
  };
  return shard
    .ask<JoinGroupResponseInit>((token) => ({ type: "join", token, request, client }))
    .then((response) => forVersion(apiVersion, response));
}

function forVersion(apiVersion: number, response: JoinGroupResponseInit): JoinGroupResponseInit {
  return apiVersion >= NULL_PROTOCOL_FROM || response.protocolName !== null
    ? response
    : { ...response, protocolName: "" };
}
