import type { Uuid } from "../../../src/base/uuid.ts";
import type { Logger } from "../../../src/base/logger.ts";
import { DEFAULT_LOG_CONFIG, type LogConfig } from "../../../src/log/log_config.ts";
import { LogDirectory, type LogDirectoryOptions } from "../../../src/log/log_directory.ts";
import type { PartitionLog } from "../../../src/log/partition_log.ts";
import { buildBatch } from "../../../src/protocol/records/batch_builder.ts";
import type { BatchInit } from "../../../src/protocol/records/batch_builder.ts";
import { sizeInBytes } from "../../../src/protocol/records/batch_layout.ts";
import { buildTransactionMarker } from "../../../src/protocol/records/control_record.ts";
import { ManualClock } from "./manual_clock.ts";
import { type Chance, SimulatedDisk } from "./simulated_disk.ts";

export const TOPIC_ID = "pxiBR9QKTEWZ2YNOnmlQyA" as Uuid;

/** Segments and index intervals so small that a few batches cross all their limits. */
export const SMALL: LogConfig = {
  ...DEFAULT_LOG_CONFIG,
  segmentBytes: 2000,
  indexIntervalBytes: 200,
};

/** A generator of numbers in [0, 1) (mulberry32). */
export function seeded(seed: number): Chance {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Opens the data directory of `disk`, its logs small. */
export function openDirectory(
  disk: SimulatedDisk,
  options: Partial<LogDirectoryOptions> = {},
): LogDirectory {
  return LogDirectory.open({
    disk,
    clock: new ManualClock(),
    random: { fill: (bytes) => bytes.fill(7) },
    config: SMALL,
    ...options,
  });
}

/** A log on a disk of its own. */
export function newLog(config: Partial<LogConfig> = {}, disk = new SimulatedDisk()) {
  const clock = new ManualClock();
  const directory = openDirectory(disk, { clock });
  const log = directory.create("t", 0, TOPIC_ID, { ...SMALL, ...config });
  return { disk, clock, directory, log };
}

/** The only log of a directory that is opened anew. */
export function reopen(disk: SimulatedDisk, options: Partial<LogDirectoryOptions> = {}) {
  const directory = openDirectory(disk, options);
  return { directory, log: directory.get("t", 0)! };
}

/** A batch of `count` records of which each says `text`. */
export function batchOf(count: number, init: BatchInit & { timestamp?: number } = {}): Uint8Array {
  const { timestamp = 1000, ...rest } = init;
  const records = Array.from({ length: count }, (_, i) => ({
    value: new TextEncoder().encode(`record ${i} of a batch`),
    timestamp: timestamp + i,
  }));
  return buildBatch(records, rest);
}

/** The marker that ends a transaction of producer `producerId`. */
export function markerOf(producerId: number, committed: boolean, producerEpoch = 0): Uint8Array {
  return buildTransactionMarker({
    producerId,
    producerEpoch,
    committed,
    coordinatorEpoch: 0,
    timestamp: 1000,
  });
}

/** Appends, and fails the test unless it was appended. */
export function appended(log: PartitionLog, batch: Uint8Array, leaderEpoch = 0) {
  const result = log.append(batch, leaderEpoch);
  if (result.kind !== "appended") throw new Error(JSON.stringify(result));
  return result;
}

/** All batches from `from` up to the end, each in bytes of its own. */
export async function readAll(
  log: PartitionLog,
  from = log.startOffset,
  maxBytes = 1000,
): Promise<Uint8Array[]> {
  const batches: Uint8Array[] = [];
  let offset = from;
  while (offset < log.endOffset) {
    const options = { maxBytes, upTo: log.endOffset, atLeastOneBatch: true };
    const slice = await log.read(offset, options);
    if (slice.bytes === 0) throw new Error(`nothing to read at ${offset}`);
    for (const chunk of slice.chunks) batches.push(...splitBatches(chunk.slice()));
    offset = slice.nextOffset;
    slice.release();
  }
  return batches;
}

/** The batches that `bytes` consists of. */
export function splitBatches(bytes: Uint8Array): Uint8Array[] {
  const batches: Uint8Array[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = sizeInBytes(bytes, at);
    batches.push(bytes.subarray(at, at + size));
    at += size;
  }
  return batches;
}

/** Keeps what is logged, to be looked at. */
export function recordingLogger(): Logger & { readonly events: string[] } {
  const events: string[] = [];
  const note = (event: string) => void events.push(event);
  return { events, debug: note, info: note, warn: note, error: note };
}
