import type { Logger } from "../base/logger.ts";
import type { Clock, Timer } from "../io/clock.ts";
import { type Disk, DiskError } from "../io/disk.ts";

interface PendingRemoval {
  readonly timer: Timer;
  readonly paths: readonly string[];
  readonly bytes: number;
}

/**
 * Removes files some time after they got out of use: readers that were given them may still be at
 * it, and an operator who erred has that long. What is left at a shutdown goes at the next start.
 */
export class DelayedRemovals {
  readonly #pending = new Set<PendingRemoval>();
  #pendingBytes = 0;

  constructor(
    private readonly disk: Disk,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** What the disk gets back when all is removed, about. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  add(paths: readonly string[], delayMs: number, bytes: number): void {
    const timer = this.clock.schedule(delayMs, () => this.#remove(removal));
    const removal: PendingRemoval = { timer, paths, bytes };
    this.#pending.add(removal);
    this.#pendingBytes += bytes;
  }

  /** Removes everything at once: the disk is short of space. */
  removeNow(): void {
    for (const removal of [...this.#pending]) {
      removal.timer.cancel();
      this.#remove(removal);
    }
  }

  cancel(): void {
    for (const { timer } of this.#pending) timer.cancel();
    this.#pending.clear();
    this.#pendingBytes = 0;
  }

  #remove(removal: PendingRemoval): void {
    this.#pending.delete(removal);
    this.#pendingBytes -= removal.bytes;
    for (const path of removal.paths) {
      try {
        this.disk.remove(path);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        this.logger.warn("file not removed", { path, error });
      }
    }
  }
}
