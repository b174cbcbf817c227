import type { Disk } from "../io/disk.ts";
import { replaceFile, TEMPORARY_SUFFIX, writeWhole } from "./atomic_file.ts";

/**
 * A small file that tells a state of now, replaced as a whole. It can be written at once, where
 * something depends on it, or off the event loop, where an older state would do as well: then a
 * write at once that comes between wins.
 */
export class CheckpointFile {
  #writes = 0;
  #writing: Promise<void> | undefined;

  /** @param text yields the content as of now */
  constructor(
    private readonly disk: Disk,
    private readonly path: string,
    private readonly text: () => string,
  ) {}

  /**
   * Durable when it returns; the event loop waits.
   * @throws {DiskError}
   */
  writeNow(): void {
    this.#writes++;
    replaceFile(this.disk, this.path, this.text());
  }

  /**
   * Calls that come while a write is under way share it. Its content is durable, the name that
   * leads to it is with the next sync of the directory: after a crash the old content may be back.
   * @throws {DiskError}
   */
  write(): Promise<void> {
    this.#writing ??= this.#write().finally(() => this.#writing = undefined);
    return this.#writing;
  }

  async #write(): Promise<void> {
    const { disk, path } = this;
    const writesBefore = this.#writes;
    const temporary = `${path}.later${TEMPORARY_SUFFIX}`;
    const file = disk.open(temporary, { create: true });
    try {
      writeWhole(file, this.text());
      await file.sync();
    } finally {
      file.close();
    }
    if (this.#writes === writesBefore) disk.rename(temporary, path);
  }
}
