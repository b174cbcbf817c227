import type { Disk } from "../io/disk.ts";

/**
 * Keeps the names in one directory durable. Changes are counted, so that whoever waits for a sync
 * knows whether it covers a change that came while it was under way.
 */
export class DirectoryNames {
  #changes: number;
  #syncedChanges = 0;
  #syncing: Promise<void> | undefined;

  /**
   * @param path of the directory; it may be renamed
   * @param isDirty whether there may be changes that are not durable already
   */
  constructor(
    private readonly disk: Disk,
    private readonly path: () => string,
    isDirty: boolean,
  ) {
    this.#changes = isDirty ? 1 : 0;
  }

  /** A name was made, moved or removed. */
  changed(): void {
    this.#changes++;
  }

  get isDirty(): boolean {
    return this.#syncedChanges < this.#changes;
  }

  /** Makes all changes durable; the event loop waits. */
  syncNow(): void {
    if (!this.isDirty) return;
    this.disk.syncDirectory(this.path());
    this.#syncedChanges = this.#changes;
  }

  /** As {@link syncNow}, for the changes before the call, off the event loop. */
  async sync(): Promise<void> {
    const wanted = this.#changes;
    while (this.#syncedChanges < wanted) {
      this.#syncing ??= this.#sync().finally(() => this.#syncing = undefined);
      await this.#syncing;
    }
  }

  async #sync(): Promise<void> {
    const covered = this.#changes;
    await this.disk.syncDirectoryLater(this.path());
    this.#syncedChanges = Math.max(this.#syncedChanges, covered);
  }
}
