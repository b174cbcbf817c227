/** Snapshots of metadata in a directory: `<end offset>-<epoch>.checkpoint`, as Kafka names them. */
import { type Disk, DiskError, type DiskFile } from "../../io/disk.ts";
import { readFile, replaceFileLater, TEMPORARY_SUFFIX } from "../../log/atomic_file.ts";
import { decodeSnapshot, type SnapshotContents } from "./snapshot_bytes.ts";

/** Which part of the log a snapshot stands for. */
export interface SnapshotId {
  /** All records below this offset are in it. */
  readonly endOffset: number;
  /** The leader epoch of the last of them. */
  readonly epoch: number;
}

/** A snapshot that was read and is whole. */
export interface LoadedSnapshot extends SnapshotContents {
  readonly id: SnapshotId;
  /** Size of the file. */
  readonly bytes: number;
}

const FILE_NAME = /^(\d{20})-(\d{10})\.checkpoint$/;
/** One more than needed: should the newest turn out damaged, the log still begins at the other. */
const KEPT = 2;

/** A snapshot that comes from a leader; a start after a crash removes what there is of it. */
const INCOMING = `incoming.checkpoint${TEMPORARY_SUFFIX}`;

/** The snapshots of one log. */
export class SnapshotFiles {
  #incoming: DiskFile | undefined;

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
      const loaded = this.#load(id, this.#path(id));
      if (loaded !== undefined) return loaded;
    }
    return undefined;
  }

  /**
   * Up to `bytesMax` bytes of a snapshot from `position` on; undefined when it is not there.
   * @throws {DiskError}
   */
  async readPart(
    id: SnapshotId,
    position: number,
    bytesMax: number,
  ): Promise<Uint8Array | undefined> {
    let file: DiskFile;
    try {
      file = this.disk.open(this.#path(id));
    } catch (error) {
      if (error instanceof DiskError && error.kind === "notFound") return undefined;
      throw error;
    }
    try {
      const part = new Uint8Array(Math.max(0, Math.min(bytesMax, file.size() - position)));
      return part.subarray(0, await file.readLater(part, position));
    } finally {
      file.close();
    }
  }

  /** Keeps a part of a snapshot that comes from a leader; the first one begins it anew. */
  storeIncoming(position: number, bytes: Uint8Array): void {
    if (position === 0) {
      this.dropIncoming();
      this.#incoming = this.disk.open(`${this.directory}/${INCOMING}`, { create: true });
      this.#incoming.truncate(0);
    }
    this.#incoming?.write(bytes, position);
  }

  /**
   * Makes the incoming snapshot the newest one, durably, and removes all others: the log that they
   * belong to is about to go. Undefined when it is not whole.
   */
  async acceptIncoming(id: SnapshotId): Promise<LoadedSnapshot | undefined> {
    const file = this.#incoming;
    if (file === undefined) return undefined;
    await file.sync();
    this.dropIncoming();
    const path = `${this.directory}/${INCOMING}`;
    const loaded = this.#load(id, path);
    if (loaded === undefined) return undefined;
    const others = this.list();
    this.disk.rename(path, this.#path(id));
    await this.disk.syncDirectoryLater(this.directory);
    for (const other of others) {
      if (this.#path(other) !== this.#path(id)) this.disk.remove(this.#path(other));
    }
    return loaded;
  }

  /** Closes the file of an incoming snapshot. */
  dropIncoming(): void {
    this.#incoming?.close();
    this.#incoming = undefined;
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

  #load(id: SnapshotId, path: string): LoadedSnapshot | undefined {
    const bytes = readFile(this.disk, path);
    const contents = bytes === undefined ? undefined : decodeSnapshot(bytes);
    return contents === undefined ? undefined : { id, bytes: bytes!.length, ...contents };
  }

  #path({ endOffset, epoch }: SnapshotId): string {
    const offsetDigits = String(endOffset).padStart(20, "0");
    const epochDigits = String(epoch).padStart(10, "0");
    return `${this.directory}/${offsetDigits}-${epochDigits}.checkpoint`;
  }
}
