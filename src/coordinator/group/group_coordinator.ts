import { unreachable } from "../../base/invariant.ts";
import { type Uuid, ZERO_UUID } from "../../base/uuid.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { GroupMetadataValue } from "../../protocol/generated/group_coordinator/group_metadata_value.ts";
import type { OffsetCommitValue } from "../../protocol/generated/group_coordinator/offset_commit_value.ts";
import type { CoordinatorMachine, Effects, Now, RecordProducer, Reply } from "../coordinator.ts";
import { ClassicGroup } from "./classic_group.ts";
import { CommittedOffsets, type GroupOffsets } from "./committed_offsets.ts";
import type { GroupConfig } from "./group_config.ts";
import type { DeleteGroupEvent, GroupEvent } from "./group_events.ts";
import {
  join,
  sessionDue,
  type StaticReplacement,
  staticReplacementSettled,
} from "./group_join.ts";
import { leave } from "./group_leave.ts";
import {
  commitOffsets,
  deleteGroupRecords,
  deleteOffsets,
  dropTopicOffsets,
  expireOffsets,
} from "./group_offsets.ts";
import {
  afterRemoval,
  answerParked,
  dropMember,
  initialJoinDue,
  joinDue,
  prepareRebalance,
  syncDue,
} from "./group_rebalance.ts";
import { groupAppendError } from "./group_responses.ts";
import type { GroupRecord } from "./group_records.ts";
import { beginStep, extendSession, type GroupShardState, type GroupStep } from "./group_step.ts";
import { assignmentSettled, type AssignmentWrite, heartbeat, sync } from "./group_sync.ts";

/** Effects of a {@link GroupCoordinator}. */
type GroupCoordinatorEffects = Effects<GroupEvent, GroupRecord>;

/** Durable state: what replaying the records makes. */
export interface DurableGroups {
  readonly groups: ReadonlyMap<string, GroupMetadataValue>;
  readonly offsets: CommittedOffsets;
}

/**
 * The groups whose ids one partition of `__consumer_offsets` looks after, and their committed
 * offsets. Classic groups and groups that only commit; other kinds are refused by who asks.
 */
export class GroupCoordinator implements CoordinatorMachine<GroupEvent, GroupRecord> {
  readonly #state: GroupShardState;
  readonly #recorded = new Map<string, GroupMetadataValue>();
  #isLoaded = false;

  constructor(config: GroupConfig) {
    this.#state = { config, groups: new Map(), offsets: new CommittedOffsets() };
  }

