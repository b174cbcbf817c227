import { ErrorCode } from "../protocol/error_codes.ts";
import * as layout from "../protocol/records/batch_layout.ts";
import { BATCH_MALFORMED, batchSizeAt } from "../protocol/records/batch_scan.ts";
import { readControlRecord } from "../protocol/records/control_record.ts";
import { replayBatch } from "./log_replay.ts";
import { LogSegment, NEW_SEGMENT } from "./log_segment.ts";
import type { LogState } from "./log_state.ts";
import { encodeProducerSnapshot } from "./producer_snapshots.ts";
import type { SequenceVerdict } from "./producer_states.ts";

/** Offsets in a segment and its indexes are int32, relative to the segment's base. */
const INT32_MAX = 2 ** 31 - 1;

/** A batch, or the batches of a follower, are in the log. */
export interface Appended {
  readonly kind: "appended";
  readonly baseOffset: number;
  readonly lastOffset: number;
}

/** The producer sent the batch before; it is in the log at these offsets. */
export interface Duplicate {
  readonly kind: "duplicate";
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** When the first copy was appended, in a log of LogAppendTime; else -1. */
  readonly appendTimeMs: number;
}

/** Nothing was written. */
export interface Rejected {
  readonly kind: "rejected";
  readonly errorCode: number;
  readonly message: string;
}

/** What became of a batch. */
export type AppendResult = Appended | Duplicate | Rejected;

/** Writes batches behind the last one, as leader or as follower, and rolls segments. */
export class LogAppender {
  constructor(private readonly state: LogState) {}

  /** See `PartitionLog.append`. */
  append(batch: Uint8Array, leaderEpoch: number, mustStartAtZero: boolean): AppendResult {
    const { state } = this;
    state.settle();
    if (layout.producerId(batch, 0) >= 0) {
      const verdict = this.#check(batch, mustStartAtZero);
      if (verdict.kind === "rejected") return verdict;
      if (verdict.kind === "duplicate") return this.#duplicate(verdict);
    }
    const baseOffset = state.endOffset;
    const lastOffset = baseOffset + layout.lastOffsetDelta(batch, 0);
    layout.setBaseOffset(batch, 0, baseOffset);
    layout.setPartitionLeaderEpoch(batch, 0, leaderEpoch);
    this.#rollFor(batch.length, lastOffset, layout.maxTimestamp(batch, 0));
    this.#write(batch, baseOffset, lastOffset);
    return { kind: "appended", baseOffset, lastOffset };
  }

  /** See `PartitionLog.appendAsFollower`. */
  appendAsFollower(batches: Uint8Array): Appended | Rejected {
    const { state } = this;
    state.settle();
    const baseOffset = state.endOffset;
    const end = wholeBatches(batches, baseOffset);
    if (typeof end !== "number") return end;
    let runStart = 0;
    let runLast = baseOffset - 1;
    let runBytes = 0;
    for (let at = 0; at < end;) {
      const size = layout.sizeInBytes(batches, at);
      const last = layout.lastOffset(batches, at);
      if (this.#mustRoll(runBytes + size, last, layout.maxTimestamp(batches, at))) {
        if (runBytes > 0) {
          this.#write(batches.subarray(runStart, at), state.endOffset, runLast);
          runStart = at;
          runBytes = 0;
        }
        this.#rollFor(size, last, layout.maxTimestamp(batches, at));
      }
      runBytes += size;
      runLast = last;
      at += size;
    }
    if (runBytes > 0) this.#write(batches.subarray(runStart, end), state.endOffset, runLast);
    return { kind: "appended", baseOffset, lastOffset: state.endOffset - 1 };
  }

  /**
   * Ends the active segment and begins another at the log end offset.
   * @throws {DiskError} the active segment is the same as before
   */
  roll(): void {
    const { state } = this;
    state.settle();
    const { active } = state.segments;
    if (active.sizeBytes === 0) return;
    const { environment, directory, endOffset } = state;
    state.snapshots.write(endOffset, encodeProducerSnapshot(state.producers));
    active.finish();
    const nowMs = environment.clock.wallMs();
    const next = new LogSegment(environment, directory, endOffset, nowMs, NEW_SEGMENT);
    next.file.open();
    state.segments.push(next);
    state.names.changed();
  }

