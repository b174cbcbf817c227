/** What goes into the consensus core, and what comes out. */
import type { Chunk, Entry, NodeId, RaftMessage, SnapshotId } from "./messages.ts";

/** A batch that a leader is asked to append; `token` names its contents. */
export interface Proposal {
  readonly count: number;
  readonly bytes: number;
  readonly token: number;
}

export type RaftEvent =
  /** Time has passed; due when `nextDeadlineMs` is. */
  | { readonly type: "tick" }
  /** `entries` are the batches of an append, `chunkBytes` the size of what came with a chunk. */
  | {
    readonly type: "receive";
    readonly message: RaftMessage;
    readonly entries?: readonly Entry[];
    readonly chunkBytes?: number;
  }
  | { readonly type: "propose"; readonly proposals: readonly Proposal[] }
  | { readonly type: "changeVoters"; readonly add?: NodeId; readonly remove?: NodeId }
  | { readonly type: "transfer"; readonly to: NodeId }
  | { readonly type: "read"; readonly token: number }
  /** The log is durable below `endOffset`, after that many truncations were carried out. */
  | { readonly type: "flushed"; readonly endOffset: number; readonly truncations: number }
  /** A leader's entries at and above `endOffset` could not be written, and nobody has seen them. */
  | { readonly type: "appendFailed"; readonly endOffset: number }
  /** The connection to a node broke: most likely its process ended. */
  | { readonly type: "peerLost"; readonly peer: NodeId }
  /** Stand for election without waiting. */
  | { readonly type: "campaign" }
  /** A snapshot was made here and is durable. */
  | {
    readonly type: "snapshotTaken";
    readonly snapshot: SnapshotId;
    readonly snapshotBytes: number;
  }
  /** The log was cut at its front. */
  | { readonly type: "compacted"; readonly startOffset: number }
  /** The snapshot of an `installSnapshot` is durable and the log begins behind it; or it was bad. */
  | {
    readonly type: "snapshotInstalled";
    readonly snapshot: SnapshotId;
    readonly isInstalled: boolean;
    readonly snapshotBytes: number;
    readonly voters: readonly NodeId[];
  }
  /** Log or snapshot could not be read for the node: it gets the newest snapshot from its front. */
  | { readonly type: "unreadable"; readonly to: NodeId };

/** Contents of an entry that a leader appends. */
export type EntryContent =
  | { readonly kind: "proposal"; readonly token: number }
  | { readonly kind: "leaderChange"; readonly granting: readonly NodeId[] }
  | { readonly kind: "voters"; readonly voters: readonly NodeId[] };

/** An entry that a leader appends. */
export interface NewEntry {
  readonly baseOffset: number;
  readonly count: number;
  readonly content: EntryContent;
}

export type Role = "follower" | "preCandidate" | "candidate" | "leader";

/** Why a leader does not do as asked. */
export type Refusal =
  | "notLeader"
  | "transferring"
  | "notReady"
  | "changeUnderWay"
  | "alreadyVoter"
  | "notVoter"
  | "lastVoter";

/**
 * To be carried out in order, each before the next begins: what is sent may depend on what was
 * persisted before. A flush of the log is asked for by `append` and `store`, and reported by the
 * event `flushed`; nothing waits for it.
 */
export type Effect =
  /** Term and vote; durable before anything that follows. */
  | {
    readonly type: "persist";
    readonly term: number;
    readonly vote: NodeId | undefined;
    readonly mustRepair: boolean;
  }
  /** For an append the batches from `prevOffset` to `endOffset` go along, for a chunk its bytes. */
  | { readonly type: "send"; readonly message: RaftMessage }
  | { readonly type: "append"; readonly term: number; readonly entries: readonly NewEntry[] }
  /** Append those batches of the message just received that begin at or above the offset. */
  | { readonly type: "store"; readonly fromOffset: number; readonly endOffset: number }
  | { readonly type: "truncate"; readonly endOffset: number }
  | { readonly type: "commit"; readonly highWatermark: number }
  /** Role, term or known leader changed. */
  | {
    readonly type: "status";
    readonly role: Role;
    readonly term: number;
    readonly leader: NodeId | undefined;
  }
  | { readonly type: "refused"; readonly reason: Refusal; readonly tokens: readonly number[] }
  /** An image replayed to `offset` is linearizable; -1 when no leader could be asked. */
  | { readonly type: "readIndex"; readonly token: number; readonly offset: number }
  /** Keep the bytes that came with the chunk; the first one begins a new file. */
  | { readonly type: "storeChunk"; readonly chunk: Chunk }
  | { readonly type: "installSnapshot"; readonly snapshot: SnapshotId }
  /** Send a `seek` to every node that is known of. */
  | { readonly type: "seekLeader"; readonly endOffset: number; readonly repairId: number }
  | { readonly type: "repaired" };
