/** A piece of news that waits to be sent some more times. */
interface Broadcast {
  readonly subject: string;
  readonly message: Uint8Array;
  transmits: number;
}

/**
 * News that rides on packets. For each member only the newest is kept, so that the queue is never
 * longer than the list of members. What was sent least goes first, and of those the newest.
 */
export class Broadcasts {
  /** Oldest first. */
  readonly #queue = new Map<string, Broadcast>();

  get size(): number {
    return this.#queue.size;
  }

  /** Puts news of `subject` in place of older news of it. */
  add(subject: string, message: Uint8Array): void {
    this.#queue.delete(subject);
    this.#queue.set(subject, { subject, message, transmits: 0 });
  }

  has(subject: string): boolean {
    return this.#queue.has(subject);
  }

  /** Forgets all news: nobody is there to hear it. */
  clear(): void {
    this.#queue.clear();
  }

  /**
   * Messages of `bytesMax` together at most, each counted as sent once more; those that were sent
   * `transmitsMax` times are done.
   */
  take(bytesMax: number, transmitsMax: number): Uint8Array[] {
    if (this.#queue.size === 0) return [];
    // A stable sort of the reversed list: among equals the newest comes first.
    const waiting = [...this.#queue.values()].reverse().sort((a, b) => a.transmits - b.transmits);
    const taken: Uint8Array[] = [];
    let bytesLeft = bytesMax;
    for (const broadcast of waiting) {
      if (broadcast.message.length > bytesLeft) continue;
      bytesLeft -= broadcast.message.length;
      taken.push(broadcast.message);
      if (++broadcast.transmits >= transmitsMax) this.#queue.delete(broadcast.subject);
    }
    return taken;
  }
}
