import { ErrorCode } from "../../protocol/error_codes.ts";
import { deleteGroupsApi } from "../../protocol/generated/apis/delete_groups.ts";
import { describeGroupsApi } from "../../protocol/generated/apis/describe_groups.ts";
import { listGroupsApi } from "../../protocol/generated/apis/list_groups.ts";
import { offsetCommitApi } from "../../protocol/generated/apis/offset_commit.ts";
import { offsetDeleteApi } from "../../protocol/generated/apis/offset_delete.ts";
import { offsetFetchApi } from "../../protocol/generated/apis/offset_fetch.ts";
import { ZERO_UUID } from "../../base/uuid.ts";
import type { DescribedGroup } from "../../protocol/generated/describe_groups_response.ts";
import type { ListedGroup } from "../../protocol/generated/list_groups_response.ts";
import type { ClusterClient, Target } from "../cluster_client.ts";
import { CoordinatorKind } from "../cluster_client.ts";
import { BrokerError, expectNoError } from "../errors.ts";
import type { TopicPartition } from "../list_offsets.ts";
import { compareNames } from "./topics.ts";

/** What a group has committed for one partition. */
export interface CommittedOffset extends TopicPartition {
  readonly offset: number;
  readonly metadata: string | null;
}

/** Who commits: nobody in particular, or a member in a generation. */
export interface Committer {
  readonly memberId: string;
  readonly generation: number;
  readonly instanceId: string | null;
}

/** Commits for a group that has no members. */
export const NO_MEMBER: Committer = { memberId: "", generation: -1, instanceId: null };

/** The broker that coordinates the group. */
export function groupCoordinator(group: string): Target {
  return { to: "coordinator", kind: CoordinatorKind.group, key: group };
}

/** The groups of all brokers that are up, by name. */
export async function listGroups(client: ClusterClient): Promise<ListedGroup[]> {
  const ids = await client.brokerIds();
  const lists = await Promise.all(ids.map((id) =>
    client.call(
      { to: "broker", id },
      listGroupsApi,
      { statesFilter: [], typesFilter: [] },
      { check: ({ errorCode }) => expectNoError(errorCode, `groups of broker ${id}`) },
    )
  ));
  return lists.flatMap(({ groups }) => groups)
    .sort((a, b) => compareNames(a.groupId, b.groupId));
}

/** @throws {BrokerError} GROUP_ID_NOT_FOUND when there is no such group */
export async function describeGroup(client: ClusterClient, group: string): Promise<DescribedGroup> {
  const response = await client.call(groupCoordinator(group), describeGroupsApi, {
    groups: [group],
    includeAuthorizedOperations: false,
  }, {
    check: ({ groups }) => {
      const code = groups[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, `group ${group}`, groups[0]?.errorMessage);
    },
  });
  const described = response.groups[0]!;
  // Brokers before Kafka 4.0 describe a group that is not there as dead.
  if (described.groupState === "Dead") {
    throw new BrokerError(ErrorCode.GROUP_ID_NOT_FOUND, `group ${group}`, "no such group");
  }
  return described;
}

/** What the group has committed, by topic and partition. */
export async function fetchCommitted(
  client: ClusterClient,
  group: string,
): Promise<CommittedOffset[]> {
  const response = await client.call(groupCoordinator(group), offsetFetchApi, {
    groupId: "",
    topics: [],
    groups: [{ groupId: group, topics: null }],
    requireStable: false,
  }, {
    // From version 10 on topics go by id alone, and a deleted topic has none.
    versionMin: 8,
    versionMax: 9,
    check: ({ groups }) => {
      expectNoError(groups[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR, `group ${group}`);
    },
  });
  return response.groups[0]!.topics.flatMap(({ name, partitions }) =>
    partitions.filter(({ committedOffset }) => committedOffset >= 0).map((partition) => ({
      topic: name,
      partition: partition.partitionIndex,
      offset: partition.committedOffset,
      metadata: partition.metadata,
    }))
  ).sort((a, b) => compareNames(a.topic, b.topic) || a.partition - b.partition);
}

/**
 * Commits offsets, as the member or, with {@link NO_MEMBER}, for a group without members.
 * @throws {BrokerError} UNKNOWN_MEMBER_ID when the group has members and we are none
 */
export async function commitOffsets(
  client: ClusterClient,
  group: string,
  offsets: readonly (TopicPartition & { readonly offset: number })[],
  committer: Committer = NO_MEMBER,
): Promise<void> {
  const topics = [...new Set(offsets.map(({ topic }) => topic))];
  await client.call(groupCoordinator(group), offsetCommitApi, {
    groupId: group,
    generationIdOrMemberEpoch: committer.generation,
    memberId: committer.memberId,
    groupInstanceId: committer.instanceId,
    topics: topics.map((name) => ({
      name,
      topicId: ZERO_UUID,
      partitions: offsets.filter(({ topic }) => topic === name).map(({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedMetadata: "",
      })),
    })),
  }, {
    versionMax: 9,
    check: ({ topics }) => {
      for (const { name, partitions } of topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          expectNoError(errorCode, `group ${group}, partition ${name}-${partitionIndex}`);
        }
      }
    },
  });
}

/** @throws {BrokerError} NON_EMPTY_GROUP when the group has members */
export async function deleteGroup(client: ClusterClient, group: string): Promise<void> {
  await client.call(groupCoordinator(group), deleteGroupsApi, { groupsNames: [group] }, {
    check: ({ results }) => {
      const code = results[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, `group ${group}`);
    },
  });
}

/** Forgets what the group has committed for these partitions. @throws {BrokerError} */
export async function deleteOffsets(
  client: ClusterClient,
  group: string,
  partitions: readonly TopicPartition[],
): Promise<void> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  await client.call(groupCoordinator(group), offsetDeleteApi, {
    groupId: group,
    topics: topics.map((name) => ({
      name,
      partitions: partitions.filter(({ topic }) => topic === name)
        .map(({ partition }) => ({ partitionIndex: partition })),
    })),
  }, {
    check: ({ errorCode, topics }) => {
      expectNoError(errorCode, `group ${group}`);
      for (const { name, partitions } of topics) {
        for (const { partitionIndex, errorCode } of partitions) {
          expectNoError(errorCode, `group ${group}, partition ${name}-${partitionIndex}`);
        }
      }
    },
  });
}
