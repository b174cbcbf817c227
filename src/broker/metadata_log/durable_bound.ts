import { crc32c } from "../../base/crc32c.ts";
import type { Disk, DiskFile } from "../../io/disk.ts";

const FILE_NAME = "durable-offset";
const SLOT_BYTES = 12;
const CRC_AT = 8;

/**
 * An offset below which the metadata log was durable, in a file beside it. A log that is found to
 * end below it was damaged; one that ends above may have lost what was never acknowledged. That
 * difference can't be told from the log itself, whose last batches are cut off in both cases.
 *
 * Noted after each flush and not flushed itself: a power failure may take the newest notes along,
 * and the bound that is left is lower, which is safe. Two slots are written in turns, each with a
 * CRC-32C, so that a torn write leaves the other.
 */
export class DurableBound {
  #file: DiskFile | undefined;
  #turn = 0;
  #offset: number;
  /** Whether there was a file. */
  readonly isKnown: boolean;

  constructor(private readonly disk: Disk, private readonly directory: string) {
    const file = this.#open();
    const bytes = new Uint8Array(2 * SLOT_BYTES);
    const size = file.read(bytes, 0);
    const offsets = [0, 1].map((slot) => offsetIn(bytes.subarray(0, size), slot));
    this.#offset = Math.max(...offsets);
    this.isKnown = this.#offset >= 0;
    this.#turn = offsets[0]! > offsets[1]! ? 1 : 0;
  }

  /** 0 when nothing was noted. */
  get offset(): number {
    return Math.max(0, this.#offset);
  }

  /** The log is durable below `offset`. Never throws: without the note the bound is lower. */
  raise(offset: number): void {
    if (offset <= this.#offset) return;
    this.#offset = offset;
    try {
      this.#write(offset);
    } catch {
      // A bound that is too low lets pass what a higher one would have found. The disk that fails
      // here fails the log's flush as well, which ends the quorum's work.
      this.#close();
    }
  }

  /** The log is about to be cut at `offset`, or begun anew there. Durable when it returns. */
  lower(offset: number): void {
    if (offset >= this.#offset) return;
    this.#offset = offset;
    this.#write(offset);
    this.#write(offset);
    this.#open().syncNow();
  }

  close(): void {
    this.#close();
  }

  #write(offset: number): void {
    const slot = new Uint8Array(SLOT_BYTES);
    const view = new DataView(slot.buffer);
    view.setBigInt64(0, BigInt(offset));
    view.setUint32(CRC_AT, crc32c(slot, 0, CRC_AT) >>> 0);
    this.#open().write(slot, this.#turn * SLOT_BYTES);
    this.#turn = 1 - this.#turn;
  }

  #open(): DiskFile {
    return this.#file ??= this.disk.open(`${this.directory}/${FILE_NAME}`, { create: true });
  }

  #close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}

/** The offset in a slot; -1 when none was written whole. */
function offsetIn(bytes: Uint8Array, slot: number): number {
  const at = slot * SLOT_BYTES;
  if (bytes.length < at + SLOT_BYTES) return -1;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, SLOT_BYTES);
  if (view.getUint32(CRC_AT) !== crc32c(bytes, at, at + CRC_AT) >>> 0) return -1;
  return Number(view.getBigInt64(0));
}
