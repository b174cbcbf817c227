/** Snapshots of metadata in a directory: `<end offset>-<epoch>.checkpoint`, as Kafka names them. */
import type { Disk } from "../../io/disk.ts";
import { readFile, replaceFileLater } from "../../log/atomic_file.ts";
import type { MetadataRecord } from "../../metadata/records.ts";
import { decodeSnapshot } from "./snapshot_bytes.ts";

/** Which part of the log a snapshot stands for. */
export interface SnapshotId {
  /** All records below this offset are in it. */
  readonly endOffset: number;
  /** The leader epoch of the last of them. */
  readonly epoch: number;
}

/** A snapshot that was read and is whole. */
export interface LoadedSnapshot {
  readonly id: SnapshotId;
  readonly records: readonly MetadataRecord[];
}

const FILE_NAME = /^(\d{20})-(\d{10})\.checkpoint$/;
/** One more than needed: should the newest turn out damaged, the log still begins at the other. */
const KEPT = 2;

/** The snapshots of one log. */
export class SnapshotFiles {
  constructor(private readonly disk: Disk, private readonly directory: string) {}

  /** Oldest first. */
  list(): SnapshotId[] {
    const found: SnapshotId[] = [];
    for (const { name } of this.disk.list(this.directory) ?? []) {
      const match = FILE_NAME.exec(name);
      if (match !== null) found.push({ endOffset: Number(match[1]), epoch: Number(match[2]) });
    }
    return found.sort((a, b) => a.endOffset - b.endOffset || a.epoch - b.epoch);
  }

  /** The newest one that is whole; undefined when there is none. */
  loadNewest(): LoadedSnapshot | undefined {
    for (const id of this.list().reverse()) {
      const bytes = readFile(this.disk, this.#path(id));
      const records = bytes === undefined ? undefined : decodeSnapshot(bytes);
      if (records !== undefined) return { id, records };
    }
    return undefined;
  }

  /**
   * Writes a snapshot, durably, and removes those that are not needed any more.
   *
   * @returns the offset below which the log is not needed any more
   */
  async write(id: SnapshotId, bytes: Uint8Array): Promise<number> {
    await replaceFileLater(this.disk, this.#path(id), bytes);
    const all = this.list();
    const kept = all.slice(-KEPT);
    for (const old of all.slice(0, -KEPT)) this.disk.remove(this.#path(old));
    return kept.length < KEPT ? 0 : kept[0]!.endOffset;
  }

  #path({ endOffset, epoch }: SnapshotId): string {
    const offsetDigits = String(endOffset).padStart(20, "0");
    const epochDigits = String(epoch).padStart(10, "0");
    return `${this.directory}/${offsetDigits}-${epochDigits}.checkpoint`;
  }
}
