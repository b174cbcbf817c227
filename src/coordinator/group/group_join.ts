/** JoinGroup (KIP-62, KIP-345, KIP-394, KIP-814). */
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { JoinGroupRequest } from "../../protocol/generated/join_group_request.ts";
import type { Now } from "../coordinator.ts";
import { ClassicGroup } from "./classic_group.ts";
import { ClassicMember, type MemberSubscription } from "./classic_member.ts";
import type { JoinEvent } from "./group_events.ts";
import {
  answerParked,
  completeJoinIfAllJoined,
  prepareRebalance,
  rebalanceOrCompleteJoin,
} from "./group_rebalance.ts";
import {
  groupAppendError,
  joined,
  joinedAsFollower,
  joinedMembers,
  joinError,
} from "./group_responses.ts";
import { endSession, extendSession, type GroupStep, sessionTimer } from "./group_step.ts";

/** The join of a new member is given up after so long, whatever session it asks for. */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000;

/** A static member took the place of its old self in a stable group; the record is being written. */
export interface StaticReplacement {
  readonly type: "static_replacement";
  readonly event: JoinEvent;
  readonly group: ClassicGroup;
  readonly member: ClassicMember;
  readonly old: ClassicMember;
  readonly oldSubscription: MemberSubscription;
  /** Before the replacement: what old clients are told. */
  readonly leaderId: string | null;
}

export function join(step: GroupStep, event: JoinEvent): void {
  const { request, token } = event;
  const { effects, config, groups } = step;
  const refuse = (errorCode: number, memberId = request.memberId) =>
    effects.reply(token, joinError(errorCode, memberId));
  if (request.groupId === "") return refuse(ErrorCode.INVALID_GROUP_ID);
  const { sessionTimeoutMs } = request;
  if (
    sessionTimeoutMs < config.sessionTimeoutMsMin || sessionTimeoutMs > config.sessionTimeoutMsMax
  ) {
    return refuse(ErrorCode.INVALID_SESSION_TIMEOUT);
  }
  const isUnknownMember = request.memberId === "";
  let group = groups.get(request.groupId);
  if (group === undefined) {
    if (!isUnknownMember) return refuse(ErrorCode.UNKNOWN_MEMBER_ID);
    if (request.protocolType === "" || request.protocols.length === 0) {
      return refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
    }
    group = new ClassicGroup(request.groupId);
    group.stateTimestampMs = step.now.wallMs;
    groups.set(request.groupId, group);
  }
  if (!hasRoom(group, request.memberId, config.groupSizeMax)) {
    return refuse(ErrorCode.GROUP_MAX_SIZE_REACHED, "");
  }
  if (!group.supports(request.protocolType, request.protocols)) {
    return refuse(ErrorCode.INCONSISTENT_GROUP_PROTOCOL);
  }
  if (!isUnknownMember) return joinKnown(step, group, event);
  if (request.groupInstanceId !== null) return joinStatic(step, group, event);
  if (!event.client.requiresKnownMemberId) {
    return addMember(step, group, event, event.client.newMemberId);
  }
  askToReturn(step, group, event);
}

/** Whether the group may have the member, or one more when it is not one yet. */
function hasRoom(group: ClassicGroup, memberId: string, sizeMax: number): boolean {
  switch (group.state) {
    case "Empty":
      return true;
    case "PreparingRebalance":
      // Those who don't rejoin in time make room, so only those who have joined count.
      return group.member(memberId)?.isAwaitingJoin === true || group.awaitingJoinCount < sizeMax;
    case "CompletingRebalance":
    case "Stable":
      return group.member(memberId) !== undefined || group.size < sizeMax;
  }
}

/** The member gets its id and has to come back with it, so that a lost answer leaves no ghost. */
function askToReturn(step: GroupStep, group: ClassicGroup, event: JoinEvent): void {
  const { newMemberId } = event.client;
  const { groupId } = group;
  group.pendingJoins.add(newMemberId);
  step.effects.arm(sessionTimer(groupId, newMemberId), event.request.sessionTimeoutMs, {
    type: "session_due",
    groupId,
    memberId: newMemberId,
  });
  step.effects.reply(event.token, joinError(ErrorCode.MEMBER_ID_REQUIRED, newMemberId));
}

function joinKnown(step: GroupStep, group: ClassicGroup, event: JoinEvent): void {
  const { request, token } = event;
  const { memberId, groupInstanceId } = request;
  if (groupInstanceId === null && group.pendingJoins.has(memberId)) {
    return addMember(step, group, event, memberId);
  }
  const errorCode = group.checkMember(memberId, groupInstanceId);
  const member = group.member(memberId);
  if (errorCode !== ErrorCode.NONE || member === undefined || group.state === "Empty") {
    const refusal = errorCode === ErrorCode.NONE ? ErrorCode.UNKNOWN_MEMBER_ID : errorCode;
    return step.effects.reply(token, joinError(refusal, memberId));
  }
  const isUnchanged = group.state !== "PreparingRebalance" && member.matches(request.protocols);
  const leads = group.leaderId === memberId;
  if (isUnchanged && group.state === "CompletingRebalance") {
    // The answer to its first join was lost.
    return step.effects.reply(token, joined(group, member));
  }
  if (isUnchanged && group.state === "Stable" && !leads) {
    return step.effects.reply(token, joinedAsFollower(group, member));
  }
  rejoin(step, group, member, event);
  rebalanceOrCompleteJoin(step, group);
}

