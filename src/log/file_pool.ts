import { invariant } from "../base/invariant.ts";
import { type Disk, DiskError, type DiskFile } from "../io/disk.ts";

/**
 * Keeps the number of open files bounded. A {@link PooledFile} opens on its first use and again
 * whenever it was closed meanwhile to make room; the least recently used file goes first.
 *
 * Closing a file with unsynced writes loses nothing: they belong to the file, not to the handle,
 * and a sync through any later handle covers them.
 */
export class FilePool {
  #openCount = 0;
  /** A ring through all open files; `next` of it is the most recently used. */
  readonly #ring: PooledFile;

  /** @param capacity open files at most, not counting those that are pinned beyond it */
  constructor(readonly disk: Disk, readonly capacity: number) {
    this.#ring = new PooledFile(this, "");
  }

  get openCount(): number {
    return this.#openCount;
  }

  /** A file of the pool. Touches no disk. */
  file(path: string): PooledFile {
    return new PooledFile(this, path);
  }

  /** Called by a file that has just been opened. */
  opened(file: PooledFile): void {
    this.#openCount++;
    this.used(file);
    if (this.#openCount > this.capacity) this.#closeOldest(file);
  }

  /** Called by an open file that is used: it becomes the youngest. */
  used(file: PooledFile): void {
    const ring = this.#ring;
    if (ring.next === file) return;
    file.unlink();
    file.next = ring.next;
    file.previous = ring;
    ring.next.previous = file;
    ring.next = file;
  }

  /** Called by a file that has been closed. */
  closed(file: PooledFile): void {
    this.#openCount--;
    file.unlink();
  }

  #closeOldest(except: PooledFile): void {
    let candidate = this.#ring.previous;
    while (candidate !== this.#ring && this.#openCount > this.capacity) {
      const older = candidate.previous;
      if (candidate !== except && !candidate.isPinned) candidate.close();
      candidate = older;
    }
  }
}

/** One file that is open when it needs to be. */
export class PooledFile {
  next: PooledFile = this;
  previous: PooledFile = this;
  #file: DiskFile | undefined;
  #pins = 0;
  #closeWhenUnpinned = false;
  #isRetired = false;

  constructor(readonly pool: FilePool, public path: string) {}

  get isPinned(): boolean {
    return this.#pins > 0;
  }

  /**
   * The open file. Good until the event loop turns or another file of the pool is opened; what
   * needs it longer calls {@link pin}.
   * @throws {DiskError}
   */
  open(): DiskFile {
    if (this.#file !== undefined) {
      this.pool.used(this);
      return this.#file;
    }
    if (this.#isRetired) throw new DiskError("notFound", this.path, "taken out of the log");
    this.#file = this.pool.disk.open(this.path, { create: true });
    this.pool.opened(this);
    return this.#file;
  }

  /** As {@link open}, and the file stays open until {@link unpin}. */
  pin(): DiskFile {
    const file = this.open();
    this.#pins++;
    return file;
  }

  unpin(): void {
    invariant(this.#pins > 0, "file was not pinned");
    this.#pins--;
    if (this.#pins === 0 && this.#closeWhenUnpinned) {
      this.#closeWhenUnpinned = false;
      this.close();
    }
  }

  /** Closes the file now, or when the last pin is gone. It may be opened again. */
  close(): void {
    if (this.#pins > 0) {
      this.#closeWhenUnpinned = true;
      return;
    }
    const file = this.#file;
    if (file === undefined) return;
    this.#file = undefined;
    this.pool.closed(this);
    file.close();
  }

  /** Closes the file for good: its name is gone, and opening it would make another. */
  retire(): void {
    this.close();
    this.#isRetired = true;
  }

  /** Takes the file out of the pool's order. */
  unlink(): void {
    this.previous.next = this.next;
    this.next.previous = this.previous;
    this.next = this;
    this.previous = this;
  }
}
