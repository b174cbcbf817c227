import type { AbortedTransaction } from "../transaction_index.ts";

/** A segment that takes part in a cleaning. */
export interface SourceSegment {
  readonly baseOffset: number;
  /** Base offset of the segment behind it. */
  readonly endOffset: number;
  readonly sizeBytes: number;
  readonly offsetIndexBytes: number;
  readonly timeIndexBytes: number;
}

/** The last record of each producer that is active, which compaction must not forget. */
export interface ActiveProducers {
  readonly ids: Float64Array;
  readonly epochs: Int16Array;
  /** Last offset of its newest data batch; -1 when it has written none in its epoch. */
  readonly lastOffsets: Float64Array;
}

/** Limits and delays of a cleaning. */
export interface CleaningRules {
  /** Wall clock, for all decisions of one cleaning. */
  readonly nowMs: number;
  readonly deleteRetentionMs: number;
  readonly segmentBytes: number;
  readonly segmentIndexBytes: number;
  readonly indexIntervalBytes: number;
}

/** What a cleaning may use. */
export interface CleaningResources {
  /** `log.cleaner.dedupe.buffer.size` */
  readonly dedupeBytes: number;
  /** `log.cleaner.io.buffer.load.factor` */
  readonly loadFactor: number;
  /** `log.cleaner.io.buffer.size`, for reading and writing. */
  readonly ioBufferBytes: number;
  /** `log.cleaner.io.max.bytes.per.second`; Infinity is no limit. */
  readonly ioBytesPerSecond: number;
}

/** One cleaning of one log. Plain: it crosses to another thread by structured clone. */
export interface CleaningJob {
  /** Of the partition, in the data directory. */
  readonly directory: string;
  /** All segments from the front of the log up to the first that can't be cleaned. */
  readonly sources: readonly SourceSegment[];
  /** Records below it were cleaned before. */
  readonly firstDirtyOffset: number;
  /** All aborted transactions with a record or a marker among the sources. */
  readonly aborted: readonly AbortedTransaction[];
  readonly producers: ActiveProducers;
  readonly rules: CleaningRules;
  readonly resources: CleaningResources;
  /** Random words for the hash of keys. */
  readonly secret: Int32Array;
}

/** A segment that is written and durable, under names with `.cleaned`. */
export interface CleanedSegment {
  /** Of the job's sources, the first and the one behind the last that it stands for. */
  readonly firstSource: number;
  readonly endSource: number;
  /** Base offset of its first source, and of its files. */
  readonly baseOffset: number;
  readonly logBytes: number;
  readonly offsetIndexBytes: number;
  readonly timeIndexBytes: number;
  readonly txnIndexBytes: number;
}

/** What a cleaning did. */
export interface CleaningStats {
  /** Batches and bytes read to learn the keys. */
  readonly indexedRecords: number;
  readonly indexedBytes: number;
  readonly recordsRead: number;
  readonly recordsKept: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Distinct keys of the dirty part. */
  readonly keys: number;
  readonly mapBytes: number;
  readonly indexMs: number;
  readonly cleanMs: number;
}

/** How a cleaning ended. */
export type CleaningOutcome =
  | {
    readonly kind: "cleaned";
    /** All records below it are clean now. */
    readonly endOffset: number;
    readonly stats: CleaningStats;
  }
  /** It was no longer wanted. What was swapped in until then stays. */
  | { readonly kind: "abandoned" };

/** He who ordered a cleaning. */
export interface CleaningClient {
  /** False when the log went away, or changed under the cleaning: it is to end. */
  isWanted(): boolean;
  /** Puts the segment in the place of its sources; false when that can't be. */
  swap(cleaned: CleanedSegment): Promise<boolean>;
}

/** A cleaning ended in an error that nobody foresaw, on another thread. */
export class CleanerError extends Error {
  override readonly name = "CleanerError";
}

/** Cleans logs, here or on another thread. One at a time. */
export interface Cleaner {
  /**
   * @throws {DiskError}
   * @throws {CorruptLogError} a source holds damaged batches: nothing of it was rewritten
   * @throws {CleanerError}
   */
  clean(job: CleaningJob, client: CleaningClient): Promise<CleaningOutcome>;
  /** Ends what is under way; it does not settle. */
  close(): void;
}