/** Parks the join of a member; an earlier one of the same member is answered first. */
function rejoin(
  step: GroupStep,
  group: ClassicGroup,
  member: ClassicMember,
  event: JoinEvent,
): void {
  const earlier = group.unpark(member);
  if (earlier !== undefined) {
    step.effects.reply(earlier, joinError(ErrorCode.REBALANCE_IN_PROGRESS, member.memberId));
  }
  group.resubscribe(member, subscriptionOf(event.request));
  group.park(member, event.token);
}

function addMember(step: GroupStep, group: ClassicGroup, event: JoinEvent, memberId: string): void {
  const { request, client, token } = event;
  const { groupInstanceId, protocolType } = request;
  const { clientId, clientHost } = client;
  const member = new ClassicMember(
    { memberId, groupInstanceId, clientId, clientHost },
    subscriptionOf(request),
  );
  member.isNew = true;
  member.joinToken = token;
  group.lastJoinMs = step.now.monotonicMs;
  if (group.size === 0) group.protocolType = protocolType;
  if (group.pendingJoins.has(memberId)) step.effects.cancel(sessionTimer(group.groupId, memberId));
  group.add(member);
  // It can't send heartbeats before it is told that it is a member.
  extendSession(step, group, member, NEW_MEMBER_JOIN_TIMEOUT_MS);
  rebalanceOrCompleteJoin(step, group);
}

/** A static member without a member id: new, or back after a restart (KIP-345). */
function joinStatic(step: GroupStep, group: ClassicGroup, event: JoinEvent): void {
  const { request, client } = event;
  const oldId = group.memberIdOfInstance(request.groupInstanceId ?? "");
  const old = oldId === undefined ? undefined : group.member(oldId);
  if (old === undefined) return addMember(step, group, event, client.newMemberId);
  const { leaderId } = group;
  const oldSubscription = old.subscription;
  answerParked(step, group, old, ErrorCode.FENCED_INSTANCE_ID);
  endSession(step, group, old);
  const { clientId, clientHost, newMemberId: memberId } = client;
  const { groupInstanceId } = request;
  const identity = { memberId, groupInstanceId, clientId, clientHost };
  const member = group.replaceStatic(old, identity);
  group.resubscribe(member, subscriptionOf(request));
  extendSession(step, group, member, request.sessionTimeoutMs);
  switch (group.state) {
    case "Stable":
      if (group.protocolName !== group.selectProtocol()) break;
      return writeReplacement(step, { event, group, member, old, oldSubscription, leaderId });
    case "CompletingRebalance":
      // The leader may have been told the old id already, and would assign to nobody.
      group.park(member, event.token);
      return prepareRebalance(step, group);
    default:
      group.park(member, event.token);
      return completeJoinIfAllJoined(step, group);
  }
  group.park(member, event.token);
  prepareRebalance(step, group);
}

function writeReplacement(step: GroupStep, change: Omit<StaticReplacement, "type">): void {
  const { group } = change;
  const value = group.toRecordValue((member) => member.assignment);
  step.effects.records.push({ type: "classic_group", groupId: group.groupId, value });
  step.effects.ticket = { type: "static_replacement", ...change } satisfies StaticReplacement;
}

/** The record of a replacement was written, or could not be: then the old member is back. */
export function staticReplacementSettled(
  step: GroupStep,
  { event, group, member, old, oldSubscription, leaderId }: StaticReplacement,
  errorCode: number,
): void {
  const { effects } = step;
  const { token, client } = event;
  if (errorCode !== ErrorCode.NONE) {
    endSession(step, group, member);
    const restored = group.replaceStatic(member, old);
    group.resubscribe(restored, oldSubscription);
    extendSession(step, group, restored, oldSubscription.sessionTimeoutMs);
    return effects.reply(token, joinError(groupAppendError(errorCode), member.memberId));
  }
  if (!client.supportsSkippingAssignment) {
    // The name of the old leader keeps a client that can't skip from assigning.
    const response = { ...joinedAsFollower(group, member), leader: leaderId ?? "" };
    return effects.reply(token, response, refusal(member));
  }
  const leads = group.leaderId === member.memberId;
  const response = joined(group, member, leads ? joinedMembers(group) : []);
  effects.reply(token, { ...response, skipAssignment: leads }, refusal(member));
}

function refusal(member: ClassicMember): (errorCode: number) => unknown {
  return (errorCode) => joinError(groupAppendError(errorCode), member.memberId);
}

/** A session is over, or an id that was given out has not been used. */
export function sessionDue(step: GroupStep, groupId: string, memberId: string): boolean {
  const group = step.groups.get(groupId);
  if (group === undefined) return false;
  if (group.pendingJoins.delete(memberId)) {
    completeJoinIfAllJoined(step, group);
    return false;
  }
  const member = group.member(memberId);
  if (member === undefined) return false;
  member.timerDueMs = Infinity;
  const { sessionTimeoutMs } = member.subscription;
  const isParked = !member.isNew && (member.isAwaitingJoin || member.isAwaitingSync);
  if (isParked) extendSession(step, group, member, sessionTimeoutMs);
  else if (!isOver(member, step.now)) {
    extendSession(step, group, member, member.sessionDeadlineMs - step.now.monotonicMs);
  } else return true;
  return false;
}

function isOver(member: ClassicMember, now: Now): boolean {
  // Timers may fire a fraction of a millisecond early.
  return member.sessionDeadlineMs - now.monotonicMs < 1;
}

function subscriptionOf(request: JoinGroupRequest): MemberSubscription {
  const { rebalanceTimeoutMs, sessionTimeoutMs, protocols } = request;
  return {
    // Version 0 has one timeout for both.
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
    sessionTimeoutMs,
    protocols,
  };
}
