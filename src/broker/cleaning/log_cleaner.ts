import type { Logger } from "../../base/logger.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import { type Disk, DiskError } from "../../io/disk.ts";
import type { Random } from "../../io/random.ts";
import { type Cleaner, CleanerError } from "../../log/compaction/cleaning_job.ts";
import { HASH_WORDS } from "../../log/compaction/keyed_hash.ts";
import type { CleaningSurvey, LogCleaningRun } from "../../log/compaction/log_cleaning.ts";
import { BYTES_PER_KEY } from "../../log/compaction/offset_map.ts";
import { CorruptLogError } from "../../log/log_reader.ts";
import type { PartitionLog } from "../../log/partition_log.ts";
import type { CleanablePartition } from "./cleanable_partition.ts";
import { CleanerCheckpoint } from "./cleaner_checkpoint.ts";
import { CleanerCounters } from "./cleaner_counters.ts";
import { type CleaningSettings, cleaningSettings } from "./cleaning_settings.ts";

/** What {@link LogCleaner} works with. */
export interface LogCleanerOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Every replica on this broker. */
  readonly partitions: () => Iterable<CleanablePartition>;
  /** The effective value of a broker setting. */
  readonly setting: (name: string) => string | null;
  /** Makes what cleans; one for each log that is cleaned at a time. */
  readonly newCleaner: () => Cleaner;
}

interface Candidate {
  readonly log: PartitionLog;
  readonly survey: CleaningSurvey;
}

/**
 * Compacts the logs that want it, the dirtiest first, and keeps note of how far each is clean. A
 * log that can't be cleaned is left alone until the broker starts anew; the others go on.
 */
export class LogCleaner {
  readonly counters = new CleanerCounters();
  readonly #options: LogCleanerOptions;
  readonly #checkpoint: CleanerCheckpoint;
  readonly #cleaners: Cleaner[] = [];
  readonly #idle: Cleaner[] = [];
  readonly #inProgress = new Map<PartitionLog, Promise<void>>();
  readonly #uncleanable = new Set<PartitionLog>();
  #timer: Timer | undefined;
  #swapping: Promise<unknown> = Promise.resolve();
  #isStopped = false;

  /** @throws {DiskError} */
  constructor(options: LogCleanerOptions) {
    this.#options = options;
    this.#checkpoint = new CleanerCheckpoint(options.disk, options.logger);
  }

  /** Logs that are left alone because they could not be cleaned. */
  uncleanable(): Iterable<PartitionLog> {
    return this.#uncleanable;
  }

