import type { Logger } from "../../base/logger.ts";
import type { SegmentSpan } from "../../log/partition_log.ts";
import { planTrims, type TrimCandidate } from "../../metadata/storage/trim_plan.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { isSparedTopic } from "../../metadata/storage/storage_settings.ts";
import type { Partition } from "../partition.ts";
import type { LedgerEntry } from "./partition_ledger.ts";

/** Asks the leader of a replica here to delete what is before `startOffset`. */
export type TrimRequest = (partition: Partition, startOffset: number) => void;

/** A replica that is not spared. */
class TrimmableLog implements TrimCandidate {
  #segments: readonly SegmentSpan[] | undefined;

  constructor(readonly partition: Partition, readonly allotmentBytes: number) {}

  get sizeBytes(): number {
    return this.partition.log.sizeBytes;
  }

  get minBytes(): number {
    return this.partition.topic.settings.storage.minBytes;
  }

  get segments(): readonly SegmentSpan[] {
    this.#segments ??= this.#trimmable();
    return this.#segments;
  }

  #trimmable(): readonly SegmentSpan[] {
    const { partition } = this;
    try {
      return partition.log.segmentSpans(partition.highWatermark);
    } catch (error) {
      // Who next asks for the partition is told; here the others are what counts.
      partition.failedWith(error);
      return [];
    }
  }
}

/** Why segments are deleted for space: their topic has too much, or this broker, or a follower. */
export type TrimReason = "topic" | "disk" | "follower";

/** Deletes segments so that logs need less space. */
export class LogTrims {
  /** Bytes that were deleted for the sake of space since the start. */
  readonly deletedBytes: Record<TrimReason, number> = { topic: 0, disk: 0, follower: 0 };

  constructor(
    private readonly logger: Logger,
    private readonly trimmed: (partition: Partition, bytes: number) => void,
    /** Left out, what other brokers lead stays as it is. */
    private readonly request?: TrimRequest,
  ) {}

  /**
   * Takes `overBytes` from `entries`; see {@link planTrims}. What this broker leads goes at once,
   * the leaders of the rest are asked.
   * @returns bytes that are out of use now
   */
  trim(
    overBytes: number,
    entries: readonly LedgerEntry[],
    reason: TrimReason,
    keepsOf: (entry: LedgerEntry) => number = ({ allotmentBytes }) => allotmentBytes,
  ): number {
    if (overBytes <= 0) return 0;
    const candidates: TrimmableLog[] = [];
    for (const entry of entries) {
      const { partition } = entry;
      const isOurs = partition.isLeader || this.request !== undefined;
      if (!isOurs || entry.isSpared || !partition.isOnline) continue;
      candidates.push(new TrimmableLog(partition, keepsOf(entry)));
    }
    let deletedBytes = 0;
    for (const { candidate, startOffset } of planTrims(overBytes, candidates)) {
      const { partition } = candidate;
      if (partition.isLeader) {
        deletedBytes += this.#advance(partition, startOffset, reason);
      } else this.request?.(partition, startOffset);
    }
    this.deletedBytes[reason] += deletedBytes;
    return deletedBytes;
  }

  /**
   * Trims what this broker leads, as a broker asks that follows it and is short of room. It has seen
   * to it that it keeps the minimum. Its segments end elsewhere than ours: the log start is to be
   * where it asks for, even if that frees nothing here yet.
   */
  trimTo(partition: Partition, startOffset: number): void {
    const { topic, log } = partition;
    const isSpared = isSparedTopic(topic.name, topic.settings.storage);
    if (!partition.isLeader || !partition.isOnline || isSpared) return;
    const target = Math.min(startOffset, partition.highWatermark);
    if (target > log.startOffset) {
      this.deletedBytes.follower += this.#advance(partition, target, "follower");
    }
  }

  #advance(partition: Partition, startOffset: number, reason: TrimReason): number {
    const { log, topic, index } = partition;
    const before = log.sizeBytes;
    try {
      // The active segment can't go, but its records can: they are closed off by a new one.
      const isInActive = startOffset > log.activeSegmentBaseOffset;
      if (isInActive && reason !== "follower") log.roll();
    } catch (error) {
      partition.failedWith(error);
      return 0;
    }
    const { errorCode } = partition.deleteRecordsBefore(startOffset);
    const bytes = before - log.sizeBytes;
    this.trimmed(partition, bytes);
    const fields = { topic: topic.name, partition: index, bytes, reason };
    if (errorCode === ErrorCode.NONE) {
      this.logger.info("segments deleted for space", {
        ...fields,
        logStartOffset: log.startOffset,
      });
    } else this.logger.warn("segments not deleted", { ...fields, errorCode });
    return bytes;
  }
}
