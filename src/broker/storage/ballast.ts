import { type Disk, DiskError } from "../../io/disk.ts";

/** Bytes that are written at a time, so that the event loop is never held up for long. */
const STEP_BYTES = 1024 * 1024;
const ZEROS = new Uint8Array(STEP_BYTES);

/** The file's name in the data directory. */
export const BALLAST_FILE = "storage-ballast";

/**
 * A file of zeros that takes up space for no other purpose than to be given up when the disk is
 * full: what must go on then goes on in its place.
 */
export class Ballast {
  #sizeBytes: number;

  constructor(private readonly disk: Disk) {
    const entry = disk.list("")?.find(({ name }) => name === BALLAST_FILE);
    this.#sizeBytes = entry?.size ?? 0;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /**
   * Brings the file a step nearer to `bytes`, or down to it at once.
   * @returns whether it is there by now
   * @throws {DiskError}
   */
  grow(bytes: number): boolean {
    if (this.#sizeBytes === bytes) return true;
    const file = this.disk.open(BALLAST_FILE, { create: true });
    try {
      if (this.#sizeBytes > bytes) {
        file.truncate(bytes);
        this.#sizeBytes = bytes;
      } else {
        const step = Math.min(STEP_BYTES, bytes - this.#sizeBytes);
        file.write(ZEROS.subarray(0, step), this.#sizeBytes);
        this.#sizeBytes += step;
      }
    } catch (error) {
      if (error instanceof DiskError) this.#sizeBytes = file.size();
      throw error;
    } finally {
      file.close();
    }
    return this.#sizeBytes === bytes;
  }

  /**
   * Gives all of it up.
   * @throws {DiskError}
   */
  release(): void {
    if (this.#sizeBytes === 0) return;
    this.disk.remove(BALLAST_FILE);
    this.#sizeBytes = 0;
  }
}