  step(event: GroupEvent, now: Now): GroupCoordinatorEffects {
    const step = beginStep(this.#state, now);
    this.#handle(step, event);
    return step.effects;
  }

  settled(ticket: unknown, errorCode: number, now: Now): GroupCoordinatorEffects {
    const step = beginStep(this.#state, now);
    const write = ticket as AssignmentWrite | StaticReplacement;
    if (write.type === "assignment") assignmentSettled(step, write, errorCode);
    else staticReplacementSettled(step, write, errorCode);
    return step.effects;
  }

  replay(record: GroupRecord, producer: RecordProducer | undefined): void {
    const { groups, offsets } = this.#state;
    const { groupId } = record;
    if (record.type === "offset") {
      offsets.replay(record, producer);
      const makesGroup = this.#isLoaded && record.value !== null && !groups.has(groupId);
      if (makesGroup) groups.set(groupId, new ClassicGroup(groupId));
    } else if (record.value === null) {
      this.#recorded.delete(groupId);
      groups.delete(groupId);
    } else this.#recorded.set(groupId, record.value);
  }

  replayMarker(producer: RecordProducer, committed: boolean): void {
    this.#state.offsets.replayMarker(producer, committed);
  }

  /** Members that the log knows get a session anew: what they did since it was written is unknown. */
  loaded(now: Now): GroupCoordinatorEffects {
    this.#isLoaded = true;
    const step = beginStep(this.#state, now);
    const { groups, offsets, config } = this.#state;
    for (const [groupId, value] of this.#recorded) {
      const group = ClassicGroup.restore(groupId, value);
      groups.set(groupId, group);
      for (const member of group.members()) {
        extendSession(step, group, member, member.subscription.sessionTimeoutMs);
      }
      // The limit may have been lowered while the broker was down.
      if (group.size > config.groupSizeMax) prepareRebalance(step, group);
    }
    for (const groupId of offsets.allGroupIds()) {
      if (!groups.has(groupId)) groups.set(groupId, new ClassicGroup(groupId));
    }
    return step.effects;
  }

  unloaded(): readonly Reply[] {
    const step = beginStep(this.#state, { wallMs: 0, monotonicMs: 0 });
    for (const group of this.#state.groups.values()) {
      for (const member of group.members()) {
        answerParked(step, group, member, ErrorCode.NOT_COORDINATOR);
      }
    }
    return step.effects.replies;
  }

  /** Heartbeat, answered at once: an error code. */
  heartbeat(
    groupId: string,
    memberId: string,
    groupInstanceId: string | null,
    generationId: number,
    now: Now,
  ): number {
    const group = this.#state.groups.get(groupId);
    return heartbeat(group, memberId, groupInstanceId, generationId, now.monotonicMs);
  }

  group(groupId: string): ClassicGroup | undefined {
    return this.#state.groups.get(groupId);
  }

  groups(): IterableIterator<ClassicGroup> {
    return this.#state.groups.values();
  }

  offset(groupId: string, topic: string, partition: number): OffsetCommitValue | undefined {
    return this.#state.offsets.get(groupId, topic, partition);
  }

  offsetsOf(groupId: string): GroupOffsets {
    return this.#state.offsets.of(groupId);
  }

  /** The topics in which the group has offsets, and the ids that they were committed with. */
  *topicsOf(groupId: string): Generator<readonly [topic: string, topicId: Uuid]> {
    const { offsets } = this.#state;
    for (const [topic, partitions] of offsets.of(groupId)) {
      for (const { value } of partitions.values()) yield [topic, value.topicId];
    }
    for (const { topic, value } of offsets.pendingOf(groupId)) {
      yield [topic, value?.topicId ?? ZERO_UUID];
    }
  }

  /** Whether an open transaction may change the committed offset of the partition. */
  isOffsetPending(groupId: string, topic: string, partition: number): boolean {
    const { offsets } = this.#state;
    return offsets.hasPending && offsets.isPending(groupId, topic, partition);
  }

  /** The durable part of the state, for whoever compares. */
  durable(): DurableGroups {
    return { groups: this.#recorded, offsets: this.#state.offsets };
  }

  #handle(step: GroupStep, event: GroupEvent): void {
    switch (event.type) {
      case "join":
        return join(step, event);
      case "sync":
        return sync(step, event);
      case "leave":
        return leave(step, event);
      case "commit":
        return commitOffsets(step, event);
      case "delete_offsets":
        return deleteOffsets(step, event);
      case "delete_group":
        return this.#deleteGroup(step, event);
      case "topics_deleted":
        return dropTopicOffsets(step, event.groupId, event.topics);
      case "expire_offsets": {
        const group = this.#state.groups.get(event.groupId);
        return group === undefined ? undefined : expireOffsets(step, group);
      }
      default:
        return this.#handleTimer(step, event);
    }
  }

  #handleTimer(
    step: GroupStep,
    event: Extract<GroupEvent, { readonly type: `${string}_due` }>,
  ): void {
    const group = this.#state.groups.get(event.groupId);
    if (group === undefined) return;
    switch (event.type) {
      case "join_due":
        return joinDue(step, group);
      case "initial_join_due":
        return initialJoinDue(step, group, event.remainingMs);
      case "sync_due":
        return syncDue(step, group, event.generationId);
      case "session_due": {
        const member = group.member(event.memberId);
        if (!sessionDue(step, event.groupId, event.memberId) || member === undefined) return;
        dropMember(step, group, member, ErrorCode.UNKNOWN_MEMBER_ID);
        return afterRemoval(step, group);
      }
      default:
        return unreachable(event);
    }
  }

  #deleteGroup(step: GroupStep, { token, groupId }: DeleteGroupEvent): void {
    const { effects, groups } = step;
    const group = groups.get(groupId);
    if (group === undefined) return effects.reply(token, ErrorCode.GROUP_ID_NOT_FOUND);
    if (group.state !== "Empty") return effects.reply(token, ErrorCode.NON_EMPTY_GROUP);
    deleteGroupRecords(step, groupId);
    effects.reply(token, ErrorCode.NONE, groupAppendError);
  }
}
