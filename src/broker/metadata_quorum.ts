/** The replicated log of cluster metadata, as the rest of the broker sees it. */
import type { Uuid } from "../base/uuid.ts";
import type { ClusterImage } from "../metadata/cluster_image.ts";
import type { MetadataRecord, MetadataRecordInit } from "../metadata/records.ts";

/** How far one voter is. */
export interface QuorumReplica {
  readonly replicaId: number;
  readonly directoryId: Uuid;
  readonly logEndOffset: number;
  /** Milliseconds since the epoch; -1 when unknown. */
  readonly lastFetchTimestampMs: number;
  readonly lastCaughtUpTimestampMs: number;
}

/** What DescribeQuorum tells. */
export interface QuorumDescription {
  readonly leaderId: number;
  readonly leaderEpoch: number;
  readonly highWatermark: number;
  readonly voters: readonly QuorumReplica[];
  readonly observers: readonly QuorumReplica[];
}

/** Told of each committed batch after it was replayed. */
export type CommitListener = (records: readonly MetadataRecord[], lastOffset: number) => void;

/** Told when this broker becomes, and ceases to be, the leader that may propose. */
export type LeadershipListener = (isLeader: boolean, leaderEpoch: number) => void;

/**
 * Agrees on metadata records and keeps the image that they make, on voters and observers alike. Not
 * guaranteed: that a proposal that was rejected is not in the log; a later leader may commit it.
 */
export interface MetadataQuorum extends QuorumStatus {
  /** What the committed records make. Changes between any two turns of the event loop. */
  readonly image: ClusterImage;
  /**
   * Appends `records` as one batch, all or none.
   *
   * @returns the last offset, once it is committed and replayed into {@link image}
   * @throws {NotControllerError} this broker does not lead, or ceased to before the commit: then the
   *   outcome is unknown
   * @throws {DiskError | MetadataLogError} when it can't be made durable
   */
  propose(records: readonly MetadataRecordInit[]): Promise<number>;
  /** Calls `listener` after each batch of records from now on, in order. */
  onCommit(listener: CommitListener): void;
  /** Calls `listener` at each change of {@link QuorumStatus.isLeader} from now on. */
  onLeadership(listener: LeadershipListener): void;
  /** True when the image has replayed everything below `offset`; false when `timeoutMs` passed. */
  caughtUp(offset: number, timeoutMs: number): Promise<boolean>;
  /**
   * A high watermark of a moment after the call: an image that has replayed everything below it
   * shows all that was acknowledged before the call (Raft dissertation, 6.4).
   *
   * @throws {NotControllerError} no leader could be asked
   */
  readIndex(): Promise<number>;
  /** Takes no further proposals and waits for those under way. The log stays open. */
  close(): Promise<void>;
}

/** Where the quorum stands, as this broker sees it. */
export interface QuorumStatus {
  /** The Raft term, which is the leader epoch of the metadata log. */
  readonly leaderEpoch: number;
  /** Broker id of the leader, which is the active controller; -1 when unknown. */
  readonly leaderId: number;
  /** This broker leads, has committed an entry of its own epoch, and its image holds all before. */
  readonly isLeader: boolean;
  /** All offsets below it are committed. */
  readonly highWatermark: number;
  describe(): QuorumDescription;
}

/** A broker with the directory that holds its metadata log: a wiped disk makes another peer. */
export interface QuorumPeer {
  readonly id: number;
  readonly directoryId: Uuid;
}

/** Changes who votes, one server at a time. Answered on the leader alone. */
export interface QuorumMembership {
  /**
   * Makes an observer a voter, once it has the log.
   * @throws {NotControllerError | MembershipChangeError}
   */
  addVoter(peer: QuorumPeer): Promise<void>;
  /** @throws {NotControllerError | MembershipChangeError} */
  removeVoter(peer: QuorumPeer): Promise<void>;
  /**
   * Resolves when another broker leads.
   * @throws {NotControllerError | MembershipChangeError} this broker does not lead, or leads still
   */
  transferLeadership(toId: number): Promise<void>;
}

/** This broker is not the active controller, or ceased to be before the outcome was known. */
export class NotControllerError extends Error {
  override readonly name = "NotControllerError";
  /**
   * @param leaderId the broker to ask instead; -1 when unknown
   * @param isOutcomeKnown false when what was proposed may yet be committed
   */
  constructor(
    readonly leaderId: number,
    message = "this broker is not the active controller",
    readonly isOutcomeKnown = true,
  ) {
    super(message);
  }
}

/** Why the voters stay as they are. */
export type MembershipRefusal =
  | "unknownPeer"
  | "alreadyVoter"
  | "notVoter"
  | "changeUnderWay"
  | "lastVoter"
  | "notCaughtUp"
  | "timedOut";

/** A change of the voters, or of the leader, did not take place. */
export class MembershipChangeError extends Error {
  override readonly name = "MembershipChangeError";
  constructor(readonly reason: MembershipRefusal, message: string) {
    super(message);
  }
}

/** The metadata log can't be used: its state can't be verified, or it is closed. */
export class MetadataLogError extends Error {
  override readonly name = "MetadataLogError";
}
