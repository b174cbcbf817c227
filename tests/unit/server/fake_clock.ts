import type { Clock, Timer } from "../../../src/io/clock.ts";

/** Time that stands still until {@link advance}. */
export class FakeClock implements Clock {
  nowMs = 1_000;
  readonly #timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();

  wallMs(): number {
    return this.nowMs;
  }

  monotonicMs(): number {
    return this.nowMs;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const entry = { dueMs: this.nowMs + Math.max(0, delayMs), callback };
    this.#timers.add(entry);
    return { cancel: () => void this.#timers.delete(entry) };
  }

  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Lets time pass; timers run in order of their due times, then everything settles. */
  async advance(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      let next: { readonly dueMs: number; readonly callback: () => void } | undefined;
      for (const entry of this.#timers) {
        if (entry.dueMs <= endMs && (next === undefined || entry.dueMs < next.dueMs)) next = entry;
      }
      if (next === undefined) break;
      this.#timers.delete(next);
      this.nowMs = Math.max(this.nowMs, next.dueMs);
      next.callback();
      await settle();
    }
    this.nowMs = Math.max(this.nowMs, endMs);
    await settle();
  }
}

/** Lets every promise that can settle do so. In-memory streams need no more than microtasks. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 60; i++) await Promise.resolve();
}
