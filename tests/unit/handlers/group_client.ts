import { ZERO_UUID } from "../../../src/base/uuid.ts";
import type { JoinGroupResponse } from "../../../src/protocol/generated/join_group_response.ts";
import { joinGroupApi } from "../../../src/protocol/generated/apis/join_group.ts";
import { syncGroupApi } from "../../../src/protocol/generated/apis/sync_group.ts";
import { heartbeatApi } from "../../../src/protocol/generated/apis/heartbeat.ts";
import { findCoordinatorApi } from "../../../src/protocol/generated/apis/find_coordinator.ts";
import { offsetCommitApi } from "../../../src/protocol/generated/apis/offset_commit.ts";
import { offsetFetchApi } from "../../../src/protocol/generated/apis/offset_fetch.ts";
import { BrokerFixture, type FixtureOptions } from "../support/broker_fixture.ts";

/** Few partitions of the internal topic, and no waiting for first members. */
export const GROUP_CONFIG: Readonly<Record<string, string>> = {
  "group.initial.rebalance.delay.ms": "0",
  "offsets.topic.num.partitions": "2",
};

/** A broker with a topic `t` of two partitions and its group coordinator at work. */
export async function openGroups(options: FixtureOptions = {}): Promise<BrokerFixture> {
  const config = { ...GROUP_CONFIG, ...options.config };
  const fixture = await BrokerFixture.open({ ...options, config });
  await fixture.createTopic("t", 2);
  await fixture.call(findCoordinatorApi, 3, { key: "g", keyType: 0, coordinatorKeys: [] });
  return fixture;
}

/** As {@link openGroups}, closed when `test` is over. */
export async function withGroups(
  test: (fixture: BrokerFixture) => Promise<void>,
  options: FixtureOptions = {},
): Promise<void> {
  const fixture = await openGroups(options);
  try {
    await test(fixture);
  } finally {
    await fixture.broker.close();
  }
}

/** A consumer's subscription to topic `t`, version 0. */
export const SUBSCRIPTION = Uint8Array.of(0, 0, 0, 0, 0, 1, 0, 1, 116, 0, 0, 0, 0);

/** What a member says of itself. */
export interface MemberWish {
  readonly memberId?: string;
  readonly groupInstanceId?: string | null;
  readonly groupId?: string;
  readonly sessionTimeoutMs?: number;
}

/** JoinGroup, of version 3 when not told otherwise: the member is let in at once. */
export function join(
  fixture: BrokerFixture,
  wish: MemberWish = {},
  version = 3,
): Promise<JoinGroupResponse> {
  return fixture.call(joinGroupApi, version, {
    groupId: wish.groupId ?? "g",
    sessionTimeoutMs: wish.sessionTimeoutMs ?? 10_000,
    rebalanceTimeoutMs: 30_000,
    memberId: wish.memberId ?? "",
    ...(wish.groupInstanceId === undefined ? {} : { groupInstanceId: wish.groupInstanceId }),
    protocolType: "consumer",
    protocols: [{ name: "range", metadata: SUBSCRIPTION }],
  }, "client");
}

/** SyncGroup of a leader that assigns `assigned` to itself; returns code and assignment. */
export async function sync(
  fixture: BrokerFixture,
  { memberId, generationId }: { readonly memberId: string; readonly generationId: number },
  version = 3,
): Promise<{ readonly errorCode: number; readonly text: string }> {
  const { errorCode, assignment } = await fixture.call(syncGroupApi, version, {
    groupId: "g",
    generationId,
    memberId,
    ...(version >= 5 ? { protocolType: "consumer", protocolName: "range" } : {}),
    assignments: [{ memberId, assignment: new TextEncoder().encode("all") }],
  });
  return { errorCode, text: new TextDecoder().decode(assignment) };
}

/** The group `g` with one member that has an assignment. */
export async function stableMember(
  fixture: BrokerFixture,
): Promise<{ readonly memberId: string; readonly generationId: number }> {
  const { memberId, generationId } = await join(fixture);
  await sync(fixture, { memberId, generationId });
  return { memberId, generationId };
}

export async function heartbeat(
  fixture: BrokerFixture,
  { memberId, generationId }: { readonly memberId: string; readonly generationId: number },
  version = 4,
): Promise<number> {
  const request = { groupId: "g", memberId, generationId };
  return (await fixture.call(heartbeatApi, version, request)).errorCode;
}

/** An offset of partition 0 of `t`, when not told otherwise committed by nobody in particular. */
export interface CommitWish {
  readonly groupId?: string;
  readonly memberId?: string;
  readonly generationId?: number;
  readonly topic?: string;
  readonly partition?: number;
  readonly metadata?: string | null;
}

/** OffsetCommit by name; the code of its one partition. */
export async function commit(
  fixture: BrokerFixture,
  offset: number,
  wish: CommitWish = {},
  version = 9,
): Promise<number> {
  const { topics } = await fixture.call(offsetCommitApi, version, {
    groupId: wish.groupId ?? "g",
    generationIdOrMemberEpoch: wish.generationId ?? -1,
    memberId: wish.memberId ?? "",
    topics: [{
      name: wish.topic ?? "t",
      topicId: ZERO_UUID,
      partitions: [{
        partitionIndex: wish.partition ?? 0,
        committedOffset: offset,
        committedLeaderEpoch: version >= 6 ? 5 : -1,
        committedMetadata: wish.metadata === undefined ? "note" : wish.metadata,
      }],
    }],
  });
  return topics[0]!.partitions[0]!.errorCode;
}

/** All offsets of a group, as `topic:partition=offset/epoch "metadata"`. */
export async function committed(fixture: BrokerFixture, groupId = "g"): Promise<string> {
  const { groups } = await fixture.call(offsetFetchApi, 8, {
    groupId: "",
    topics: [],
    groups: [{ groupId, topics: null }],
    requireStable: true,
  });
  return groups[0]!.topics.flatMap(({ name, partitions }) =>
    partitions.map((found) => {
      const { partitionIndex, committedOffset, committedLeaderEpoch, metadata } = found;
      return `${name}:${partitionIndex}=${committedOffset}/${committedLeaderEpoch} "${metadata}"`;
    })
  ).join(" ");
}
