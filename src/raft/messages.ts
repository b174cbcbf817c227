/**
 * What Raft nodes tell each other (Ongaro: Consensus, Bridging Theory and Practice, 2014; KIP-595
 * has the same as requests). Offsets that end something are exclusive: a log with `endOffset` 7
 * has its last record at 6.
 */

/** A node and the disk that it votes with. Opaque here: a replaced disk is another node. */
export type NodeId = string;

/** All below `endOffset` is in the snapshot; `term` is that of the last entry. */
export interface SnapshotId {
  readonly endOffset: number;
  readonly term: number;
}

interface Addressed {
  readonly from: NodeId;
  readonly to: NodeId;
  /** Of the sender; the term that it would campaign in for a pre-vote and the grant of one. */
  readonly term: number;
}

/** Asks for a vote, or with `isPreVote` whether one would be granted (dissertation, 9.6). */
export interface VoteRequest extends Addressed {
  readonly type: "vote";
  readonly isPreVote: boolean;
  /** The leader asked for it: it does not stand against itself, so its lease does not count. */
  readonly isTransfer: boolean;
  readonly lastTerm: number;
  readonly endOffset: number;
}

export interface VoteReply extends Addressed {
  readonly type: "voteReply";
  readonly isPreVote: boolean;
  readonly isGranted: boolean;
}

/** Of the leader's log end at the time of sending, to a voter that has to be repaired. */
export interface RepairNotice {
  /** What the voter called its repair; 0 when it asked for none. */
  readonly repairId: number;
  readonly leaderEndOffset: number;
}

/** The batches from `prevOffset` to `endOffset`, which follow an entry of `prevTerm`; may be none. */
export interface Append extends Addressed, RepairNotice {
  readonly type: "append";
  readonly prevOffset: number;
  readonly prevTerm: number;
  readonly endOffset: number;
  readonly highWatermark: number;
}

export interface AppendReply extends Addressed {
  readonly type: "appendReply";
  readonly isAccepted: boolean;
  /** All below it is the leader's and durable; when refused, the `prevOffset` that did not fit. */
  readonly offset: number;
  /** When refused: the largest term of the log that is not above `prevTerm`, and its end. */
  readonly hintTerm: number;
  readonly hintEndOffset: number;
  readonly repairId: number;
}

export interface Heartbeat extends Addressed, RepairNotice {
  readonly type: "heartbeat";
  readonly highWatermark: number;
  /** Echoed: the leader still leads when it was sent to a majority that answered. */
  readonly readSequence: number;
}

export interface HeartbeatReply extends Addressed {
  readonly type: "heartbeatReply";
  readonly readSequence: number;
  readonly repairId: number;
}

/** A part of a snapshot. Its bytes travel with the message, unseen by the core. */
export interface Chunk extends Addressed {
  readonly type: "chunk";
  readonly snapshot: SnapshotId;
  readonly snapshotBytes: number;
  readonly position: number;
}

export interface ChunkReply extends Addressed {
  readonly type: "chunkReply";
  readonly snapshot: SnapshotId;
  /** What is wanted next; the size of the snapshot when all of it is there. */
  readonly position: number;
}

/** Lets a voter campaign at once: the leader wants it to lead (dissertation, 3.10). */
export interface TimeoutNow extends Addressed {
  readonly type: "timeoutNow";
}

/** A node that hears of no leader asks for one, and for its log. */
export interface Seek extends Addressed {
  readonly type: "seek";
  readonly endOffset: number;
  readonly repairId: number;
}

/** Who leads; undefined when unknown. */
export interface LeaderHint extends Addressed {
  readonly type: "leaderHint";
  readonly leader: NodeId | undefined;
}

/** Asks the leader for a read index. */
export interface ReadRequest extends Addressed {
  readonly type: "read";
  readonly requestId: number;
}

export interface ReadReply extends Addressed {
  readonly type: "readReply";
  readonly requestId: number;
  /** -1 when the node does not lead. */
  readonly offset: number;
}

export type RaftMessage =
  | VoteRequest
  | VoteReply
  | Append
  | AppendReply
  | Heartbeat
  | HeartbeatReply
  | Chunk
  | ChunkReply
  | TimeoutNow
  | Seek
  | LeaderHint
  | ReadRequest
  | ReadReply;

/** A batch as the core sees it: its contents stay outside. */
export interface Entry {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly term: number;
  readonly bytes: number;
  /** The voters from this entry on, when it sets them. */
  readonly voters?: readonly NodeId[];
}
