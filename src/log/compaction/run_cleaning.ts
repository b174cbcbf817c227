import type { Clock } from "../../io/clock.ts";
import type { Disk } from "../../io/disk.ts";
import { CompressionError } from "../../protocol/compression/codec.ts";
import { CorruptBatchError } from "../../protocol/records/corrupt_batch_error.ts";
import { CorruptLogError } from "../log_reader.ts";
import * as names from "../segment_names.ts";
import { LastBatches } from "./active_producers.ts";
import { BatchFilter, placeholderBatch } from "./batch_filter.ts";
import { CleanedSegmentWriter } from "./cleaned_segment_writer.ts";
import { CleanedTransactions } from "./cleaned_transactions.ts";
import type {
  CleanedSegment,
  CleaningClient,
  CleaningJob,
  CleaningOutcome,
  SourceSegment,
} from "./cleaning_job.ts";
import { KeyIndexing } from "./key_indexing.ts";
import { OffsetMap } from "./offset_map.ts";
import { Pacer } from "./pacer.ts";
import { groupSegments, type SegmentGroup } from "./segment_groups.ts";
import { SourceReader } from "./source_reader.ts";

/** The smallest useful buffers, whatever the settings say. */
const BUFFER_BYTES_MIN = 64 * 1024;

/** What a cleaning works with. */
export interface CleaningTools {
  /** The data directory. */
  readonly disk: Disk;
  readonly clock: Clock;
}

/**
 * Cleans a log as Kafka's cleaner does: reads the dirty part and keeps the last offset of each key
 * in a table of bounded size, then copies all segments up to there, without what the table says is
 * out of date, into new segments that the client swaps in one by one.
 *
 * @throws {DiskError}
 * @throws {CorruptLogError}
 */
export async function runCleaning(
  tools: CleaningTools,
  job: CleaningJob,
  client: CleaningClient,
): Promise<CleaningOutcome> {
  return await new CleaningRun(tools, job, client).run();
}

/** One cleaning while it is under way. */
class CleaningRun {
  readonly #tools: CleaningTools;
  readonly #job: CleaningJob;
  readonly #client: CleaningClient;
  readonly #pacer: Pacer;
  readonly #map: OffsetMap;
  readonly #bufferBytes: number;
  readonly #counts = { bytesRead: 0, bytesWritten: 0, recordsRead: 0, recordsKept: 0 };

  constructor(tools: CleaningTools, job: CleaningJob, client: CleaningClient) {
    const { resources, sources, firstDirtyOffset, secret } = job;
    this.#tools = tools;
    this.#job = job;
    this.#client = client;
    this.#pacer = new Pacer(tools.clock, resources.ioBytesPerSecond);
    this.#bufferBytes = Math.max(BUFFER_BYTES_MIN, Math.floor(resources.ioBufferBytes / 2));
    const { dedupeBytes: bytesMax, loadFactor } = resources;
    const keysMax = Math.max(1, (sources.at(-1)?.endOffset ?? 0) - firstDirtyOffset);
    this.#map = new OffsetMap({ bytesMax, loadFactor, keysMax }, secret);
  }

  async run(): Promise<CleaningOutcome> {
    const { clock } = this.#tools;
    const { sources, rules, aborted } = this.#job;
    this.#removeLeftovers();
    const startedMs = clock.monotonicMs();
    const indexed = await this.#indexKeys();
    if (indexed === undefined) return { kind: "abandoned" };
    const indexedMs = clock.monotonicMs();
    const endOffset = this.#map.latestOffset + 1;
    const count = sources.filter(({ baseOffset }) => baseOffset < endOffset).length;
    let writer: CleanedSegmentWriter | undefined;
    const transactions = new CleanedTransactions(aborted, (gone) => writer?.addAborted(gone));
    for (const group of groupSegments(sources, count, rules)) {
      writer = this.#newWriter(sources[group.first]!);
      const cleaned = await this.#cleanGroup(group, transactions, writer);
      if (cleaned === undefined || !await this.#client.swap(cleaned)) {
        this.#removeLeftovers();
        return { kind: "abandoned" };
      }
    }
    const stats = {
      ...this.#counts,
      ...indexed,
      keys: this.#map.size,
      mapBytes: this.#map.sizeBytes,
      indexMs: indexedMs - startedMs,
      cleanMs: clock.monotonicMs() - indexedMs,
    };
    return { kind: "cleaned", endOffset, stats };
  }

