import type { FilePool, PooledFile } from "./file_pool.ts";

const PENDING_ENTRIES_FIRST = 16;
const PENDING_ENTRIES_MAX = 512;
/** Where single entries are read to: one for all files, looked at at once. */
const PROBE = new Uint8Array(16);

/**
 * A file of entries of one size, sorted by a key: what Kafka's offset and time index are. The newest
 * entries wait in memory and are written by the block; nothing else of the file is kept, so that
 * the indexes of thousands of partitions cost next to nothing.
 *
 * What is in the file is never believed: the reader of an entry checks it against the log and has
 * the index rebuilt when it is wrong.
 */
export abstract class EntryFile {
  readonly #file: PooledFile;
  #persistedCount: number;
  #pending: Uint8Array | undefined;
  #pendingCount = 0;
  #unsynced = false;
  #isNewName = false;

  /** @param fileBytes size of the file; what is no whole entry at its end is overwritten */
  constructor(files: FilePool, path: string, readonly entryBytes: number, fileBytes: number) {
    this.#file = files.file(path);
    this.#persistedCount = Math.floor(fileBytes / entryBytes);
  }

  get path(): string {
    return this.#file.path;
  }

  get count(): number {
    return this.#persistedCount + this.#pendingCount;
  }

  get sizeBytes(): number {
    return this.count * this.entryBytes;
  }

  /** True when something was added or cut since the last {@link sync}. */
  get isDirty(): boolean {
    return this.#unsynced || this.#pendingCount > 0;
  }

  /** The key of an entry. */
  protected abstract keyOf(entry: Uint8Array): number;

  /** The offset of an entry, less the base offset of the segment. */
  protected abstract relativeOffsetOf(entry: Uint8Array): number;

  /** The bytes of entry `index`, good until the next call. Zeros where the file is too short. */
  protected entryAt(index: number): Uint8Array {
    const size = this.entryBytes;
    if (index >= this.#persistedCount) {
      const start = (index - this.#persistedCount) * size;
      return this.#pending!.subarray(start, start + size);
    }
    const probe = PROBE.subarray(0, size);
    const read = this.#file.open().read(probe, index * size);
    if (read < size) probe.fill(0, read);
    return probe;
  }

  /** The last entry whose key is at most `key`; -1 when there is none. */
  protected lastAtMost(key: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const entry = this.entryAt(middle);
      if (this.keyOf(entry) <= key && !this.#isHole(entry, middle)) low = middle + 1;
      else high = middle - 1;
    }
    return high;
  }

  /** How many entries from the front are of offsets below `relativeOffset`. */
  protected countBelow(relativeOffset: number): number {
    let low = 0;
    let high = this.count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const entry = this.entryAt(middle);
      const isBelow = this.relativeOffsetOf(entry) < relativeOffset && !this.#isHole(entry, middle);
      if (isBelow) low = middle + 1;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * A crash may leave zeros behind the entries that were synced. Offsets increase, so that of no
   * entry but the first can be that of the segment; a hole counts as beyond everything.
   */
  #isHole(entry: Uint8Array, index: number): boolean {
    return index > 0 && this.relativeOffsetOf(entry) === 0;
  }

  /** Room for one more entry in memory: fill the bytes returned. */
  protected reserve(): Uint8Array {
    const size = this.entryBytes;
    if (this.#pending === undefined || (this.#pendingCount + 1) * size > this.#pending.length) {
      const entries = Math.max(PENDING_ENTRIES_FIRST, this.#pendingCount * 2);
      const grown = new Uint8Array(size * entries);
      if (this.#pending !== undefined) grown.set(this.#pending);
      this.#pending = grown;
    }
    const start = this.#pendingCount++ * size;
    return this.#pending.subarray(start, start + size);
  }

  /**
   * Writes the waiting entries when there are many. Called before an append rather than by it, so
   * that a disk that is full refuses the append while nothing has changed.
   * @throws {DiskError}
   */
  spill(): void {
    if (this.#pendingCount >= PENDING_ENTRIES_MAX) this.write();
  }

  /**
   * Writes the waiting entries, not synced.
   * @throws {DiskError} the entries keep waiting
   */
  write(): void {
    if (this.#pendingCount === 0) return;
    const bytes = this.#pending!.subarray(0, this.#pendingCount * this.entryBytes);
    this.#file.open().write(bytes, this.#persistedCount * this.entryBytes);
    if (this.#persistedCount === 0) this.#isNewName = true;
    this.#persistedCount += this.#pendingCount;
    this.#pendingCount = 0;
    this.#unsynced = true;
  }

  /** Whether the file may have been made since the last call: its name is not durable then. */
  takeNewName(): boolean {
    const isNewName = this.#isNewName;
    this.#isNewName = false;
    return isNewName;
  }

  /** Writes what waits and makes all entries durable. Creates the file when it is not there. */
  async sync(): Promise<void> {
    this.write();
    if (!this.#unsynced) return;
    this.#unsynced = false;
    const file = this.#file.pin();
    try {
      await file.sync();
    } catch (error) {
      this.#unsynced = true;
      throw error;
    } finally {
      this.#file.unpin();
    }
  }

  /** As {@link sync}, and the event loop waits. */
  syncNow(): void {
    this.write();
    if (!this.#unsynced) return;
    this.#file.open().syncNow();
    this.#unsynced = false;
  }

  /** Gives back the memory of entries that were written; for segments that get no more. */
  shrink(): void {
    if (this.#pendingCount === 0) this.#pending = undefined;
  }

  /** Drops all entries but the first `count`. */
  truncateTo(count: number): void {
    if (count >= this.count) return;
    if (count >= this.#persistedCount) {
      this.#pendingCount = count - this.#persistedCount;
      return;
    }
    this.#pendingCount = 0;
    this.#file.open().truncate(count * this.entryBytes);
    this.#persistedCount = count;
    this.#unsynced = true;
  }

  close(): void {
    this.#file.close();
  }

  /** Closes the file for good: it is no longer part of the log. */
  retire(): void {
    this.#file.retire();
  }
}
