import {
  BATCH_LENGTH_MIN,
  LOG_OVERHEAD_BYTES,
  sizeInBytes,
} from "../../../protocol/records/batch_layout.ts";
import { BATCH_MALFORMED, batchSizeAt } from "../../../protocol/records/batch_scan.ts";
import type { ByteSource } from "../../surroundings.ts";

const BUFFER_BYTES = 4 * 1024 * 1024;
const SIZE_KNOWN_BYTES = 12;
/** No batch is larger, whatever the file says. */
const BATCH_BYTES_MAX = 1024 * 1024 * 1024;

/** How the reading of a segment ended. */
export interface SegmentEnd {
  /** Bytes of whole batches from the start of the file on. */
  readonly position: number;
  /** What stands behind them; undefined when the file ends there, or goes on with zeros. */
  readonly problem: string | undefined;
}

/**
 * Calls `visit` for each whole batch of a segment file. The bytes are valid during the call alone.
 *
 * @param visit gets the bytes, where in them the batch is, its size, and its position in the file
 */
export async function forEachBatch(
  source: ByteSource,
  visit: (bytes: Uint8Array, at: number, size: number, position: number) => void,
): Promise<SegmentEnd> {
  let buffer = new Uint8Array(BUFFER_BYTES);
  let end = 0;
  let position = 0;
  let isOver = false;
  for (;;) {
    let at = 0;
    for (;;) {
      const size = batchSizeAt(buffer, at, end);
      if (size === BATCH_MALFORMED) return { position, problem: tailProblem(buffer, at, end) };
      if (size <= 0) break;
      visit(buffer, at, size, position);
      at += size;
      position += size;
    }
    buffer.copyWithin(0, at, end);
    end -= at;
    if (isOver) {
      return { position, problem: end === 0 ? undefined : tailProblem(buffer, 0, end) };
    }
    if (end === buffer.length) {
      const needed = neededBytes(buffer);
      if (needed > BATCH_BYTES_MAX) {
        return { position, problem: `a batch that claims ${needed} bytes` };
      }
      const larger = new Uint8Array(Math.max(needed, 2 * buffer.length));
      larger.set(buffer);
      buffer = larger;
    }
    const count = await source.read(buffer.subarray(end));
    if (count === 0) isOver = true;
    else end += count;
  }
}

function neededBytes(buffer: Uint8Array): number {
  return sizeInBytes(buffer, 0);
}

/** Active segments are filled with zeros ahead; anything else is damage, or a write cut short. */
function tailProblem(buffer: Uint8Array, at: number, end: number): string | undefined {
  if (buffer.subarray(at, end).every((byte) => byte === 0)) return undefined;
  if (end - at < SIZE_KNOWN_BYTES) return `${end - at} bytes that are no batch`;
  const size = sizeInBytes(buffer, at);
  if (size < BATCH_LENGTH_MIN + LOG_OVERHEAD_BYTES) return "bytes that are no record batch";
  return `a batch of ${size} bytes, of which ${end - at} are there`;
}
