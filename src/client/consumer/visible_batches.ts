import { ControlType, readControlRecord } from "../../protocol/records/control_record.ts";
import {
  codecOf,
  HEADER_BYTES,
  isControl,
  isTransactional,
  lastOffset,
  producerId,
} from "../../protocol/records/batch_layout.ts";
import { batchSizeAt, verifyCrc } from "../../protocol/records/batch_scan.ts";
import { CorruptBatchError } from "../../protocol/records/corrupt_batch_error.ts";
import type { AbortedTransaction } from "../../protocol/generated/fetch_response.ts";

/** Offset behind the last whole batch of `records`; undefined when there is none. */
export function endOffsetOf(records: Uint8Array): number | undefined {
  let last = -1;
  for (let at = 0;;) {
    const size = batchSizeAt(records, at, records.length);
    if (size <= 0) break;
    last = at;
    at += size;
  }
  return last < 0 ? undefined : lastOffset(records, last) + 1;
}

/**
 * Calls `visit` with the position and size of each batch whose records a consumer may see: no
 * control batches, and none of transactions that were aborted.
 *
 * @param aborted of the Fetch answer, with isolation read_committed; null shows all transactions
 * @param checksCrc whether the CRC of each batch is verified
 * @throws {CorruptBatchError} when what is there is no batch, or its CRC is wrong
 */
export function forEachVisibleBatch(
  records: Uint8Array,
  aborted: readonly AbortedTransaction[] | null,
  checksCrc: boolean,
  visit: (position: number, size: number) => boolean | void,
): void {
  const starting = aborted === null || aborted.length === 0
    ? []
    : [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const abortedProducers = new Set<number>();
  let next = 0;
  for (let at = 0; at < records.length;) {
    const size = batchSizeAt(records, at, records.length);
    if (size < 0) throw new CorruptBatchError("the broker sent bytes that are no record batch");
    if (size === 0) return;
    if (checksCrc && !verifyCrc(records, at)) {
      throw new CorruptBatchError("the CRC of a record batch is wrong");
    }
    const last = lastOffset(records, at);
    for (; next < starting.length && starting[next]!.firstOffset <= last; next++) {
      abortedProducers.add(starting[next]!.producerId);
    }
    if (isControl(records, at)) {
      const producer = producerId(records, at);
      if (abortedProducers.has(producer) && endsAborted(records, at)) {
        abortedProducers.delete(producer);
      }
    } else if (!isTransactional(records, at) || !abortedProducers.has(producerId(records, at))) {
      if (visit(at, size) === false) return;
    }
    at += size;
  }
}

/** Whether the records of the batch lie in `records` as they are. */
export function isPlainBatch(records: Uint8Array, position: number): boolean {
  return codecOf(records, position) === 0;
}

/** Where the records of a batch begin. */
export function recordsStart(position: number): number {
  return position + HEADER_BYTES;
}

function endsAborted(records: Uint8Array, position: number): boolean {
  return readControlRecord(records, position)?.type === ControlType.abort;
}
