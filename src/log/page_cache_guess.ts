/** A read that takes longer has waited for a device; the page cache answers well below it. */
const CACHED_READ_MS_MAX = 4;

/**
 * Guesses whether the page cache holds what is read next from a log, by how long the last read
 * took. A read from the page cache is cheapest where it is asked for: handing 1 MB to another
 * thread and back costs about as much as the read. One that waits for a device must not stop the
 * event loop. Readers go forward and the system reads ahead of them, so the last read tells of the
 * next one; a wrong guess costs one wait, after which reads go off the loop until they are fast.
 */
export class PageCacheGuess {
  #holdsNext = false;

  get holdsNext(): boolean {
    return this.#holdsNext;
  }

  /** @param durationMs of a read that has ended, on the event loop or off it */
  observe(durationMs: number): void {
    this.#holdsNext = durationMs <= CACHED_READ_MS_MAX;
  }
}
