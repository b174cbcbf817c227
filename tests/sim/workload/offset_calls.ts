import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { offsetCommitApi } from "../../../src/protocol/generated/apis/offset_commit.ts";
import { offsetFetchApi } from "../../../src/protocol/generated/apis/offset_fetch.ts";
import { type ClusterClient, CoordinatorType } from "../client/cluster_client.ts";

const COMMIT_VERSION = 9;
const FETCH_VERSION = 9;

/** A partition in the eyes of a group. */
export interface GroupPartition {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
}

/** Who commits; without it the group has no members. */
export interface CommitMember {
  readonly memberId: string;
  readonly generation: number;
}

/** @returns the error code, or undefined when no answer came */
export async function commitOffset(
  client: ClusterClient,
  { group, topic, partition }: GroupPartition,
  offset: number,
  member?: CommitMember,
): Promise<number | undefined> {
  const request = {
    groupId: group,
    generationIdOrMemberEpoch: member?.generation ?? -1,
    memberId: member?.memberId ?? "",
    topics: [{
      name: topic,
      topicId: "AAAAAAAAAAAAAAAAAAAAAA" as never,
      partitions: [{ partitionIndex: partition, committedOffset: offset, committedMetadata: null }],
    }],
  };
  const { group: type } = CoordinatorType;
  const result = await client.toCoordinator(type, group, offsetCommitApi, COMMIT_VERSION, request);
  if (result.kind === "notSent") return ErrorCode.COORDINATOR_NOT_AVAILABLE;
  if (result.kind === "unknown") return undefined;
  const { errorCode } = result.response.topics[0]!.partitions[0]!;
  if (errorCode !== ErrorCode.NONE) client.forgetCoordinator(type, group);
  return errorCode;
}

/** @returns the committed offset, -1 when there is none; undefined when it could not be read */
export async function fetchOffset(
  client: ClusterClient,
  { group, topic, partition }: GroupPartition,
  requireStable = false,
): Promise<number | undefined> {
  const request = {
    groupId: "",
    topics: [],
    groups: [{
      groupId: group,
      topics: [{
        name: topic,
        topicId: "AAAAAAAAAAAAAAAAAAAAAA" as never,
        partitionIndexes: [partition],
      }],
    }],
    requireStable,
  };
  const { group: type } = CoordinatorType;
  const result = await client.toCoordinator(type, group, offsetFetchApi, FETCH_VERSION, request);
  if (result.kind !== "answer") return undefined;
  const answer = result.response.groups[0]!;
  const found = answer.topics[0]?.partitions[0];
  if (answer.errorCode !== ErrorCode.NONE || found?.errorCode !== ErrorCode.NONE) {
    client.forgetCoordinator(type, group);
    return undefined;
  }
  return found.committedOffset;
}
