import type { Logger } from "../../base/logger.ts";
import { type Disk, DiskError } from "../../io/disk.ts";
import { readTextFile } from "../../log/atomic_file.ts";
import { CheckpointFile } from "../../log/checkpoint_file.ts";
import { formatPartitionOffsets, parsePartitionOffsets } from "../../log/checkpoint_files.ts";
import type { PartitionLog } from "../../log/partition_log.ts";

/** In the data directory, in Kafka's format: `topic partition offset` per line. */
export const CLEANER_CHECKPOINT = "cleaner-offset-checkpoint";

interface Entry {
  readonly log: PartitionLog;
  readonly offset: number;
}

/**
 * Up to where each log is clean. One that is lost, or too low, costs a cleaning that was not needed;
 * one of a log that is no more must not be taken for that of another log of the same name.
 */
export class CleanerCheckpoint {
  readonly #disk: Disk;
  readonly #logger: Logger;
  readonly #file: CheckpointFile;
  /** As the file had them when the broker started, until their logs are asked for. */
  readonly #loaded: Map<string, number>;
  readonly #entries = new Map<string, Entry>();
  #isDirty = false;

  /** @throws {DiskError} */
  constructor(disk: Disk, logger: Logger) {
    this.#disk = disk;
    this.#logger = logger;
    const text = readTextFile(disk, CLEANER_CHECKPOINT);
    this.#loaded = new Map(text === undefined ? undefined : parsePartitionOffsets(text));
    this.#file = new CheckpointFile(disk, CLEANER_CHECKPOINT, () => this.#format());
  }

  /** Undefined when nothing of the log is known to be clean. */
  get(log: PartitionLog): number | undefined {
    const name = log.directory;
    const loaded = this.#loaded.get(name);
    if (loaded !== undefined) {
      this.#loaded.delete(name);
      this.#entries.set(name, { log, offset: loaded });
    }
    const entry = this.#entries.get(name);
    if (entry === undefined || entry.log === log) return entry?.offset;
    this.#entries.delete(name);
    this.#isDirty = true;
    return undefined;
  }

  set(log: PartitionLog, offset: number): void {
    this.#loaded.delete(log.directory);
    this.#entries.set(log.directory, { log, offset });
    this.#isDirty = true;
  }

  /** Forgets the logs that are not among `logs`. */
  retain(logs: ReadonlySet<string>): void {
    for (const names of [this.#loaded, this.#entries]) {
      for (const name of names.keys()) {
        if (!logs.has(name) && names.delete(name)) this.#isDirty = true;
      }
    }
  }

  /** Writes what has changed. Failing costs no more than a cleaning, so it is only logged. */
  async save(): Promise<void> {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    try {
      await this.#file.write();
      await this.#disk.syncDirectoryLater("");
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#isDirty = true;
      this.#logger.warn("cleaner checkpoint not written", { error });
    }
  }

  #format(): string {
    const offsets = new Map(this.#loaded);
    for (const [name, { offset }] of this.#entries) offsets.set(name, offset);
    return formatPartitionOffsets(offsets);
  }
}
