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

/**
 * Agrees on metadata records and keeps the image that they make. Not guaranteed: that a proposal
 * that was rejected is not in the log; after a failed disk it may turn up at the next start.
 */
export interface MetadataQuorum {
  /** What the committed records make. Changes between any two turns of the event loop. */
  readonly image: ClusterImage;
  readonly leaderEpoch: number;
  /** All offsets below it are committed. */
  readonly highWatermark: number;
  /**
   * Appends `records` as one batch, all or none.
   *
   * @returns the last offset, once it is committed and replayed into {@link image}
   * @throws {DiskError | MetadataLogError} when it can't be made durable
   */
  propose(records: readonly MetadataRecordInit[]): Promise<number>;
  /** Calls `listener` after each batch from now on, in order. */
  onCommit(listener: CommitListener): void;
  describe(): QuorumDescription;
  /** Takes no further proposals and waits for those under way. The log stays open. */
  close(): Promise<void>;
}

/** The metadata log can't be used: its state can't be verified, or it is closed. */
export class MetadataLogError extends Error {
  override readonly name = "MetadataLogError";
}
