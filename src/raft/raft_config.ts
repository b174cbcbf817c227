/** How a node behaves; the same on all nodes. */
export interface RaftConfig {
  /**
   * A follower that hears nothing for this long, and up to as long again by chance, stands for
   * election. A leader that hears from no majority for this long steps down.
   */
  readonly electionTimeoutMs: number;
  /** How often a leader is heard; a fifth of the election timeout tolerates four losses. */
  readonly heartbeatIntervalMs: number;
  /** A node whose leader's connection broke stands for election within this time, by chance. */
  readonly lostLeaderDelayMs: number;
  /** A leader forgets an observer that it has not heard from for this long. */
  readonly observerTimeoutMs: number;
  /** Bytes of batches in one message, unless a single one is larger. */
  readonly appendBytesMax: number;
  /** Appends to one node that may be unanswered at a time. */
  readonly inflightAppendsMax: number;
  readonly inflightBytesMax: number;
}

export const DEFAULT_RAFT_CONFIG: RaftConfig = {
  electionTimeoutMs: 1000,
  heartbeatIntervalMs: 200,
  lostLeaderDelayMs: 150,
  observerTimeoutMs: 10_000,
  appendBytesMax: 1024 * 1024,
  inflightAppendsMax: 64,
  inflightBytesMax: 8 * 1024 * 1024,
};
