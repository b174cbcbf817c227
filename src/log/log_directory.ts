import { type Logger, SILENT_LOGGER } from "../base/logger.ts";
import { invariant } from "../base/invariant.ts";
import type { Uuid } from "../base/uuid.ts";
import type { Clock, Timer } from "../io/clock.ts";
import { type Disk, DiskError } from "../io/disk.ts";
import type { Random } from "../io/random.ts";
import { readTextFile, replaceFile } from "./atomic_file.ts";
import { BufferPool } from "./buffer_pool.ts";
import * as checkpoints from "./checkpoint_files.ts";
import { DelayedRemovals } from "./delayed_removals.ts";
import { CheckpointFile } from "./checkpoint_file.ts";
import { DirectoryNames } from "./directory_names.ts";
import { FilePool } from "./file_pool.ts";
import type { LogConfig } from "./log_config.ts";
import type { LogEnvironment } from "./log_environment.ts";
import type { LogOpening } from "./log_recovery.ts";
import { TailBudget } from "./log_tail.ts";
import { PartitionLog } from "./partition_log.ts";

const TICK_MS = 1000;
const TICKS_PER_TRIM = 10;
const DELETED_DIRECTORY_SUFFIX = "-delete";
const DIRECTORY_NAME_BYTES_MAX = 255;
/** Syncs that run together share a commit of the journal, so many at once cost little more than one. */
const CHECKPOINTS_AT_ONCE = 32;

/** How a data directory is opened. */
export interface LogDirectoryOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  /** Of the partitions that are there; the broker replaces it when it knows the topics. */
  readonly config: LogConfig;
  readonly logger?: Logger;
  /** `log.flush.offset.checkpoint.interval.ms`: between two checkpoints. */
  readonly checkpointIntervalMs?: number;
  /** Files open at a time; those of reads and syncs under way come on top. */
  readonly openFilesMax?: number;
  /** Memory for the newest batches of all partitions together. */
  readonly tailBytesMax?: number;
  /** Unused read buffers that are kept. */
  readonly freeBufferBytesMax?: number;
  /** Told when a partition's log ends its service. */
  readonly onLogFailure?: (directory: string, error: DiskError) => void;
}

/**
 * A data directory: the logs of all partitions on it, and the files that say where they stand.
 *
 * Every `checkpointIntervalMs` the logs that changed are flushed and their recovery points, log
 * starts and high watermarks written, so that a start after a crash has little to look through.
 */
export class LogDirectory {
  readonly #options: LogDirectoryOptions;
  readonly #environment: LogEnvironment;
  readonly #logs = new Map<string, PartitionLog>();
  readonly #removals: DelayedRemovals;
  readonly #names: DirectoryNames;
  readonly #recoveryPoints: CheckpointFile;
  readonly #startOffsets: CheckpointFile;
  readonly #checkpointFiles: readonly CheckpointFile[];
  #timer: Timer | undefined;
  #ticks = 0;
  #checkpointing: Promise<void> | undefined;
  #isClosed = false;