  #check(batch: Uint8Array, mustStartAtZero: boolean): SequenceVerdict {
    const { producers } = this.state;
    const producerId = layout.producerId(batch, 0);
    const epoch = layout.producerEpoch(batch, 0);
    if (layout.isControl(batch, 0)) {
      const coordinatorEpoch = readControlRecord(batch)?.coordinatorEpoch ?? -1;
      return producers.checkMarker(producerId, epoch, coordinatorEpoch);
    }
    return producers.check(
      producerId,
      epoch,
      layout.baseSequence(batch, 0),
      layout.lastOffsetDelta(batch, 0),
      layout.isTransactional(batch, 0),
      mustStartAtZero,
    );
  }

  #duplicate(verdict: SequenceVerdict & { readonly kind: "duplicate" }): Duplicate {
    const { lastOffset, offsetDelta, timestampMs } = verdict.batch;
    const isAppendTime = this.state.config.timestampType === "LogAppendTime";
    return {
      kind: "duplicate",
      baseOffset: lastOffset - offsetDelta,
      lastOffset,
      appendTimeMs: isAppendTime ? timestampMs : -1,
    };
  }

  #mustRoll(bytes: number, lastOffset: number, timestampMs: number): boolean {
    const { config, segments, environment } = this.state;
    const { active } = segments;
    if (active.mustRoll(bytes, lastOffset, config)) return true;
    const usesClock = active.firstTimestampMs < 0 || timestampMs < 0;
    return active.isOver(timestampMs, usesClock ? environment.clock.wallMs() : 0, config);
  }

  #rollFor(bytes: number, lastOffset: number, timestampMs: number): void {
    if (this.#mustRoll(bytes, lastOffset, timestampMs)) this.roll();
  }

  /** Writes whole batches that go to the active segment, and takes them up. */
  #write(bytes: Uint8Array, baseOffset: number, lastOffset: number): void {
    const { state } = this;
    const { active } = state.segments;
    const start = active.sizeBytes;
    try {
      active.write(bytes, state.config);
    } catch (error) {
      this.#cutTornWrite(active);
      throw error;
    }
    const { indexIntervalBytes } = state.config;
    for (let at = 0; at < bytes.length;) {
      const size = layout.sizeInBytes(bytes, at);
      const last = layout.lastOffset(bytes, at);
      const timestampMs = layout.maxTimestamp(bytes, at);
      active.noteBatch(start + at, size, last, timestampMs, indexIntervalBytes);
      const epoch = layout.partitionLeaderEpoch(bytes, at);
      if (epoch > state.epochs.latestEpoch) {
        state.epochs.assign(epoch, layout.baseOffset(bytes, at));
      }
      if (layout.producerId(bytes, at) >= 0) this.#replay(active, bytes, at);
      at += size;
    }
    state.tail.append(bytes, active.baseOffset, start, baseOffset, lastOffset + 1);
    state.endOffset = lastOffset + 1;
  }

  #replay(segment: LogSegment, bytes: Uint8Array, at: number): void {
    const aborted = replayBatch(this.state.producers, bytes, at);
    if (aborted === undefined) return;
    try {
      segment.txnIndex.add(aborted);
    } catch (error) {
      // The marker is in the log and its index entry is not: opening the log again repairs it.
      throw this.state.fail(error);
    }
  }

  #cutTornWrite(segment: LogSegment): void {
    try {
      segment.cutExcess();
    } catch (error) {
      this.state.fail(error);
    }
  }
}

/** End of the whole batches in `batches`, when they can follow `endOffset`. */
function wholeBatches(batches: Uint8Array, endOffset: number): number | Rejected {
  let next = endOffset;
  let at = 0;
  while (at < batches.length) {
    const size = batchSizeAt(batches, at, batches.length);
    if (size === BATCH_MALFORMED) {
      return corrupt(`No record batch at byte ${at} of ${batches.length}.`);
    }
    // The fetch limit may cut the last batch off; it comes again with the next fetch.
    if (size <= 0) break;
    const first = layout.baseOffset(batches, at);
    const last = layout.lastOffset(batches, at);
    if (first < next || last < first || last - next > INT32_MAX) {
      return corrupt(`Batch of offsets ${first} to ${last} can't follow offset ${next - 1}.`);
    }
    next = last + 1;
    at += size;
  }
  return at;
}

function corrupt(message: string): Rejected {
  return { kind: "rejected", errorCode: ErrorCode.CORRUPT_MESSAGE, message };
}
