/** OffsetCommit, TxnOffsetCommit, OffsetDelete, and the end of offsets by time or with their topic. */
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { OffsetCommitValue } from "../../protocol/generated/group_coordinator/offset_commit_value.ts";
import type { Now } from "../coordinator.ts";
import { ClassicGroup } from "./classic_group.ts";
import type { GroupConfig } from "./group_config.ts";
import type { CommitEvent, DeletedOffsets, DeleteOffsetsEvent } from "./group_events.ts";
import { offsetAppendError } from "./group_responses.ts";
import { extendSession, type GroupStep } from "./group_step.ts";

export function commitOffsets(step: GroupStep, event: CommitEvent): void {
  const { effects, groups, now } = step;
  const { token, groupId, memberId, offsets } = event;
  const group = groups.get(groupId);
  const errorCode = commitProblem(group, event);
  if (errorCode !== ErrorCode.NONE) return effects.reply(token, errorCode);
  const member = group?.member(memberId);
  if (group !== undefined && member !== undefined) {
    extendSession(step, group, member, member.subscription.sessionTimeoutMs);
  }
  const expireTimestamp = event.retentionMs < 0 ? -1 : now.wallMs + event.retentionMs;
  for (const { topic, topicId, partition, offset, leaderEpoch, metadata } of offsets) {
    effects.records.push({
      type: "offset",
      groupId,
      topic,
      partition,
      value: {
        offset,
        leaderEpoch,
        metadata,
        commitTimestamp: now.wallMs,
        expireTimestamp,
        topicId,
      },
    });
  }
  if (offsets.length > 0) effects.producer = event.producer;
  effects.reply(token, ErrorCode.NONE, offsetAppendError);
}

function commitProblem(group: ClassicGroup | undefined, event: CommitEvent): number {
  const { memberId, groupInstanceId, generationId, producer } = event;
  if (group === undefined) {
    // An offset of nobody's generation makes a group that only commits.
    return generationId < 0 ? ErrorCode.NONE : event.unknownGroupError;
  }
  const isTransactional = producer !== undefined;
  if (generationId < 0 && group.state === "Empty") return ErrorCode.NONE;
  if (generationId >= 0 || memberId !== "" || groupInstanceId !== null) {
    const memberError = group.checkMember(memberId, groupInstanceId);
    if (memberError !== ErrorCode.NONE) return memberError;
    if (generationId !== group.generationId) return ErrorCode.ILLEGAL_GENERATION;
  } else if (!isTransactional && group.state !== "Empty") {
    return ErrorCode.UNKNOWN_MEMBER_ID;
  }
  return !isTransactional && group.state === "CompletingRebalance"
    ? ErrorCode.REBALANCE_IN_PROGRESS
    : ErrorCode.NONE;
}

export function deleteOffsets(step: GroupStep, event: DeleteOffsetsEvent): void {
  const { effects, groups, offsets } = step;
  const { token, groupId, partitions } = event;
  const group = groups.get(groupId);
  const fail = (errorCode: number) =>
    effects.reply(token, { errorCode, partitionErrors: [] } satisfies DeletedOffsets);
  if (group === undefined) return fail(ErrorCode.GROUP_ID_NOT_FOUND);
  if (group.state !== "Empty" && !group.usesConsumerProtocol) {
    return fail(ErrorCode.NON_EMPTY_GROUP);
  }
  const partitionErrors = partitions.map(({ topic, partition }) => {
    if (group.isSubscribedTo(topic)) return ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC;
    if (offsets.get(groupId, topic, partition) !== undefined) {
      effects.records.push({ type: "offset", groupId, topic, partition, value: null });
    }
    return ErrorCode.NONE;
  });
  const response: DeletedOffsets = { errorCode: ErrorCode.NONE, partitionErrors };
  effects.reply(token, response, (errorCode): DeletedOffsets => ({
    errorCode: offsetAppendError(errorCode),
    partitionErrors: [],
  }));
}

/** Tombstones for the offsets of a group in topics that are gone, in open transactions too. */
export function dropTopicOffsets(
  step: GroupStep,
  groupId: string,
  topics: ReadonlySet<string>,
): void {
  const { effects, offsets } = step;
  for (const [topic, partitions] of offsets.of(groupId)) {
    if (!topics.has(topic)) continue;
    for (const partition of partitions.keys()) {
      effects.records.push({ type: "offset", groupId, topic, partition, value: null });
    }
  }
  for (const { topic, partition } of offsets.pendingOf(groupId)) {
    if (!topics.has(topic)) continue;
    effects.records.push({ type: "offset", groupId, topic, partition, value: null });
  }
}

/** Tombstones for a group and all that it has committed. */
export function deleteGroupRecords(step: GroupStep, groupId: string): void {
  const { effects, offsets } = step;
  for (const [topic, partitions] of offsets.of(groupId)) {
    for (const partition of partitions.keys()) {
      effects.records.push({ type: "offset", groupId, topic, partition, value: null });
    }
  }
  for (const { topic, partition } of offsets.pendingOf(groupId)) {
    effects.records.push({ type: "offset", groupId, topic, partition, value: null });
  }
  effects.records.push({ type: "classic_group", groupId, value: null });
}

/** Tombstones for the offsets of `group` that have expired, and for the group once it is bare. */
export function expireOffsets(step: GroupStep, group: ClassicGroup): void {
  const { effects, offsets, config, now } = step;
  const { groupId } = group;
  let kept = offsets.hasPending && offsets.hasPendingIn(groupId) ? 1 : 0;
  for (const [topic, partitions] of offsets.of(groupId)) {
    for (const [partition, { value }] of partitions) {
      const isPending = offsets.hasPending && offsets.isPending(groupId, topic, partition);
      if (isPending || !hasExpired(group, topic, value, config, now)) kept++;
      else effects.records.push({ type: "offset", groupId, topic, partition, value: null });
    }
  }
  const isBare = kept === 0 && group.state === "Empty" && group.pendingJoins.size === 0;
  if (isBare) effects.records.push({ type: "classic_group", groupId, value: null });
}

/** By KIP-211 and KIP-496: counted from when the group became empty, else from the commit. */
function hasExpired(
  group: ClassicGroup,
  topic: string,
  value: OffsetCommitValue,
  config: GroupConfig,
  now: Now,
): boolean {
  if (group.isSubscribedTo(topic)) return false;
  const isSimple = group.protocolType === null;
  const isLive = group.state !== "Empty";
  const mayExpire = isSimple || !isLive ||
    (group.state === "Stable" && group.usesConsumerProtocol && group.knowsSubscriptions);
  if (!mayExpire) return false;
  if (value.expireTimestamp >= 0) return now.wallMs >= value.expireTimestamp;
  const emptySinceMs = isSimple || isLive ? -1 : group.stateTimestampMs;
  const baseMs = emptySinceMs < 0 ? value.commitTimestamp : emptySinceMs;
  return now.wallMs - baseMs >= config.offsetsRetentionMs;
}
