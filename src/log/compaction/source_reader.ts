import type { Disk, DiskFile } from "../../io/disk.ts";
import { BatchCursor } from "../batch_cursor.ts";
import { BufferPool } from "../buffer_pool.ts";
import { CorruptLogError } from "../log_reader.ts";
import { LOG_SUFFIX, offsetFileName } from "../segment_names.ts";
import type { SourceSegment } from "./cleaning_job.ts";

/** Reads the batches of one source segment, in order, and believes none without its CRC. */
export class SourceReader {
  readonly #file: DiskFile;
  readonly #path: string;
  readonly #sizeBytes: number;
  readonly cursor: BatchCursor;

  /** @throws {DiskError} when the segment was taken out of the log meanwhile */
  constructor(
    disk: Disk,
    directory: string,
    { baseOffset, sizeBytes }: SourceSegment,
    windowBytes: number,
  ) {
    this.#path = `${directory}/${offsetFileName(baseOffset, LOG_SUFFIX)}`;
    this.#file = disk.open(this.#path);
    this.#sizeBytes = sizeBytes;
    const range = { position: 0, end: sizeBytes, verifyCrc: true, windowBytes };
    this.cursor = new BatchCursor(this.#file, NO_POOL, range);
  }

  /**
   * Moves to the next batch, which is whole in the cursor's buffer; false at the end.
   * @throws {CorruptLogError} the batch is damaged: to leave it out would be to lose it
   */
  next(): boolean {
    if (this.cursor.next()) return true;
    if (this.cursor.endPosition === this.#sizeBytes) return false;
    throw new CorruptLogError(this.#path, this.cursor.endPosition, "no sound batch");
  }

  close(): void {
    this.cursor.close();
    this.#file.close();
  }
}

const NO_POOL = new BufferPool(0);
