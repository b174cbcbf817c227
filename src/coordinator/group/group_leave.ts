/** LeaveGroup (KIP-345: several members, by member id or by instance id). */
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { MemberIdentity } from "../../protocol/generated/leave_group_request.ts";
import type { LeaveGroupResponseInit } from "../../protocol/generated/leave_group_response.ts";
import type { ClassicGroup } from "./classic_group.ts";
import type { LeaveEvent } from "./group_events.ts";
import { afterRemoval, dropMember } from "./group_rebalance.ts";
import { type GroupStep, sessionTimer } from "./group_step.ts";

export function leave(step: GroupStep, { token, groupId, members }: LeaveEvent): void {
  const { effects, groups } = step;
  const group = groups.get(groupId);
  const fail = (errorCode: number) =>
    effects.reply(token, { throttleTimeMs: 0, errorCode, members: [] });
  if (groupId === "") return fail(ErrorCode.INVALID_GROUP_ID);
  if (group === undefined) return fail(ErrorCode.UNKNOWN_MEMBER_ID);
  const results = members.map(({ memberId, groupInstanceId, reason }) => ({
    memberId,
    groupInstanceId,
    errorCode: leaveOne(step, group, { memberId, groupInstanceId, reason }),
  }));
  const response: LeaveGroupResponseInit = {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    members: results,
  };
  effects.reply(token, response);
  if (results.some(({ errorCode }) => errorCode === ErrorCode.NONE)) afterRemoval(step, group);
}

function leaveOne(step: GroupStep, group: ClassicGroup, leaving: MemberIdentity): number {
  const { groupInstanceId } = leaving;
  let { memberId } = leaving;
  if (memberId === "") {
    // An administrator removes a static member by its name.
    memberId = group.memberIdOfInstance(groupInstanceId ?? "") ?? "";
    if (groupInstanceId === null || memberId === "") return ErrorCode.UNKNOWN_MEMBER_ID;
  } else if (group.pendingJoins.delete(memberId)) {
    step.effects.cancel(sessionTimer(group.groupId, memberId));
    return ErrorCode.NONE;
  } else {
    const errorCode = group.checkMember(memberId, groupInstanceId);
    if (errorCode !== ErrorCode.NONE) return errorCode;
  }
  const member = group.member(memberId);
  if (member === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  dropMember(step, group, member, ErrorCode.UNKNOWN_MEMBER_ID);
  return ErrorCode.NONE;
}