  /** Undefined when the cleaning is no longer wanted. */
  async #indexKeys(): Promise<
    { readonly indexedRecords: number; readonly indexedBytes: number } | undefined
  > {
    const { sources, firstDirtyOffset, aborted } = this.#job;
    const map = this.#map;
    const indexing = new KeyIndexing(map, firstDirtyOffset, aborted);
    let indexedBytes = 0;
    for (const source of sources) {
      if (source.endOffset <= firstDirtyOffset) continue;
      let isRoom = true;
      const isWanted = await this.#forEachBatch(source, (buffer, at, size) => {
        indexedBytes += size;
        isRoom = indexing.add(buffer, at);
        return isRoom;
      });
      if (!isWanted) return undefined;
      if (!isRoom) break;
      map.latestOffset = source.endOffset - 1;
    }
    return { indexedRecords: indexing.records, indexedBytes };
  }

  /** Undefined when the cleaning is no longer wanted. */
  async #cleanGroup(
    group: SegmentGroup,
    transactions: CleanedTransactions,
    writer: CleanedSegmentWriter,
  ): Promise<CleanedSegment | undefined> {
    const { rules, producers, sources } = this.#job;
    const { nowMs, deleteRetentionMs } = rules;
    const lastBatches = new LastBatches(producers);
    const basis = { map: this.#map, transactions, lastBatches, nowMs, deleteRetentionMs };
    const filter = new BatchFilter(basis, writer);
    try {
      /** The place of the last batch is kept when nothing of it was. */
      let placeholder: Uint8Array | undefined;
      for (let i = group.first; i < group.end; i++) {
        let left = sources[i]!.sizeBytes;
        const isWanted = await this.#forEachBatch(sources[i]!, (buffer, at, size) => {
          left -= size;
          const before = writer.sizeBytes;
          const isKept = filter.filter(buffer, at);
          this.#pacer.worked(writer.sizeBytes - before);
          if (left === 0) placeholder = isKept ? undefined : placeholderBatch(buffer, at);
          return true;
        });
        if (!isWanted) return undefined;
      }
      if (placeholder !== undefined) writer.add(placeholder, 0, placeholder.length);
      const sizes = writer.finish();
      this.#counts.bytesWritten += sizes.logBytes;
      this.#counts.recordsRead += filter.recordsRead;
      this.#counts.recordsKept += filter.recordsKept;
      const { baseOffset } = sources[group.first]!;
      return { firstSource: group.first, endSource: group.end, baseOffset, ...sizes };
    } finally {
      writer.close();
    }
  }

  /**
   * Calls `visit` for each batch of the source until it returns false.
   * @returns false when the cleaning is no longer wanted
   */
  async #forEachBatch(
    source: SourceSegment,
    visit: (buffer: Uint8Array, at: number, size: number) => boolean,
  ): Promise<boolean> {
    const { disk } = this.#tools;
    const pacer = this.#pacer;
    const reader = new SourceReader(disk, this.#job.directory, source, this.#bufferBytes);
    const { cursor } = reader;
    try {
      while (reader.next()) {
        const { size } = cursor;
        this.#counts.bytesRead += size;
        if (!visit(cursor.buffer, cursor.at, size)) return true;
        pacer.worked(size);
        if (!pacer.isRestDue) continue;
        await pacer.rest();
        if (!this.#client.isWanted()) return false;
      }
      return true;
    } catch (error) {
      if (!(error instanceof CorruptBatchError || error instanceof CompressionError)) throw error;
      const path = `${this.#job.directory}/${source.baseOffset}`;
      throw new CorruptLogError(path, cursor.position, error.message);
    } finally {
      reader.close();
    }
  }

  #newWriter({ baseOffset }: SourceSegment): CleanedSegmentWriter {
    const { disk } = this.#tools;
    const { directory, rules: { indexIntervalBytes } } = this.#job;
    const bufferBytes = this.#bufferBytes;
    return new CleanedSegmentWriter({
      disk,
      directory,
      baseOffset,
      indexIntervalBytes,
      bufferBytes,
    });
  }

  /** What an earlier cleaning did not end with, or this one. */
  #removeLeftovers(): void {
    const { disk } = this.#tools;
    const { directory } = this.#job;
    for (const { name } of disk.list(directory) ?? []) {
      if (name.endsWith(names.CLEANED_SUFFIX)) disk.remove(`${directory}/${name}`);
    }
  }
}
