import { readInt16, readInt64, writeInt16, writeInt64 } from "./big_endian.ts";
import type { FilePool, PooledFile } from "./file_pool.ts";

const ENTRY_BYTES = 34;
const VERSION = 0;

/** A transaction that was aborted. */
export interface AbortedTransaction {
  readonly producerId: number;
  /** Offset of its first record. */
  readonly firstOffset: number;
  /** Offset of its abort marker. */
  readonly lastOffset: number;
  /** The last stable offset once the marker was in the log. */
  readonly lastStableOffset: number;
}

/**
 * The transactions whose abort markers are in one segment, in the order of the markers. On disk
 * (`.txnindex`), 34 bytes each: int16 version 0, then producer id, first offset, last offset and
 * last stable offset as int64. Most segments have none, and no file.
 */
export class TransactionIndex {
  readonly #file: PooledFile;
  #fileBytes: number;
  #entries: AbortedTransaction[] | undefined;
  #unsynced = false;
  #isNewName = false;
  /** False until the entries that were in the file at first have been checked against the log. */
  isVerified: boolean;

  constructor(files: FilePool, path: string, fileBytes: number) {
    this.#file = files.file(path);
    this.#fileBytes = fileBytes;
    this.isVerified = fileBytes === 0;
    if (fileBytes === 0) this.#entries = [];
  }

  get isEmpty(): boolean {
    return this.#fileBytes === 0;
  }

  get sizeBytes(): number {
    return this.#fileBytes;
  }

  get isDirty(): boolean {
    return this.#unsynced;
  }

  /**
   * All entries, read from the file at the first call.
   * @returns undefined when the file holds anything that can't be an entry
   */
  entries(): readonly AbortedTransaction[] | undefined {
    if (this.#entries === undefined) {
      const bytes = new Uint8Array(this.#fileBytes);
      const length = this.#file.open().read(bytes, 0);
      this.#entries = parseEntries(bytes.subarray(0, length));
    }
    return this.#entries;
  }

  /**
   * Adds and writes an entry, not synced.
   * @throws {DiskError} nothing is added
   */
  add(entry: AbortedTransaction): void {
    const entries = this.entries() as AbortedTransaction[];
    const bytes = new Uint8Array(ENTRY_BYTES);
    writeInt16(bytes, 0, VERSION);
    writeInt64(bytes, 2, entry.producerId);
    writeInt64(bytes, 10, entry.firstOffset);
    writeInt64(bytes, 18, entry.lastOffset);
    writeInt64(bytes, 26, entry.lastStableOffset);
    this.#file.open().write(bytes, entries.length * ENTRY_BYTES);
    if (this.#fileBytes === 0) this.#isNewName = true;
    entries.push(entry);
    this.#fileBytes = entries.length * ENTRY_BYTES;
    this.#unsynced = true;
  }

  /** Drops the transactions whose marker is at `offset` or above, and all when unreadable. */
  truncateBelow(offset: number): void {
    if (this.#fileBytes === 0) return;
    const kept = (this.entries() ?? []).filter((entry) => entry.lastOffset < offset);
    if (kept.length * ENTRY_BYTES === this.#fileBytes) return;
    this.#file.open().truncate(kept.length * ENTRY_BYTES);
    this.#fileBytes = kept.length * ENTRY_BYTES;
    this.#entries = kept;
    this.#unsynced = true;
  }

  /** Whether the file may have been made since the last call: its name is not durable then. */
  takeNewName(): boolean {
    const isNewName = this.#isNewName;
    this.#isNewName = false;
    return isNewName;
  }

  async sync(): Promise<void> {
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

  syncNow(): void {
    if (!this.#unsynced) return;
    this.#file.open().syncNow();
    this.#unsynced = false;
  }

  close(): void {
    this.#file.close();
  }

  /** Closes the file for good: it is no longer part of the log. */
  retire(): void {
    this.#file.retire();
  }
}

function parseEntries(bytes: Uint8Array): AbortedTransaction[] | undefined {
  if (bytes.length % ENTRY_BYTES !== 0) return undefined;
  const entries: AbortedTransaction[] = [];
  let previousOffset = -1;
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES) {
    const entry = {
      producerId: readInt64(bytes, at + 2),
      firstOffset: readInt64(bytes, at + 10),
      lastOffset: readInt64(bytes, at + 18),
      lastStableOffset: readInt64(bytes, at + 26),
    };
    const { firstOffset, lastOffset, lastStableOffset } = entry;
    const isSound = readInt16(bytes, at) === VERSION && entry.producerId >= 0 &&
      firstOffset >= 0 && firstOffset < lastOffset && lastOffset > previousOffset &&
      lastStableOffset >= 0 && lastStableOffset <= lastOffset + 1;
    if (!isSound) return undefined;
    previousOffset = lastOffset;
    entries.push(entry);
  }
  return entries;
}
