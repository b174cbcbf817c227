/**
 * LeaveGroup (key 13), versions 0 to 5.
 *
 * From version 3 on several members, each with its own error; before, one, whose error is the
 * response's.
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { leaveGroupApi } from "../protocol/generated/apis/leave_group.ts";
import type { LeaveGroupRequest } from "../protocol/generated/leave_group_request.ts";
import type { LeaveGroupResponseInit } from "../protocol/generated/leave_group_response.ts";
import { type RequestContext, type Route, route } from "./route.ts";

const MEMBER_LIST_FROM = 3;

export function leaveGroupRoute(broker: Broker): Route {
  return route(leaveGroupApi, (context, request) => leaveGroup(broker, context, request));
}

async function leaveGroup(
  broker: Broker,
  context: RequestContext,
  request: LeaveGroupRequest,
): Promise<LeaveGroupResponseInit> {
  const { groupId } = request;
  const shard = broker.groups.find(groupId);
  if (typeof shard === "number") return { throttleTimeMs: 0, errorCode: shard, members: [] };
  const hasList = context.apiVersion >= MEMBER_LIST_FROM;
  const members = hasList
    ? request.members
    : [{ memberId: request.memberId, groupInstanceId: null, reason: null }];
  const response = await shard.ask<LeaveGroupResponseInit>((token) => ({
    type: "leave",
    token,
    groupId,
    members,
  }));
  if (hasList || response.errorCode !== ErrorCode.NONE) return response;
  const errorCode = response.members[0]?.errorCode ?? ErrorCode.NONE;
  return { throttleTimeMs: 0, errorCode, members: [] };
}
