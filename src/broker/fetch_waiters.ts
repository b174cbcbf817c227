import type { Clock, Timer } from "../io/clock.ts";

/**
 * Fetches that found too few bytes and wait for more (the long poll of Fetch). A partition tells
 * its {@link PartitionWaiters} of every advance; waking is put off to the end of the turn, so that
 * all the appends of one read of the socket are answered together.
 */
export class FetchWaiter {
  readonly #places: readonly PartitionWaiters[];
  readonly #owner: FetchWaiters;
  readonly #resolve: () => void;
  readonly #timer: Timer;
  #bytesWanted: number;
  #finished = false;
  #woken = false;

  constructor(
    owner: FetchWaiters,
    clock: Clock,
    wait: { readonly bytesWanted: number; readonly maxWaitMs: number },
    places: readonly PartitionWaiters[],
    resolve: () => void,
  ) {
    this.#owner = owner;
    this.#places = places;
    this.#resolve = resolve;
    this.#bytesWanted = wait.bytesWanted;
    this.#timer = clock.schedule(wait.maxWaitMs, () => this.finish());
    for (const place of places) place.add(this);
  }

  /** `bytes` more can be read; the wait ends once they are enough. */
  advanced(bytes: number): void {
    this.#bytesWanted -= bytes;
    if (this.#bytesWanted > 0 || this.#woken) return;
    this.#woken = true;
    queueMicrotask(() => this.finish());
  }

  /** Ends the wait now: its time is up, or what it waits for has changed. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#timer.cancel();
    for (const place of this.#places) place.remove(this);
    this.#owner.forget(this);
    this.#resolve();
  }
}

/** Those who wait for one partition. */
export class PartitionWaiters {
  readonly #waiting = new Set<FetchWaiter>();

  add(waiter: FetchWaiter): void {
    this.#waiting.add(waiter);
  }

  remove(waiter: FetchWaiter): void {
    this.#waiting.delete(waiter);
  }

  /** `bytes` more can be read from the partition. */
  advanced(bytes: number): void {
    if (this.#waiting.size === 0) return;
    for (const waiter of this.#waiting) waiter.advanced(bytes);
  }

  /** The partition's leader changed or it is gone: every waiter looks again. */
  changed(): void {
    for (const waiter of [...this.#waiting]) waiter.finish();
  }
}

/** All waits of a broker, so that a stop can answer them. */
export class FetchWaiters {
  readonly #waiting = new Set<FetchWaiter>();
  #stopped = false;

  constructor(private readonly clock: Clock) {}

  /** How many fetches are parked. */
  get count(): number {
    return this.#waiting.size;
  }

  /**
   * Settles when `bytesWanted` more bytes can be read from `places` in sum, when one of them
   * changes, after `maxWaitMs`, or when the broker stops.
   */
  wait(bytesWanted: number, maxWaitMs: number, places: readonly PartitionWaiters[]): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const wait = { bytesWanted, maxWaitMs };
      this.#waiting.add(new FetchWaiter(this, this.clock, wait, places, resolve));
    });
  }

  forget(waiter: FetchWaiter): void {
    this.#waiting.delete(waiter);
  }

  /** Ends every wait, present and future. */
  stop(): void {
    this.#stopped = true;
    for (const waiter of [...this.#waiting]) waiter.finish();
  }
}
