import { readInt32, readInt64, writeInt32, writeInt64 } from "./big_endian.ts";
import { EntryFile } from "./entry_file.ts";
import type { FilePool } from "./file_pool.ts";

const ENTRY_BYTES = 12;

/**
 * The running maximum of a segment's timestamps. On disk (`.timeindex`): int64 timestamp in ms,
 * int32 relative offset. An entry (t, o) says that no record up to offset o is younger than t, and
 * that the batch which ends with o holds a record of t. Timestamps and offsets both increase.
 */
export class TimeIndex extends EntryFile {
  #lastTimestampMs: number | undefined;

  constructor(files: FilePool, path: string, readonly baseOffset: number, fileBytes: number) {
    super(files, path, ENTRY_BYTES, fileBytes);
    if (this.count === 0) this.#lastTimestampMs = -Infinity;
  }

  protected override keyOf(entry: Uint8Array): number {
    return readInt64(entry, 0);
  }

  protected override relativeOffsetOf(entry: Uint8Array): number {
    return readInt32(entry, 8);
  }

  /** Adds an entry when it says something new. */
  add(timestampMs: number, offset: number): void {
    this.#lastTimestampMs ??= this.last()?.timestampMs ?? -Infinity;
    if (timestampMs <= this.#lastTimestampMs) return;
    const entry = this.reserve();
    writeInt64(entry, 0, timestampMs);
    writeInt32(entry, 8, offset - this.baseOffset);
    this.#lastTimestampMs = timestampMs;
  }

  /** The last entry with a timestamp below `timestampMs`: nothing up to its offset is as young. */
  before(timestampMs: number): TimestampOffset | undefined {
    return this.entry(this.lastAtMost(timestampMs - 1));
  }

  last(): TimestampOffset | undefined {
    return this.entry(this.count - 1);
  }

  entry(index: number): TimestampOffset | undefined {
    if (index < 0 || index >= this.count) return undefined;
    const bytes = this.entryAt(index);
    return { timestampMs: readInt64(bytes, 0), offset: this.baseOffset + readInt32(bytes, 8) };
  }

  /** How many entries are of offsets below `offset`. */
  countBefore(offset: number): number {
    return this.countBelow(offset - this.baseOffset);
  }

  /** Drops the entries of `offset` and above. */
  truncateBelow(offset: number): void {
    this.truncateTo(this.countBefore(offset));
  }

  override truncateTo(count: number): void {
    super.truncateTo(count);
    this.#lastTimestampMs = undefined;
  }
}

/** A timestamp and the last offset of the batch that holds it. */
export interface TimestampOffset {
  readonly timestampMs: number;
  readonly offset: number;
}
