/** The log below a metadata quorum, and the way from it to an image. */
import type { AppendResult } from "../../log/log_appender.ts";
import type { LogSlice } from "../../log/log_slice.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import {
  baseOffset,
  isControl,
  lastOffset,
  maxTimestamp,
  partitionLeaderEpoch,
} from "../../protocol/records/batch_layout.ts";
import { scanBatches, verifyCrc } from "../../protocol/records/batch_scan.ts";
import { MetadataLogError } from "../metadata_quorum.ts";
import { readMetadataBatch } from "./metadata_batch.ts";

/** What a quorum needs of a log. `PartitionLog` is one. */
export interface MetadataLog {
  readonly startOffset: number;
  /** The next offset to be assigned. */
  readonly endOffset: number;
  /** The highest leader epoch of its batches; -1 when there is none. */
  readonly latestEpoch: number;
  append(batch: Uint8Array, leaderEpoch: number): AppendResult;
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
}

/** How far a replay went. */
export interface ReplayedLog {
  readonly bytes: number;
  /** Leader epoch of the last batch; undefined when there was none. */
  readonly lastEpoch: number | undefined;
  /** Largest timestamp of the last batch, in milliseconds; undefined when there was none. */
  readonly lastTimestampMs: number | undefined;
}

const READ_BYTES = 4 * 1024 * 1024;

/**
 * Replays the records of `log` from `fromOffset` to its end into `image`.
 * @throws {MetadataLogError} when a batch is damaged
 */
export async function replayLog(
  log: MetadataLog,
  fromOffset: number,
  image: ClusterImage,
): Promise<ReplayedLog> {
  let bytes = 0;
  let lastEpoch: number | undefined;
  let lastTimestampMs: number | undefined;
  for (let offset = fromOffset; offset < log.endOffset;) {
    const slice = await log.read(offset, {
      maxBytes: READ_BYTES,
      upTo: log.endOffset,
      atLeastOneBatch: true,
    });
    try {
      if (slice.bytes === 0) throw damaged(offset);
      const batches = joined(slice);
      const { end } = scanBatches(batches, (position) => {
        if (!verifyCrc(batches, position)) return false;
        replayBatch(batches, position, fromOffset, image);
        lastEpoch = partitionLeaderEpoch(batches, position);
        lastTimestampMs = maxTimestamp(batches, position);
        offset = lastOffset(batches, position) + 1;
        return true;
      });
      if (end !== batches.length || offset !== slice.nextOffset) throw damaged(offset);
      bytes += batches.length;
    } finally {
      slice.release();
    }
  }
  return { bytes, lastEpoch, lastTimestampMs };
}

function replayBatch(
  batches: Uint8Array,
  position: number,
  fromOffset: number,
  image: ClusterImage,
): void {
  if (isControl(batches, position)) return;
  let offset = baseOffset(batches, position);
  for (const record of readMetadataBatch(batches, position)) {
    if (offset >= fromOffset) image.replay(record, offset);
    offset++;
  }
}

function joined({ chunks, bytes }: LogSlice): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function damaged(offset: number): MetadataLogError {
  return new MetadataLogError(`the metadata log is damaged at offset ${offset}`);
}
