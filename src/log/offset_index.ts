import { readInt32, writeInt32 } from "./big_endian.ts";
import { EntryFile } from "./entry_file.ts";
import type { FilePool } from "./file_pool.ts";

const ENTRY_BYTES = 8;

/**
 * Where in a segment's file offsets are found, sparsely. On disk (`.index`): int32 offset relative
 * to the segment's base, int32 byte position. The offset of an entry is the last one of the batch
 * that begins at the position.
 */
export class OffsetIndex extends EntryFile {
  constructor(files: FilePool, path: string, readonly baseOffset: number, fileBytes: number) {
    super(files, path, ENTRY_BYTES, fileBytes);
  }

  protected override keyOf(entry: Uint8Array): number {
    return readInt32(entry, 0);
  }

  protected override relativeOffsetOf(entry: Uint8Array): number {
    return readInt32(entry, 0);
  }

  add(lastOffset: number, position: number): void {
    const entry = this.reserve();
    writeInt32(entry, 0, lastOffset - this.baseOffset);
    writeInt32(entry, 4, position);
  }

  /** The last entry at or below `offset`; undefined when the scan has to begin at the front. */
  floor(offset: number): OffsetPosition | undefined {
    return this.entry(this.lastAtMost(offset - this.baseOffset));
  }

  /** Entry number `index`; undefined when there is none of that number. */
  entry(index: number): OffsetPosition | undefined {
    if (index < 0 || index >= this.count) return undefined;
    const bytes = this.entryAt(index);
    return {
      index,
      lastOffset: this.baseOffset + readInt32(bytes, 0),
      position: readInt32(bytes, 4),
    };
  }

  /** Drops the entries of `offset` and above. */
  truncateBelow(offset: number): void {
    this.truncateTo(this.countBelow(offset - this.baseOffset));
  }
}

/** An entry of the offset index. */
export interface OffsetPosition {
  /** Number of the entry. */
  readonly index: number;
  /** Last offset of the batch at {@link position}. */
  readonly lastOffset: number;
  /** Bytes from the start of the segment's file. */
  readonly position: number;
}
