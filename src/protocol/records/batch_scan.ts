import { crc32c } from "../../base/crc32c.ts";
import {
  ATTRIBUTES_AT,
  BATCH_LENGTH_AT,
  BATCH_LENGTH_MIN,
  HEADER_BYTES,
  LOG_OVERHEAD_BYTES,
  magic,
  MAGIC_V2,
  setCrc,
  sizeInBytes,
  storedCrc,
} from "./batch_layout.ts";

/** No whole batch at the position: its bytes end first. */
export const BATCH_CUT_OFF = 0;
/** The bytes at the position are no v2 batch: a length that can't be, or another magic. */
export const BATCH_MALFORMED = -1;

/**
 * Size in bytes of the batch at `position`, when it lies whole between there and `limit`; else
 * {@link BATCH_CUT_OFF} or {@link BATCH_MALFORMED}. After a positive answer the functions of
 * `batch_layout.ts` are safe to call.
 */
export function batchSizeAt(buffer: Uint8Array, position: number, limit: number): number {
  if (limit - position < BATCH_LENGTH_AT + 4) return BATCH_CUT_OFF;
  const size = sizeInBytes(buffer, position);
  if (size < BATCH_LENGTH_MIN + LOG_OVERHEAD_BYTES) return BATCH_MALFORMED;
  if (limit - position < HEADER_BYTES) return BATCH_CUT_OFF;
  if (magic(buffer, position) !== MAGIC_V2) return BATCH_MALFORMED;
  return size > limit - position ? BATCH_CUT_OFF : size;
}

/**
 * Whether the batch at `position` has the CRC-32C that it claims. Only after {@link batchSizeAt}
 * has found a whole batch there.
 */
export function verifyCrc(buffer: Uint8Array, position: number): boolean {
  return computeCrc(buffer, position) === storedCrc(buffer, position);
}

/** Stores the CRC-32C of the batch at `position` in its header. */
export function restoreCrc(buffer: Uint8Array, position: number): void {
  setCrc(buffer, position, computeCrc(buffer, position));
}

function computeCrc(buffer: Uint8Array, position: number): number {
  const end = position + sizeInBytes(buffer, position);
  return crc32c(buffer, position + ATTRIBUTES_AT, end);
}

/** What {@link scanBatches} found. */
export interface ScanResult {
  /** How many whole batches. */
  readonly batches: number;
  /** Position behind the last whole batch. */
  readonly end: number;
  /** Why it ended: all bytes used, a batch cut off, no v2 batch, or the visitor said so. */
  readonly reason: "end" | "cutOff" | "malformed" | "stopped";
}

/**
 * Calls `visit` for each whole batch from `start` to `limit`, in order, until it returns false.
 * Looks at lengths and magic alone; CRCs are the visitor's business.
 */
export function scanBatches(
  buffer: Uint8Array,
  visit: (position: number, size: number) => boolean | void,
  start = 0,
  limit = buffer.length,
): ScanResult {
  let position = start;
  let batches = 0;
  while (position < limit) {
    const size = batchSizeAt(buffer, position, limit);
    if (size === BATCH_CUT_OFF) return { batches, end: position, reason: "cutOff" };
    if (size === BATCH_MALFORMED) return { batches, end: position, reason: "malformed" };
    position += size;
    batches++;
    if (visit(position - size, size) === false) {
      return { batches, end: position, reason: "stopped" };
    }
  }
  return { batches, end: position, reason: "end" };
}
