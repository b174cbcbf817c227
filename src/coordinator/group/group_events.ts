/** What can happen to the groups of one shard. Plain data. */
import type { Uuid } from "../../base/uuid.ts";
import type { JoinGroupRequest } from "../../protocol/generated/join_group_request.ts";
import type { MemberIdentity } from "../../protocol/generated/leave_group_request.ts";
import type { SyncGroupRequest } from "../../protocol/generated/sync_group_request.ts";
import type { RecordProducer, ReplyToken } from "../coordinator.ts";

/** Who sends a JoinGroup, and what the version of its request allows. */
export interface JoiningClient {
  readonly clientId: string;
  /** As DescribeGroups shows it: a slash and the address. */
  readonly clientHost: string;
  /** The id that the member gets when it has none: unique in the world. */
  readonly newMemberId: string;
  /** From version 4 on a member has to come back with its id (KIP-394). */
  readonly requiresKnownMemberId: boolean;
  /** From version 9 on a returning static leader can be told to leave the assignment alone. */
  readonly supportsSkippingAssignment: boolean;
}

/** JoinGroup. Replied with a JoinGroupResponse. */
export interface JoinEvent {
  readonly type: "join";
  readonly token: ReplyToken;
  readonly request: JoinGroupRequest;
  readonly client: JoiningClient;
}

/** SyncGroup. Replied with a SyncGroupResponse. */
export interface SyncEvent {
  readonly type: "sync";
  readonly token: ReplyToken;
  readonly request: SyncGroupRequest;
}

/** LeaveGroup. Replied with a LeaveGroupResponse, one result per member. */
export interface LeaveEvent {
  readonly type: "leave";
  readonly token: ReplyToken;
  readonly groupId: string;
  readonly members: readonly MemberIdentity[];
}

/** An offset to be committed. */
export interface OffsetToCommit {
  readonly topic: string;
  /** The zero uuid when it isn't known. */
  readonly topicId: Uuid;
  readonly partition: number;
  readonly offset: number;
  /** -1 when it isn't known. */
  readonly leaderEpoch: number;
  readonly metadata: string;
}

/** OffsetCommit or TxnOffsetCommit. Replied with one error code for all of `offsets`. */
export interface CommitEvent {
  readonly type: "commit";
  readonly token: ReplyToken;
  readonly groupId: string;
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly generationId: number;
  /** When the offsets expire by the wish of an old client; -1 leaves it to the broker. */
  readonly retentionMs: number;
  /** Set for TxnOffsetCommit. */
  readonly producer: RecordProducer | undefined;
  /** For a group that does not exist: GROUP_ID_NOT_FOUND from OffsetCommit v9 on, before [22]. */
  readonly unknownGroupError: number;
  readonly offsets: readonly OffsetToCommit[];
}

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** OffsetDelete. Replied with {@link DeletedOffsets}. */
export interface DeleteOffsetsEvent {
  readonly type: "delete_offsets";
  readonly token: ReplyToken;
  readonly groupId: string;
  readonly partitions: readonly TopicPartition[];
}

/** What became of an OffsetDelete: an error of the group, or one per partition asked for. */
export interface DeletedOffsets {
  readonly errorCode: number;
  readonly partitionErrors: readonly number[];
}

/** DeleteGroups, for one group. Replied with an error code. */
export interface DeleteGroupEvent {
  readonly type: "delete_group";
  readonly token: ReplyToken;
  readonly groupId: string;
}

/** Topics are gone: so are the offsets of the group in them. */
export interface TopicsDeletedEvent {
  readonly type: "topics_deleted";
  readonly groupId: string;
  readonly topics: ReadonlySet<string>;
}

/** Time to look for offsets of the group that have expired. */
export interface ExpireOffsetsEvent {
  readonly type: "expire_offsets";
  readonly groupId: string;
}

/** A timer of a group or of a member is up. */
export type GroupTimerEvent =
  | { readonly type: "session_due"; readonly groupId: string; readonly memberId: string }
  | { readonly type: "join_due"; readonly groupId: string }
  | {
    readonly type: "initial_join_due";
    readonly groupId: string;
    /** How much longer than the delay it may take, in all. */
    readonly remainingMs: number;
  }
  | { readonly type: "sync_due"; readonly groupId: string; readonly generationId: number };

/** Everything that a group coordinator can be told. */
export type GroupEvent =
  | JoinEvent
  | SyncEvent
  | LeaveEvent
  | CommitEvent
  | DeleteOffsetsEvent
  | DeleteGroupEvent
  | TopicsDeletedEvent
  | ExpireOffsetsEvent
  | GroupTimerEvent;
