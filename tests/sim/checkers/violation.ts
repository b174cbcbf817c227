/** What must always hold, by the numbers that they have in the design. */
export const INVARIANTS = {
  durable: "1. acknowledged is durable, and readable until retention takes it",
  oneValue: "2. one value per offset; one leader per epoch",
  neverBack: "3. epochs, high watermark, last stable and committed offsets never go back",
  noTruncation: "4. nothing below the high watermark is truncated",
  transactions: "5. read_committed sees no gap, no reorder, no aborted record; all or nothing",
  once: "6. each idempotent sequence appears once",
  fenced: "7. stale epochs are fenced",
  corruption:
    "8. corruption is detected, never served; a damaged replica does not stop the cluster",
  bounded: "9. memory per unauthenticated byte is bounded",
  answered: "10. every accepted request is answered, or its connection is closed",
  progress: "11. when faults heal, progress resumes within 10 s",
  metadata: "12. every broker replays the same metadata log, and its answers are linearizable",
  foreseen: "13. nothing fails in a way that nobody has foreseen",
} as const;

export type Invariant = keyof typeof INVARIANTS;

/** An invariant does not hold. */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
  constructor(readonly invariant: Invariant, readonly found: string) {
    super(`${INVARIANTS[invariant]}\n  ${found}`);
  }
}

/** Where checkers report. */
export type Report = (invariant: Invariant, found: string) => void;