  /** Looks for something to clean from now on, every `log.cleaner.backoff.ms`. */
  start(): void {
    if (this.#options.setting("log.cleaner.enable") === "true") this.#rest();
  }

  /** Ends what is under way; settles when no log is touched any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    for (const cleaner of this.#cleaners) cleaner.close();
    await this.#swapping;
  }

  /** Begins as many cleanings as there are threads for, where there is something to clean. */
  cleanWhatIsDirty(): void {
    if (this.#isStopped) return;
    const settings = cleaningSettings(this.#options.setting);
    while (this.#inProgress.size < settings.threads) {
      const dirtiest = this.#dirtiest();
      if (dirtiest === undefined) break;
      this.#begin(dirtiest, settings);
    }
  }

  /** Settles when none of the cleanings that are under way now is any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#inProgress.values());
  }

  #rest(): void {
    const { backoffMs } = cleaningSettings(this.#options.setting);
    this.#timer = this.#options.clock.schedule(backoffMs, () => {
      this.cleanWhatIsDirty();
      this.#forgetRemoved().finally(() => {
        if (!this.#isStopped) this.#rest();
      });
    });
  }

  /** The log that is to be cleaned next: overdue, or dirtier than it may get, and most of all. */
  #dirtiest(): Candidate | undefined {
    const { clock } = this.#options;
    const nowMs = clock.wallMs();
    let dirtiest: Candidate | undefined;
    this.counters.dirtyRatioMax = 0;
    this.counters.lastRoundMs = clock.monotonicMs();
    for (const partition of this.#options.partitions()) {
      const { log } = partition;
      if (!log.config.cleanupCompact || !partition.isOnline) continue;
      if (this.#inProgress.has(log) || this.#uncleanable.has(log)) continue;
      const survey = this.#survey(partition, nowMs);
      if (survey === undefined || survey.cleanableBytes === 0) continue;
      this.counters.dirtyRatioMax = Math.max(this.counters.dirtyRatioMax, survey.dirtyRatio);
      if (!survey.isOverdue && survey.dirtyRatio <= log.config.minCleanableDirtyRatio) continue;
      if (dirtiest === undefined || survey.dirtyRatio > dirtiest.survey.dirtyRatio) {
        dirtiest = { log, survey };
      }
    }
    return dirtiest;
  }

  #survey(partition: CleanablePartition, nowMs: number): CleaningSurvey | undefined {
    const { log } = partition;
    const lowestCut = log.cleaning.takeLowestCut();
    let cleanedOffset = this.#checkpoint.get(log);
    if (cleanedOffset !== undefined && lowestCut < cleanedOffset) {
      cleanedOffset = lowestCut;
      this.#checkpoint.set(log, lowestCut);
    }
    const lastStableOffset = () => partition.lastStableOffset;
    try {
      return log.cleaning.survey({ cleanedOffset, lastStableOffset, nowMs });
    } catch (error) {
      this.#failed(log, error);
      return undefined;
    }
  }

  #begin({ log, survey }: Candidate, settings: CleaningSettings): void {
    const { clock, random } = this.#options;
    const bytes = new Uint8Array(4 * HASH_WORDS);
    random.fill(bytes);
    const secret = new Int32Array(bytes.buffer);
    let run;
    try {
      run = log.cleaning.begin(survey, settings.resources, clock.wallMs(), secret);
    } catch (error) {
      this.#failed(log, error);
      return;
    }
    const cleaner = this.#idle.pop() ?? this.#newCleaner();
    const cleaning = this.#clean(log, run, cleaner).finally(() => {
      this.#inProgress.delete(log);
      this.#idle.push(cleaner);
    });
    this.#inProgress.set(log, cleaning.then(() => this.cleanWhatIsDirty()));
  }

  #newCleaner(): Cleaner {
    const cleaner = this.#options.newCleaner();
    this.#cleaners.push(cleaner);
    return cleaner;
  }

  async #clean(log: PartitionLog, run: LogCleaningRun, cleaner: Cleaner): Promise<void> {
    const { logger } = this.#options;
    const { directory } = log;
    try {
      const outcome = await cleaner.clean(run.job, {
        isWanted: () => !this.#isStopped && run.isCurrent,
        swap: (cleaned) => {
          if (this.#isStopped) return Promise.resolve(false);
          const swapping = run.swap(cleaned);
          this.#swapping = Promise.allSettled([this.#swapping, swapping]);
          return swapping;
        },
      });
      if (outcome.kind === "abandoned") {
        logger.info("compaction abandoned: the log has changed", { directory });
        return;
      }
      const { endOffset, stats } = outcome;
      this.counters.add(stats, BYTES_PER_KEY);
      this.#checkpoint.set(log, endOffset);
      logger.info("log compacted", { directory, endOffset, ...stats });
      await this.#checkpoint.save();
    } catch (error) {
      if (!run.isCurrent) logger.info("compaction abandoned: the log is gone", { directory });
      else this.#failed(log, error);
    }
  }

  /** @throws {unknown} `error` itself when it is not of the disk, its contents, or the cleaner */
  #failed(log: PartitionLog, error: unknown): void {
    const isForeseen = error instanceof DiskError || error instanceof CorruptLogError ||
      error instanceof CleanerError;
    if (!isForeseen) throw error;
    const { directory } = log;
    this.#options.logger.error("log not compacted, and left alone from now on", {
      directory,
      error: error.message,
    });
    this.#uncleanable.add(log);
  }

  async #forgetRemoved(): Promise<void> {
    const present = new Set<PartitionLog>();
    const names = new Set<string>();
    for (const { log } of this.#options.partitions()) {
      present.add(log);
      names.add(log.directory);
    }
    for (const log of this.#uncleanable) if (!present.has(log)) this.#uncleanable.delete(log);
    this.#checkpoint.retain(names);
    await this.#checkpoint.save();
  }
}
