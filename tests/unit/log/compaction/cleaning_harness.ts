import { InProcessCleaner } from "../../../../src/log/compaction/in_process_cleaner.ts";
import type {
  CleaningClient,
  CleaningOutcome,
  CleaningResources,
} from "../../../../src/log/compaction/cleaning_job.ts";
import type { CleaningSurvey } from "../../../../src/log/compaction/log_cleaning.ts";
import type { LogConfig } from "../../../../src/log/log_config.ts";
import type { PartitionLog } from "../../../../src/log/partition_log.ts";
import {
  type BatchInit,
  buildBatch,
  type RecordInit,
} from "../../../../src/protocol/records/batch_builder.ts";
import * as layout from "../../../../src/protocol/records/batch_layout.ts";
import { readRecords } from "../../../../src/protocol/records/record_reader.ts";
import { ManualClock } from "../manual_clock.ts";
import { appended, openDirectory, readAll, SMALL, TOPIC_ID } from "../log_harness.ts";
import { SimulatedDisk } from "../simulated_disk.ts";

export const DAY_MS = 24 * 3600 * 1000;

/** A compacted log of segments that hold a few batches. */
export const COMPACTED: Partial<LogConfig> = {
  cleanupDelete: false,
  cleanupCompact: true,
  segmentBytes: 600,
  deleteRetentionMs: DAY_MS,
};

const SECRET = new Int32Array([1, 2, 3, 4]);

export const RESOURCES: CleaningResources = {
  dedupeBytes: 1024 * 1024,
  loadFactor: 0.9,
  ioBufferBytes: 128 * 1024,
  ioBytesPerSecond: Infinity,
};

/** A compacted log on a disk of its own. */
export function newCompacted(
  config: Partial<LogConfig> = {},
  disk: SimulatedDisk = new SimulatedDisk(),
  startMs = 1_700_000_000_000,
) {
  const clock = new ManualClock(startMs);
  const directory = openDirectory(disk, { clock });
  const log = directory.create("t", 0, TOPIC_ID, { ...SMALL, ...COMPACTED, ...config });
  return { disk, clock, directory, log };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `a=1` is a record of key a and value 1; `a` alone is a tombstone; `=1` has no key. */
export function recordOf(text: string, timestamp = 1000): RecordInit {
  const [key, value] = text.split("=");
  return {
    key: key === "" ? null : encoder.encode(key),
    value: value === undefined ? null : encoder.encode(value),
    timestamp,
  };
}

/** Appends one batch of records written as {@link recordOf} reads them, separated by blanks. */
export function write(
  log: PartitionLog,
  text: string,
  init: BatchInit & { timestamp?: number } = {},
) {
  const { timestamp, ...rest } = init;
  const records = text.split(" ").map((record) => recordOf(record, timestamp));
  return appended(log, buildBatch(records, rest), init.partitionLeaderEpoch ?? 0);
}

/** Ends the active segment, so that all before it can be cleaned. */
export function roll(log: PartitionLog, clock: ManualClock): void {
  const { config } = log;
  log.config = { ...config, segmentMs: 0 };
  log.rollIfDue(clock.wallMs() + 1);
  log.config = config;
}

/** What a cleaning is told, other than usual. */
export interface CleanOptions {
  readonly cleanedOffset?: number;
  readonly nowMs?: number;
  readonly lastStableOffset?: number;
  readonly resources?: Partial<CleaningResources>;
  readonly client?: (client: CleaningClient) => CleaningClient;
}

/** The survey of the log, as far as nothing else is given. */
export function surveyOf(
  log: PartitionLog,
  nowMs: number,
  { cleanedOffset, lastStableOffset }: CleanOptions = {},
): CleaningSurvey {
  const stable = () => lastStableOffset ?? log.firstUnstableOffset(log.endOffset) ?? log.endOffset;
  return log.cleaning.survey({ cleanedOffset, lastStableOffset: stable, nowMs });
}

/** How a cleaning ended, and the end of the segments that it has rewritten. */
export type Cleaned = CleaningOutcome & { readonly rewrittenOffset: number };

/** Cleans all of the log that can be cleaned. */
export async function clean(
  { log, clock, disk }: {
    readonly log: PartitionLog;
    readonly clock: ManualClock;
    readonly disk: SimulatedDisk;
  },
  options: CleanOptions = {},
): Promise<Cleaned> {
  const nowMs = options.nowMs ?? clock.wallMs();
  const survey = surveyOf(log, nowMs, options);
  const resources = { ...RESOURCES, ...options.resources };
  const run = log.cleaning.begin(survey, resources, nowMs, SECRET);
  let rewrittenOffset = 0;
  const client: CleaningClient = {
    isWanted: () => run.isCurrent,
    swap(cleaned) {
      rewrittenOffset = run.job.sources[cleaned.endSource - 1]!.endOffset;
      return run.swap(cleaned);
    },
  };
  const cleaner = new InProcessCleaner({ disk, clock });
  const outcome = await cleaner.clean(run.job, options.client?.(client) ?? client);
  return { ...outcome, rewrittenOffset };
}

/** The log as text: a word for each batch, `offset:key=value` for each of its records. */
export async function show(log: PartitionLog): Promise<string[]> {
  return (await readAll(log)).map(describeBatch);
}

/** `[0-2 pid:epoch:sequence horizon] 0:a=1 2:b`; what is usual is left out. */
export function describeBatch(batch: Uint8Array): string {
  const head = [`${layout.baseOffset(batch, 0)}-${layout.lastOffset(batch, 0)}`];
  const pid = layout.producerId(batch, 0);
  if (pid >= 0) {
    head.push(`p${pid}:${layout.producerEpoch(batch, 0)}:${layout.baseSequence(batch, 0)}`);
  }
  if (layout.hasDeleteHorizon(batch, 0)) head.push(`until ${layout.baseTimestamp(batch, 0)}`);
  const records = readRecords(batch).map(({ offset, key, value }) => {
    if (layout.isControl(batch, 0)) return `${offset}:${key![3] === 1 ? "commit" : "abort"}`;
    const text = value === null ? "" : `=${decoder.decode(value)}`;
    return `${offset}:${key === null ? "" : decoder.decode(key)}${text}`;
  });
  return [`[${head.join(" ")}]`, ...records].join(" ");
}
