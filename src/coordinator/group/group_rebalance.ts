/** The rebalance of a classic group: from the first rejoin to the answers of a new generation. */
import { invariant } from "../../base/invariant.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { ClassicGroup } from "./classic_group.ts";
import type { ClassicMember } from "./classic_member.ts";
import { joined, joinError, syncError } from "./group_responses.ts";
import { endSession, extendSession, type GroupStep, joinTimer, syncTimer } from "./group_step.ts";

/** Something changed that the members must agree on: begins a rebalance or completes it. */
export function rebalanceOrCompleteJoin(step: GroupStep, group: ClassicGroup): void {
  if (group.state === "PreparingRebalance") completeJoinIfAllJoined(step, group);
  else prepareRebalance(step, group);
}

/** Makes every member rejoin. An empty group waits a while for more first members. */
export function prepareRebalance(step: GroupStep, group: ClassicGroup): void {
  invariant(group.state !== "PreparingRebalance", "a rebalance begins within another");
  const { effects, config, now } = step;
  if (group.state === "CompletingRebalance") {
    for (const member of group.members()) member.assignment = new Uint8Array(0);
    refuseSyncs(step, group, ErrorCode.REBALANCE_IN_PROGRESS);
  }
  group.pendingSyncs.clear();
  effects.cancel(syncTimer(group.groupId));
  const isInitial = group.state === "Empty";
  group.transitionTo("PreparingRebalance", now.wallMs);
  const { groupId } = group;
  if (isInitial) {
    const delayMs = config.initialRebalanceDelayMs;
    const remainingMs = Math.max(group.rebalanceTimeoutMs() - delayMs, 0);
    if (delayMs === 0) return completeJoin(step, group);
    const event = { type: "initial_join_due", groupId, remainingMs } as const;
    effects.arm(joinTimer(groupId), delayMs, event);
  } else if (group.hasAllMembersJoined) completeJoin(step, group);
  else armJoinTimer(step, group);
}

/** The delay of an initial rebalance is over: it begins anew with each member that comes. */
export function initialJoinDue(
  step: GroupStep,
  group: ClassicGroup,
  remainingMs: number,
): void {
  if (group.state !== "PreparingRebalance") return;
  const { config, now, effects } = step;
  const { groupId } = group;
  const wantedMs = group.lastJoinMs + config.initialRebalanceDelayMs - now.monotonicMs;
  const delayMs = Math.min(wantedMs, remainingMs);
  // Timers may fire a fraction of a millisecond early.
  if (delayMs < 1) return completeJoin(step, group);
  const event = { type: "initial_join_due", groupId, remainingMs: remainingMs - delayMs } as const;
  effects.arm(joinTimer(groupId), delayMs, event);
}

/** The time for rejoining is over. */
export function joinDue(step: GroupStep, group: ClassicGroup): void {
  if (group.state === "PreparingRebalance") completeJoin(step, group);
}

/** Completes the join phase when it waits for nobody; an initial rebalance waits for its delay. */
export function completeJoinIfAllJoined(step: GroupStep, group: ClassicGroup): void {
  const mayComplete = group.state === "PreparingRebalance" && group.previousState !== "Empty";
  if (mayComplete && group.hasAllMembersJoined) completeJoin(step, group);
}

/** Members that never sent their SyncGroup are removed, and the others share out anew. */
export function syncDue(step: GroupStep, group: ClassicGroup, generationId: number): void {
  if (group.generationId !== generationId || group.pendingSyncs.size === 0) return;
  if (group.state !== "CompletingRebalance" && group.state !== "Stable") return;
  for (const memberId of [...group.pendingSyncs]) {
    const member = group.member(memberId);
    if (member !== undefined) dropMember(step, group, member, ErrorCode.UNKNOWN_MEMBER_ID);
  }
  prepareRebalance(step, group);
}

/** Removes a member; what it waits for is answered with `errorCode`. */
export function dropMember(
  step: GroupStep,
  group: ClassicGroup,
  member: ClassicMember,
  errorCode: number,
): void {
  answerParked(step, group, member, errorCode);
  endSession(step, group, member);
  group.remove(member.memberId);
}

/** After a member is gone: the others rebalance, or need not wait for it any more. */
export function afterRemoval(step: GroupStep, group: ClassicGroup): void {
  switch (group.state) {
    case "Stable":
    case "CompletingRebalance":
      return prepareRebalance(step, group);
    case "PreparingRebalance":
      return completeJoinIfAllJoined(step, group);
    case "Empty":
      return;
  }
}

/** Answers the parked JoinGroup and SyncGroup of a member with `errorCode`. */
export function answerParked(
  step: GroupStep,
  group: ClassicGroup,
  member: ClassicMember,
  errorCode: number,
): void {
  const joinToken = group.unpark(member);
  if (joinToken !== undefined) {
    step.effects.reply(joinToken, joinError(errorCode, member.memberId));
  }
  refuseSync(step, member, errorCode);
}

/** Answers every parked SyncGroup with `errorCode`. */
export function refuseSyncs(step: GroupStep, group: ClassicGroup, errorCode: number): void {
  for (const member of group.members()) refuseSync(step, member, errorCode);
}

function refuseSync(step: GroupStep, member: ClassicMember, errorCode: number): void {
  if (!member.isAwaitingSync) return;
  step.effects.reply(member.syncToken, syncError(errorCode));
  member.syncToken = undefined;
}

function armJoinTimer(step: GroupStep, group: ClassicGroup): void {
  const { groupId } = group;
  const event = { type: "join_due", groupId } as const;
  step.effects.arm(joinTimer(groupId), group.rebalanceTimeoutMs(), event);
}

/** Begins the next generation with those who joined; dynamic members that did not are out. */
function completeJoin(step: GroupStep, group: ClassicGroup): void {
  const { effects, now } = step;
  effects.cancel(joinTimer(group.groupId));
  for (const member of [...group.members()]) {
    if (!member.isStatic && !member.isAwaitingJoin) {
      dropMember(step, group, member, ErrorCode.UNKNOWN_MEMBER_ID);
    }
  }
  if (group.size > 0 && !group.electJoinedLeader()) {
    // Static members alone are left, and none is back: their sessions decide.
    return armJoinTimer(step, group);
  }
  group.nextGeneration(now.wallMs);
  if (group.size === 0) {
    // A failed append only means that an old generation is loaded, whose members expire again.
    const value = group.toRecordValue((member) => member.assignment);
    effects.records.push({ type: "classic_group", groupId: group.groupId, value });
    return;
  }
  answerJoins(step, group);
  const { groupId, generationId } = group;
  const event = { type: "sync_due", groupId, generationId } as const;
  effects.arm(syncTimer(groupId), group.rebalanceTimeoutMs(), event);
}

function answerJoins(step: GroupStep, group: ClassicGroup): void {
  for (const member of group.members()) {
    const token = group.unpark(member);
    if (token !== undefined) step.effects.reply(token, joined(group, member));
    // A static member that is away keeps the session that it has.
    if (token !== undefined) {
      extendSession(step, group, member, member.subscription.sessionTimeoutMs);
    }
    member.isNew = false;
    group.pendingSyncs.add(member.memberId);
  }
}
