import { EffectsBuilder, type Now } from "../coordinator.ts";
import type { ClassicGroup } from "./classic_group.ts";
import type { ClassicMember } from "./classic_member.ts";
import type { CommittedOffsets } from "./committed_offsets.ts";
import type { GroupConfig } from "./group_config.ts";
import type { GroupEvent } from "./group_events.ts";
import type { GroupRecord } from "./group_records.ts";

/** Effects of a group coordinator. */
export type GroupEffects = EffectsBuilder<GroupEvent, GroupRecord>;

/** What all steps of a shard work on. */
export interface GroupShardState {
  readonly config: GroupConfig;
  /** Every group that exists, with what lives in memory only. */
  readonly groups: Map<string, ClassicGroup>;
  readonly offsets: CommittedOffsets;
}

/** One step: the state, the time, and the effects so far. */
export interface GroupStep extends GroupShardState {
  readonly now: Now;
  readonly effects: GroupEffects;
}

/** A step over `state` without effects yet. */
export function beginStep(state: GroupShardState, now: Now): GroupStep {
  const { config, groups, offsets } = state;
  return { config, groups, offsets, now, effects: new EffectsBuilder() };
}

/** The timer of a group's rebalance. */
export function joinTimer(groupId: string): string {
  return `join:${groupId}`;
}

/** The timer of the SyncGroups of a generation. */
export function syncTimer(groupId: string): string {
  return `sync:${groupId}`;
}

/** The timer of a member's session. The length keeps the two ids apart. */
export function sessionTimer(groupId: string, memberId: string): string {
  return `session:${groupId.length}:${groupId}${memberId}`;
}

/**
 * Gives the member `timeoutMs` from now. Its timer stays where it is when it fires earlier: then it
 * finds the deadline moved and arms itself anew, so that a heartbeat touches no timer.
 */
export function extendSession(
  step: GroupStep,
  group: ClassicGroup,
  member: ClassicMember,
  timeoutMs: number,
): void {
  member.sessionDeadlineMs = step.now.monotonicMs + timeoutMs;
  if (member.timerDueMs <= member.sessionDeadlineMs) return;
  member.timerDueMs = member.sessionDeadlineMs;
  const { groupId } = group;
  const { memberId } = member;
  const event = { type: "session_due", groupId, memberId } as const;
  step.effects.arm(sessionTimer(groupId, memberId), timeoutMs, event);
}

/** The member is gone: so is its timer. */
export function endSession(step: GroupStep, group: ClassicGroup, member: ClassicMember): void {
  if (member.timerDueMs === Infinity) return;
  member.timerDueMs = Infinity;
  step.effects.cancel(sessionTimer(group.groupId, member.memberId));
}
