/** Responses that several steps give. Fields that a version lacks are the handler's business. */
import { ErrorCode } from "../../protocol/error_codes.ts";
import type {
  JoinGroupResponseInit,
  JoinGroupResponseMemberInit,
} from "../../protocol/generated/join_group_response.ts";
import type { SyncGroupResponseInit } from "../../protocol/generated/sync_group_response.ts";
import type { ClassicGroup } from "./classic_group.ts";
import type { ClassicMember } from "./classic_member.ts";

const NO_BYTES = new Uint8Array(0);
const NO_MEMBERS: readonly JoinGroupResponseMemberInit[] = [];
const NO_GENERATION = -1;

/** A join that failed, or that is to be repeated with `memberId`. */
export function joinError(errorCode: number, memberId: string): JoinGroupResponseInit {
  return {
    throttleTimeMs: 0,
    errorCode,
    generationId: NO_GENERATION,
    protocolType: null,
    protocolName: null,
    leader: "",
    memberId,
    members: NO_MEMBERS,
  };
}

/** The member's place in the present generation; all members for the leader alone. */
export function joined(
  group: ClassicGroup,
  member: ClassicMember,
  members: readonly JoinGroupResponseMemberInit[] = group.leaderId === member.memberId
    ? joinedMembers(group)
    : NO_MEMBERS,
): JoinGroupResponseInit {
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? "",
    memberId: member.memberId,
    members,
  };
}

/** As {@link joined}, for a follower or for whoever need not assign. */
export function joinedAsFollower(
  group: ClassicGroup,
  member: ClassicMember,
): JoinGroupResponseInit {
  return joined(group, member, NO_MEMBERS);
}

/** What the leader assigns from. */
export function joinedMembers(group: ClassicGroup): JoinGroupResponseMemberInit[] {
  return Array.from(group.members(), (member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    metadata: member.metadata(group.protocolName),
  }));
}

export function syncError(errorCode: number): SyncGroupResponseInit {
  return { throttleTimeMs: 0, errorCode, assignment: NO_BYTES };
}

export function synced(group: ClassicGroup, member: ClassicMember): SyncGroupResponseInit {
  return {
    throttleTimeMs: 0,
    errorCode: ErrorCode.NONE,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    assignment: member.assignment,
  };
}

/** What a client is told when the records of a group could not be written. */
export function groupAppendError(errorCode: number): number {
  switch (errorCode) {
    case ErrorCode.NONE:
      return ErrorCode.NONE;
    case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
    case ErrorCode.NOT_ENOUGH_REPLICAS:
    case ErrorCode.REQUEST_TIMED_OUT:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
    case ErrorCode.KAFKA_STORAGE_ERROR:
      return ErrorCode.NOT_COORDINATOR;
    default:
      return ErrorCode.UNKNOWN_SERVER_ERROR;
  }
}

/** What a client is told when a committed offset could not be written. */
export function offsetAppendError(errorCode: number): number {
  switch (errorCode) {
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
      return ErrorCode.INVALID_COMMIT_OFFSET_SIZE;
    default:
      return groupAppendError(errorCode);
  }
}
