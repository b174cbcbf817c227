/** SyncGroup and Heartbeat. */
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { SyncGroupRequest } from "../../protocol/generated/sync_group_request.ts";
import type { ClassicGroup } from "./classic_group.ts";
import type { ClassicMember } from "./classic_member.ts";
import type { SyncEvent } from "./group_events.ts";
import { prepareRebalance, refuseSyncs } from "./group_rebalance.ts";
import { groupAppendError, synced, syncError } from "./group_responses.ts";
import { extendSession, type GroupStep, syncTimer } from "./group_step.ts";

const NO_BYTES = new Uint8Array(0);

/** The leader's assignment is being written. */
export interface AssignmentWrite {
  readonly type: "assignment";
  readonly group: ClassicGroup;
  readonly generationId: number;
  readonly assignments: ReadonlyMap<string, Uint8Array>;
}

export function sync(step: GroupStep, { request, token }: SyncEvent): void {
  const { effects, groups } = step;
  const group = groups.get(request.groupId);
  const member = group?.member(request.memberId);
  const errorCode = request.groupId === ""
    ? ErrorCode.INVALID_GROUP_ID
    : group === undefined
    ? ErrorCode.UNKNOWN_MEMBER_ID
    : syncProblem(group, request);
  if (errorCode !== ErrorCode.NONE || group === undefined || member === undefined) {
    return effects.reply(token, syncError(errorCode || ErrorCode.UNKNOWN_MEMBER_ID));
  }
  switch (group.state) {
    case "Empty":
      return effects.reply(token, syncError(ErrorCode.UNKNOWN_MEMBER_ID));
    case "PreparingRebalance":
      return effects.reply(token, syncError(ErrorCode.REBALANCE_IN_PROGRESS));
    case "Stable":
      noteSynced(step, group, member);
      return effects.reply(token, synced(group, member));
    case "CompletingRebalance":
      if (member.isAwaitingSync) {
        effects.reply(member.syncToken, syncError(ErrorCode.REBALANCE_IN_PROGRESS));
      }
      member.syncToken = token;
      noteSynced(step, group, member);
      if (group.leaderId === member.memberId) writeAssignment(step, group, request);
  }
}

function syncProblem(group: ClassicGroup, request: SyncGroupRequest): number {
  const { memberId, groupInstanceId, generationId, protocolType, protocolName } = request;
  const memberError = group.checkMember(memberId, groupInstanceId);
  if (memberError !== ErrorCode.NONE) return memberError;
  if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION;
  const isOther = (told: string | null, own: string | null) =>
    told !== null && own !== null && told !== own;
  return isOther(protocolType, group.protocolType) || isOther(protocolName, group.protocolName)
    ? ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    : ErrorCode.NONE;
}

function noteSynced(step: GroupStep, group: ClassicGroup, member: ClassicMember): void {
  group.pendingSyncs.delete(member.memberId);
  if (group.pendingSyncs.size === 0) step.effects.cancel(syncTimer(group.groupId));
}

/** Members that the leader left out get no bytes. */
function writeAssignment(step: GroupStep, group: ClassicGroup, request: SyncGroupRequest): void {
  const assignments = new Map<string, Uint8Array>();
  for (const { memberId, assignment } of request.assignments) assignments.set(memberId, assignment);
  const { effects } = step;
  const { groupId, generationId } = group;
  const value = group.toRecordValue(({ memberId }) => assignments.get(memberId) ?? NO_BYTES);
  const currentStateTimestamp = step.now.wallMs;
  effects.records.push({
    type: "classic_group",
    groupId,
    value: { ...value, currentStateTimestamp },
  });
  effects.ticket = {
    type: "assignment",
    group,
    generationId,
    assignments,
  } satisfies AssignmentWrite;
}

/** The assignment is in the log: the group is stable. Or it is not, and the members begin anew. */
export function assignmentSettled(
  step: GroupStep,
  { group, generationId, assignments }: AssignmentWrite,
  errorCode: number,
): void {
  if (group.state !== "CompletingRebalance" || group.generationId !== generationId) return;
  if (errorCode !== ErrorCode.NONE) {
    refuseSyncs(step, group, groupAppendError(errorCode));
    return prepareRebalance(step, group);
  }
  group.transitionTo("Stable", step.now.wallMs);
  for (const member of group.members()) {
    member.assignment = assignments.get(member.memberId) ?? NO_BYTES;
    if (!member.isAwaitingSync) continue;
    const token = member.syncToken;
    member.syncToken = undefined;
    extendSession(step, group, member, member.subscription.sessionTimeoutMs);
    step.effects.reply(
      token,
      synced(group, member),
      (refused) => syncError(groupAppendError(refused)),
    );
  }
}

/** Heartbeat: keeps the session and tells whether to rejoin. Allocates nothing. */
export function heartbeat(
  group: ClassicGroup | undefined,
  memberId: string,
  groupInstanceId: string | null,
  generationId: number,
  monotonicMs: number,
): number {
  if (group === undefined) return ErrorCode.UNKNOWN_MEMBER_ID;
  const memberError = group.checkMember(memberId, groupInstanceId);
  if (memberError !== ErrorCode.NONE) return memberError;
  if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION;
  const member = group.member(memberId);
  if (member === undefined || group.state === "Empty") return ErrorCode.UNKNOWN_MEMBER_ID;
  member.sessionDeadlineMs = monotonicMs + member.subscription.sessionTimeoutMs;
  return group.state === "PreparingRebalance" ? ErrorCode.REBALANCE_IN_PROGRESS : ErrorCode.NONE;
}
