/** Time, as the broker sees it. The simulator steers it; nothing else may read a clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch. May jump both ways when the operator sets the clock. */
  wallMs(): number;
  /** Milliseconds, fractional, since an arbitrary start. Never goes back. */
  monotonicMs(): number;
  /** Runs `callback` once, not before `delayMs` have passed. Delays below 0 count as 0. */
  schedule(delayMs: number, callback: () => void): Timer;
}

/** A pending {@link Clock.schedule}. */
export interface Timer {
  /** The callback will not run after this. Does nothing when it has run. */
  cancel(): void;
}
