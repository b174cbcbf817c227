import type { Logger } from "../../base/logger.ts";
import type { PartitionLog } from "../../log/partition_log.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { CommittedEnd } from "./committed_end.ts";

/** The replica whose log it is. */
interface FollowingReplica {
  readonly topic: { readonly name: string };
  readonly index: number;
  /** Takes the replica offline where the storage is to blame; see `Partition.failedWith`. */
  failedWith(error: unknown): number;
}

/**
 * What a follower does to its log, by what its leader says. All methods return NONE or an error
 * code; after KAFKA_STORAGE_ERROR the replica is offline, unless the disk was only full.
 */
export class FollowerLog {
  constructor(
    private readonly partition: FollowingReplica,
    private readonly log: PartitionLog,
    private readonly committed: CommittedEnd,
    private readonly logger: Logger,
  ) {}

  /** Appends what the leader gave out; see `PartitionLog.appendAsFollower`. */
  append(batches: Uint8Array): number {
    const { endOffset } = this.log;
    let errorCode: number = ErrorCode.NONE;
    try {
      const result = this.log.appendAsFollower(batches);
      if (result.kind === "rejected") errorCode = result.errorCode;
    } catch (error) {
      errorCode = this.partition.failedWith(error);
    }
    if (this.log.endOffset > endOffset) this.committed.appended(batches.length);
    return errorCode;
  }

  /** Takes over how far the leader has committed, and where its log begins. */
  learn(highWatermark: number, logStartOffset: number): number {
    this.committed.advance(Math.min(highWatermark, this.log.endOffset));
    const start = Math.min(logStartOffset, this.committed.offset);
    if (start <= this.log.startOffset) return ErrorCode.NONE;
    try {
      this.log.advanceStartOffset(start);
      return ErrorCode.NONE;
    } catch (error) {
      return this.partition.failedWith(error);
    }
  }

  /**
   * Drops what the leader does not have: `end` is where the leader's log leaves an epoch that is
   * not above the follower's last (KIP-279). The follower's own end of that epoch counts as well,
   * since neither can have the other's records behind it.
   */
  partFrom(end: { readonly epoch: number; readonly endOffset: number }): number {
    const own = this.log.endOffsetForEpoch(end.epoch);
    const known = own.epoch < 0 ? end.endOffset : Math.min(end.endOffset, own.endOffset);
    return this.truncateTo(Math.max(known, 0));
  }

  /**
   * This replica was the leader until now. An epoch in which it has written nothing is none of the
   * log's; it would hide the records of earlier epochs that the next leader may send.
   */
  leaveLeadership(): void {
    if (this.log.failure !== undefined) return;
    try {
      this.log.truncateTo(this.log.endOffset);
    } catch (error) {
      this.partition.failedWith(error);
    }
  }

  truncateTo(offset: number): number {
    if (offset >= this.log.endOffset) return ErrorCode.NONE;
    return this.#cut(offset, () => this.log.truncateTo(offset));
  }

  /** Drops everything, to begin anew where the leader's log begins. */
  restartAt(offset: number): number {
    return this.#cut(offset, () => this.log.restartAt(offset));
  }

  #cut(offset: number, cut: () => void): number {
    const { topic, index } = this.partition;
    const { endOffset } = this.log;
    const highWatermark = this.committed.offset;
    try {
      cut();
    } catch (error) {
      return this.partition.failedWith(error);
    }
    const fields = { topic: topic.name, partition: index, offset, endOffset, highWatermark };
    if (this.committed.cut()) {
      this.logger.warn("committed records truncated to follow the leader", fields);
    } else this.logger.info("log truncated to follow the leader", fields);
    // A log that begins anew behind its old end: what is below its start is committed.
    this.committed.advance(this.log.startOffset);
    return ErrorCode.NONE;
  }
}
