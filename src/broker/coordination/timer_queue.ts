import type { Clock, Timer } from "../../io/clock.ts";

/** Due timers that run before the event loop gets its turn. */
const TIMERS_PER_TURN = 256;

interface Entry<Event> {
  dueMs: number;
  readonly key: string;
  readonly event: Event;
  isCancelled: boolean;
}

/**
 * Many timers on one timer of the host: a binary heap by due time. Arming and cancelling cost a map
 * lookup and, for arming, log n; a cancelled timer stays in the heap until its time.
 */
export class TimerQueue<Event> {
  readonly #byKey = new Map<string, Entry<Event>>();
  readonly #heap: Entry<Event>[] = [];
  #hostTimer: Timer | undefined;
  #hostDueMs = Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly fire: (event: Event) => void,
  ) {}

  /** Timers that will fire unless they are cancelled. */
  get size(): number {
    return this.#byKey.size;
  }

  /** Arms a timer; one that is armed with the same key is replaced. */
  arm(key: string, delayMs: number, event: Event): void {
    this.cancel(key);
    const dueMs = this.clock.monotonicMs() + delayMs;
    const entry: Entry<Event> = { dueMs, key, event, isCancelled: false };
    this.#byKey.set(key, entry);
    this.#push(entry);
    this.#schedule();
  }

  cancel(key: string): void {
    const entry = this.#byKey.get(key);
    if (entry === undefined) return;
    entry.isCancelled = true;
    this.#byKey.delete(key);
  }

  /** Cancels all. */
  clear(): void {
    this.#byKey.clear();
    this.#heap.length = 0;
    this.#hostTimer?.cancel();
    this.#hostTimer = undefined;
    this.#hostDueMs = Infinity;
  }

  #schedule(): void {
    const next = this.#heap[0];
    if (next === undefined || next.dueMs >= this.#hostDueMs) return;
    this.#hostTimer?.cancel();
    this.#hostDueMs = next.dueMs;
    const delayMs = Math.max(0, next.dueMs - this.clock.monotonicMs());
    this.#hostTimer = this.clock.schedule(delayMs, () => this.#run());
  }

  #run(): void {
    this.#hostTimer = undefined;
    this.#hostDueMs = Infinity;
    const nowMs = this.clock.monotonicMs();
    for (let fired = 0; fired < TIMERS_PER_TURN;) {
      const next = this.#heap[0];
      if (next === undefined || (!next.isCancelled && next.dueMs > nowMs)) break;
      this.#pop();
      if (next.isCancelled) continue;
      this.#byKey.delete(next.key);
      fired++;
      this.fire(next.event);
    }
    this.#schedule();
  }

  #push(entry: Entry<Event>): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent]!;
      if (above.dueMs <= entry.dueMs) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && heap[child + 1]!.dueMs < heap[child]!.dueMs) child++;
      const below = heap[child]!;
      if (below.dueMs >= last.dueMs) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}
