import type { Logger } from "../base/logger.ts";
import type { Clock, Timer } from "../io/clock.ts";
import { type Disk, DiskError } from "../io/disk.ts";

/**
 * Removes files some time after they got out of use: readers that were given them may still be at
 * it, and an operator who erred has that long. What is left at a shutdown goes at the next start.
 */
export class DelayedRemovals {
  readonly #timers = new Set<Timer>();

  constructor(
    private readonly disk: Disk,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  add(paths: readonly string[], delayMs: number): void {
    const timer = this.clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      for (const path of paths) this.#remove(path);
    });
    this.#timers.add(timer);
  }

  cancel(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #remove(path: string): void {
    try {
      this.disk.remove(path);
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.logger.warn("file not removed", { path, error });
    }
  }
}
