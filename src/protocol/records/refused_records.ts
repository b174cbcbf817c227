import { ErrorCode } from "../error_codes.ts";
import { baseTimestamp, isLogAppendTime, NO_TIMESTAMP, recordCount } from "./batch_layout.ts";
import { CorruptBatchError } from "./corrupt_batch_error.ts";
import type { ProduceRules } from "./produce_rules.ts";
import { InvalidBatch, invalidRecord, type RecordError } from "./produce_verdict.ts";
import { RecordCursor } from "./record_cursor.ts";

/**
 * Goes through the records of a batch that looked suspicious, to name each that the topic refuses;
 * undefined when it turns out that there is none. A timestamp that is refused outranks a missing
 * key in the error code of the batch.
 *
 * @param batch its header counts
 * @param plain its records, uncompressed
 */
export function refusedRecords(
  batch: Uint8Array,
  plain: Uint8Array,
  rules: ProduceRules,
  nowMs: number,
): InvalidBatch | undefined {
  const cursor = new RecordCursor({
    bytes: plain,
    start: 0,
    end: plain.length,
    count: recordCount(batch, 0),
    baseOffset: 0,
    baseTimestamp: baseTimestamp(batch, 0),
    logAppendTime: undefined,
  });
  const errors: RecordError[] = [];
  let timestampRefused = false;
  const claimsAppendTime = isLogAppendTime(batch, 0);
  try {
    while (cursor.next()) {
      const batchIndex = cursor.index;
      if (cursor.offsetDelta !== batchIndex) {
        return invalidRecord("the offset deltas of the records are not consecutive from 0");
      }
      if (rules.compacted && cursor.keyLength < 0) {
        errors.push({ batchIndex, message: "a compacted topic takes no record without a key" });
      }
      const message = claimsAppendTime
        ? "a producer may not set the timestamp type LogAppendTime"
        : refusedTimestamp(cursor.timestamp, rules, nowMs);
      if (message !== undefined) {
        errors.push({ batchIndex, message });
        timestampRefused = true;
      }
    }
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error;
    return invalidRecord(`the records are malformed: ${error.message}`);
  }
  if (errors.length === 0) return undefined;
  return new InvalidBatch(
    timestampRefused ? ErrorCode.INVALID_TIMESTAMP : ErrorCode.INVALID_RECORD,
    `${errors.length} of the records were refused; the first: ${errors[0]!.message}`,
    errors,
  );
}

function refusedTimestamp(
  timestamp: number,
  rules: ProduceRules,
  nowMs: number,
): string | undefined {
  if (rules.timestampType !== "CreateTime" || timestamp === NO_TIMESTAMP) return undefined;
  if (timestamp < nowMs - rules.timestampBeforeMaxMs) {
    return `timestamp ${timestamp} is too far in the past`;
  }
  if (timestamp > nowMs + rules.timestampAfterMaxMs) {
    return `timestamp ${timestamp} is too far in the future`;
  }
  return undefined;
}
