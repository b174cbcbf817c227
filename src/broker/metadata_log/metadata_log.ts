/** The log below a metadata quorum, and ways to read it. */
import type { Appended, AppendResult, Rejected } from "../../log/log_appender.ts";
import { CorruptLogError } from "../../log/log_reader.ts";
import type { LogSlice } from "../../log/log_slice.ts";
import { lastOffset } from "../../protocol/records/batch_layout.ts";
import { scanBatches, verifyCrc } from "../../protocol/records/batch_scan.ts";

/** What a quorum needs of a log. `PartitionLog` is one. */
export interface MetadataLog {
  readonly startOffset: number;
  /** The next offset to be assigned. */
  readonly endOffset: number;
  /** The highest leader epoch of its batches; -1 when there is none. */
  readonly latestEpoch: number;
  /** All below it is durable. */
  readonly flushedOffset: number;
  append(batch: Uint8Array, leaderEpoch: number): AppendResult;
  appendAsFollower(batches: Uint8Array): Appended | Rejected;
  read(
    offset: number,
    options: {
      readonly maxBytes: number;
      readonly upTo: number;
      readonly atLeastOneBatch: boolean;
    },
  ): LogSlice | Promise<LogSlice>;
  /** Resolves when everything that was appended before the call is durable. */
  flush(): Promise<void>;
  advanceStartOffset(offset: number): void;
  /** Removes the batches at and above `offset`, durably. */
  truncateTo(offset: number): void;
  /** Removes everything, durably; the next batch has `offset`. */
  restartAt(offset: number): void;
}

const READ_BYTES = 4 * 1024 * 1024;

/** What {@link scanLog} found wrong; undefined when the log is whole. */
export interface Damage {
  /** Of the first batch that can't be read. */
  readonly offset: number;
}

/**
 * Calls `visit` for each batch of `log` from `fromOffset` to `upTo`, in order, after its CRC was
 * found good. Waits for what is not in memory.
 */
export async function scanLog(
  log: MetadataLog,
  fromOffset: number,
  upTo: number,
  visit: (batches: Uint8Array, position: number) => void,
): Promise<Damage | undefined> {
  for (let offset = fromOffset; offset < upTo;) {
    let slice: LogSlice;
    try {
      slice = await log.read(offset, { maxBytes: READ_BYTES, upTo, atLeastOneBatch: true });
    } catch (error) {
      if (error instanceof CorruptLogError) return { offset };
      throw error;
    }
    try {
      const endOffset = visitBatches(joined(slice), offset, visit);
      if (endOffset !== slice.nextOffset || endOffset === offset) return { offset: endOffset };
      offset = endOffset;
    } finally {
      slice.release();
    }
  }
  return undefined;
}

/**
 * Calls `visit` for each batch, in order, until one has not the CRC that it claims.
 * @returns the offset after the last good batch; `fromOffset` when there is none
 */
export function visitBatches(
  batches: Uint8Array,
  fromOffset: number,
  visit: (batches: Uint8Array, position: number) => void,
): number {
  let endOffset = fromOffset;
  scanBatches(batches, (position) => {
    if (!verifyCrc(batches, position)) return false;
    visit(batches, position);
    endOffset = lastOffset(batches, position) + 1;
    return true;
  });
  return endOffset;
}

/**
 * The batches from `fromOffset` to `upTo`, both starts of batches, in an array of their own; a
 * promise of them when they are not in memory. Undefined when the log does not have them.
 */
export function readRange(
  log: MetadataLog,
  fromOffset: number,
  upTo: number,
): Uint8Array | undefined | Promise<Uint8Array | undefined> {
  if (fromOffset === upTo) return new Uint8Array(0);
  if (fromOffset < log.startOffset || upTo > log.endOffset) return undefined;
  const slice = log.read(fromOffset, { maxBytes: READ_BYTES, upTo, atLeastOneBatch: true });
  if (!(slice instanceof Promise) && slice.nextOffset === upTo) return copied(slice);
  return readPieces(log, fromOffset, upTo, slice);
}

async function readPieces(
  log: MetadataLog,
  fromOffset: number,
  upTo: number,
  first: LogSlice | Promise<LogSlice>,
): Promise<Uint8Array | undefined> {
  const pieces: Uint8Array[] = [];
  let slice = await first;
  for (let offset = fromOffset;;) {
    if (slice.nextOffset <= offset) {
      slice.release();
      return undefined;
    }
    offset = slice.nextOffset;
    pieces.push(copied(slice));
    if (offset >= upTo) return concatenated(pieces);
    slice = await log.read(offset, { maxBytes: READ_BYTES, upTo, atLeastOneBatch: true });
  }
}

/** The batches of a slice in an array of their own; the slice is given back. */
export function copied(slice: LogSlice): Uint8Array {
  const copy = concatenated(slice.chunks);
  slice.release();
  return copy;
}

/** One array of its own with all of `parts`. */
export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((bytes, part) => bytes + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function joined({ chunks }: LogSlice): Uint8Array {
  return chunks.length === 1 ? chunks[0]! : concatenated(chunks);
}