  private constructor(
    options: LogDirectoryOptions,
    /** Whether the last user of the directory left it in order; true of an empty one too. */
    readonly wasCleanlyShut: boolean,
    /** The broker epoch of the last user, if that left the directory in order; else -1. */
    readonly lastBrokerEpoch: number,
  ) {
    this.#options = options;
    const { disk, clock } = options;
    const buffers = new BufferPool(options.freeBufferBytesMax ?? 16 * 1024 * 1024);
    this.#removals = new DelayedRemovals(disk, clock, options.logger ?? SILENT_LOGGER);
    this.#names = new DirectoryNames(disk, () => "", !wasCleanlyShut);
    this.#environment = {
      disk,
      clock,
      buffers,
      files: new FilePool(disk, options.openFilesMax ?? 2048),
      tails: new TailBudget(buffers, options.tailBytesMax ?? 48 * 1024 * 1024),
      logger: options.logger ?? SILENT_LOGGER,
      meter: { appendedBytes: 0 },
      duties: {
        removeLater: (paths, delayMs, bytes) => this.#removals.add(paths, delayMs, bytes),
        syncNames: () => this.#names.sync(),
        syncNamesNow: () => this.#names.syncNow(),
        recoveryPointLowered: () => this.#recoveryPoints.writeNow(),
        logFailed: (directory, error) => options.onLogFailure?.(directory, error),
      },
    };
    const { RECOVERY_POINT_CHECKPOINT, LOG_START_CHECKPOINT, HIGH_WATERMARK_CHECKPOINT } =
      checkpoints;
    this.#recoveryPoints = this.#checkpointFile(
      RECOVERY_POINT_CHECKPOINT,
      (log) => log.recoveryPoint,
    );
    this.#startOffsets = this.#checkpointFile(LOG_START_CHECKPOINT, (log) => log.startOffset);
    this.#checkpointFiles = [
      this.#recoveryPoints,
      this.#startOffsets,
      this.#checkpointFile(HIGH_WATERMARK_CHECKPOINT, (log) => log.highWatermark),
    ];
  }

  /**
   * Opens all partitions of the disk, checking them as far as the last shutdown demands. The files
   * say afterwards that the directory is in use, until {@link close}.
   * @throws {DiskError}
   */
  static open(options: LogDirectoryOptions): LogDirectory {
    const { disk } = options;
    const entries = disk.list("") ?? [];
    const wasCleanlyShut = entries.some(({ name }) => name === checkpoints.CLEAN_SHUTDOWN_FILE);
    const lastBrokerEpoch = wasCleanlyShut
      ? checkpoints.parseCleanShutdown(readTextFile(disk, checkpoints.CLEAN_SHUTDOWN_FILE) ?? "")
      : -1;
    const opened = new LogDirectory(options, wasCleanlyShut, lastBrokerEpoch);
    const read = (file: string) => readOffsets(disk, file);
    const recoveryPoints = read(checkpoints.RECOVERY_POINT_CHECKPOINT);
    const logStarts = read(checkpoints.LOG_START_CHECKPOINT);
    const highWatermarks = read(checkpoints.HIGH_WATERMARK_CHECKPOINT);
    disk.remove(checkpoints.CLEAN_SHUTDOWN_FILE);
    disk.syncDirectory("");
    for (const { name, isDirectory } of entries) {
      if (!isDirectory) continue;
      if (name.endsWith(DELETED_DIRECTORY_SUFFIX)) {
        disk.remove(name);
        continue;
      }
      if (!/^.+-\d+$/.test(name)) continue;
      opened.#openPartition({
        environment: opened.#environment,
        directory: name,
        config: options.config,
        wasCleanlyShut: wasCleanlyShut && recoveryPoints.has(name),
        recoveryPoint: recoveryPoints.get(name) ?? 0,
        logStartOffset: logStarts.get(name) ?? 0,
      }, highWatermarks.get(name));
    }
    opened.#scheduleTick();
    return opened;
  }

  get(topic: string, partition: number): PartitionLog | undefined {
    return this.#logs.get(`${topic}-${partition}`);
  }

  /** By the name of their directories, `<topic>-<partition>`. */
  logs(): ReadonlyMap<string, PartitionLog> {
    return this.#logs;
  }

  /**
   * Makes the directory and the empty log of a partition that is not there. Its name is durable
   * with its first flush: a partition without durable records is made again as easily.
   * @throws {DiskError}
   */
  create(topic: string, partition: number, topicId: Uuid, config: LogConfig): PartitionLog {
    const name = `${topic}-${partition}`;
    invariant(!this.#logs.has(name), `partition ${name} is there already`);
    this.#environment.disk.makeDirectory(name);
    this.#names.changed();
    const log = new PartitionLog({
      environment: this.#environment,
      directory: name,
      config,
      wasCleanlyShut: false,
      recoveryPoint: 0,
      logStartOffset: 0,
    });
    log.assignTopicId(topicId);
    this.#logs.set(name, log);
    return log;
  }

  /**
   * Takes a partition out of service at once; its files go after `file.delete.delay.ms`, and before
   * that its directory has another name, as Kafka gives it: `<name>.<uuid>-delete`.
   * @throws {DiskError}
   */
  delete(topic: string, partition: number): void {
    const name = `${topic}-${partition}`;
    const log = this.#logs.get(name);
    if (log === undefined) return;
    log.abandon();
    const suffix = `.${this.#uniqueHex()}${DELETED_DIRECTORY_SUFFIX}`;
    const deleted = name.slice(0, DIRECTORY_NAME_BYTES_MAX - suffix.length) + suffix;
    this.#environment.disk.rename(name, deleted);
    this.#logs.delete(name);
    this.#names.changed();
    this.#removals.add([deleted], log.config.fileDeleteDelayMs, log.sizeBytes);
  }

  /** Bytes of batches on the whole directory. */
  get sizeBytes(): number {
    let bytes = 0;
    for (const log of this.#logs.values()) bytes += log.sizeBytes;
    return bytes;
  }

  /** Bytes of batches that were written to any log since the directory was opened. */
  get appendedBytes(): number {
    return this.#environment.meter.appendedBytes;
  }

  /** Bytes of files that are out of use and still there. */
  get pendingRemovalBytes(): number {
    return this.#removals.pendingBytes;
  }

  /** Removes at once what is out of use. */
  removePendingNow(): void {
    this.#removals.removeNow();
  }

  /** Bytes of the newest batches that are held in memory. */
  get tailBytes(): number {
    return this.#environment.tails.usedBytes;
  }

  /** Gives back what partitions hold in memory that got nothing since the call before the last. */
  trimTails(): void {
    this.#environment.tails.trim();
  }

  get openFileCount(): number {
    return this.#environment.files.openCount;
  }

  /**
   * Flushes the logs that changed and writes where they stand. A log that fails is passed over and
   * reported as every failure is. Calls that come meanwhile share the run.
   * @throws {DiskError} when the checkpoint files can't be written
   */
  checkpoint(): Promise<void> {
    this.#checkpointing ??= this.#checkpoint().finally(() => this.#checkpointing = undefined);
    return this.#checkpointing;
  }

  /**
   * Makes everything durable and leaves the mark of a clean shutdown, unless a log has failed.
   * @throws {DiskError}
   */
  async close(brokerEpoch = -1): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#removals.cancel();
    await this.#checkpointing?.catch(() => {});
    await this.#checkpoint();
    let isClean = true;
    for (const log of this.#logs.values()) {
      if (log.failure !== undefined) isClean = false;
      log.close();
    }
    this.#writeCheckpoints();
    if (!isClean) return;
    const { disk } = this.#environment;
    const text = checkpoints.formatCleanShutdown(brokerEpoch);
    replaceFile(disk, checkpoints.CLEAN_SHUTDOWN_FILE, text);
  }

  /** A partition that can't be read is left out and reported; the others serve. */
  #openPartition(opening: LogOpening, highWatermark: number | undefined): void {
    const { directory } = opening;
    try {
      this.#logs.set(directory, new PartitionLog(opening, highWatermark));
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#environment.logger.error("partition not opened", { directory, error });
      this.#environment.duties.logFailed(directory, error);
    }
  }

  async #checkpoint(): Promise<void> {
    const due = [...this.#logs.values()].filter((log) => log.isCheckpointDue);
    const next = due.values();
    const worker = async () => {
      for (const log of next) await this.#checkpointLog(log);
    };
    await Promise.all(Array.from({ length: CHECKPOINTS_AT_ONCE }, worker));
    await this.#writeCheckpointsLater();
  }

  async #checkpointLog(log: PartitionLog): Promise<void> {
    if (this.#logs.get(log.directory) !== log) return;
    try {
      await log.checkpoint();
    } catch (error) {
      if (this.#logs.get(log.directory) !== log) return;
      // The log keeps its old recovery point. One that can't go on has told so itself.
      this.#environment.logger.warn("log not checkpointed", { directory: log.directory, error });
    }
  }

  #writeCheckpoints(): void {
    this.#names.syncNow();
    for (const file of this.#checkpointFiles) file.writeNow();
  }

  async #writeCheckpointsLater(): Promise<void> {
    await this.#names.sync();
    for (const file of this.#checkpointFiles) await file.write();
  }

  /**
   * Makes the log start offsets durable now, where a client was promised that records are gone.
   * @throws {DiskError}
   */
  saveStartOffsets(): void {
    this.#startOffsets.writeNow();
  }

  #checkpointFile(name: string, offsetOf: (log: PartitionLog) => number): CheckpointFile {
    return new CheckpointFile(this.#environment.disk, name, () => {
      const offsets = new Map<string, number>();
      for (const [partition, log] of this.#logs) offsets.set(partition, offsetOf(log));
      return checkpoints.formatPartitionOffsets(offsets);
    });
  }

  #scheduleTick(): void {
    this.#timer = this.#environment.clock.schedule(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    if (this.#isClosed) return;
    this.#ticks++;
    const { clock, logger } = this.#environment;
    const nowMs = clock.monotonicMs();
    for (const [directory, log] of this.#logs) {
      this.#cutRoom(directory, log);
      if (!log.isFlushDue(nowMs)) continue;
      log.flush().catch((error) => logger.warn("log not flushed", { directory, error }));
    }
    if (this.#ticks % TICKS_PER_TRIM === 0) this.trimTails();
    const interval = this.#options.checkpointIntervalMs ?? 10_000;
    if (this.#ticks % Math.max(1, Math.round(interval / TICK_MS)) === 0) {
      this.checkpoint().catch((error) => logger.error("checkpoint not written", { error }));
    }
    this.#scheduleTick();
  }

  #cutRoom(directory: string, log: PartitionLog): void {
    try {
      log.cutRoom();
    } catch (error) {
      // The zeros do no harm, and the next tick tries again.
      this.#environment.logger.warn("log not cut to its size", { directory, error });
    }
  }

  #uniqueHex(): string {
    const bytes = new Uint8Array(16);
    this.#options.random.fill(bytes);
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

/** A damaged checkpoint is as none: the logs are looked through from their beginning. */
function readOffsets(disk: Disk, file: string): checkpoints.PartitionOffsets {
  const text = readTextFile(disk, file);
  return (text === undefined ? undefined : checkpoints.parsePartitionOffsets(text)) ?? new Map();
}
