import * as layout from "../protocol/records/batch_layout.ts";
import { ControlType, readControlRecord } from "../protocol/records/control_record.ts";
import type { LogEnvironment } from "./log_environment.ts";
import type { LogSegment } from "./log_segment.ts";
import type { ProducerStates } from "./producer_states.ts";
import type { SegmentList } from "./segment_list.ts";
import { cursorBefore } from "./segment_lookup.ts";
import type { AbortedTransaction } from "./transaction_index.ts";

/**
 * Takes a batch that is in the log up into the producers' state. The batch is whole when it is a
 * control batch, else its header is enough.
 *
 * @returns the transaction that it aborts
 * @throws {CorruptBatchError} when a control batch holds no control record
 */
export function replayBatch(
  producers: ProducerStates,
  buffer: Uint8Array,
  at: number,
): AbortedTransaction | undefined {
  const producerId = layout.producerId(buffer, at);
  if (producerId < 0) return undefined;
  const epoch = layout.producerEpoch(buffer, at);
  const timestampMs = layout.maxTimestamp(buffer, at);
  const baseOffset = layout.baseOffset(buffer, at);
  if (!layout.isControl(buffer, at)) {
    producers.wrote(
      producerId,
      epoch,
      layout.baseSequence(buffer, at),
      baseOffset,
      layout.lastOffset(buffer, at),
      timestampMs,
      layout.isTransactional(buffer, at),
    );
    return undefined;
  }
  const record = readControlRecord(buffer, at);
  if (record?.type !== ControlType.commit && record?.type !== ControlType.abort) return undefined;
  const isCommit = record.type === ControlType.commit;
  const { coordinatorEpoch } = record;
  return producers.ended(producerId, epoch, coordinatorEpoch, isCommit, baseOffset, timestampMs);
}

/** Told of each batch while the log is replayed. */
export interface ReplayVisitor {
  /** The header of a batch; all of it when the batch is a control batch. */
  batch(segment: LogSegment, buffer: Uint8Array, at: number): void;
}

/** Reads the batch headers from `from` up to `upTo`, in order. */
export function replayLog(
  environment: LogEnvironment,
  segments: SegmentList,
  range: { readonly from: number; readonly upTo: number; readonly indexIntervalBytes: number },
  visitor: ReplayVisitor,
): void {
  if (range.from >= range.upTo) return;
  for (let i = segments.indexOf(range.from); i < segments.count; i++) {
    const segment = segments.at(i)!;
    if (segment.sizeBytes === 0) continue;
    const from = Math.max(range.from, segment.baseOffset);
    const cursor = cursorBefore(environment, segment, from, range.indexIntervalBytes);
    try {
      while (cursor.next()) {
        if (cursor.baseOffset >= range.upTo) return;
        if (cursor.lastOffset < from) continue;
        if (layout.isControl(cursor.buffer, cursor.at) && !cursor.loadBody()) return;
        visitor.batch(segment, cursor.buffer, cursor.at);
      }
    } finally {
      cursor.close();
    }
  }
}
