/** What a follower's fetch tells its leader. Offsets are record offsets, times monotonic. */
export interface FollowerFetch {
  readonly brokerId: number;
  /** Of the follower's registration; -1 when it did not tell. */
  readonly brokerEpoch: number;
  /** The follower's log end offset: it has everything below it. */
  readonly fetchOffset: number;
  /** The follower's log start offset. */
  readonly logStartOffset: number;
}

/**
 * How far one follower is, as its leader sees it: it is taken to be caught up at the time when it
 * asked for the end that the leader's log had then (KIP-16).
 */
export class FollowerProgress {
  brokerEpoch = -1;
  /** -1 until the follower has fetched from this leader. */
  logEndOffset = -1;
  /** -1 until the follower has fetched from this leader. */
  logStartOffset = -1;
  /** The last time that it was known to have all that the leader had; -Infinity for never. */
  lastCaughtUpMs: number;
  #lastFetchMs = -Infinity;
  #leaderEndAtLastFetch = -1;

  /** @param isInSync the follower is given the benefit of the doubt: it was caught up just now */
  constructor(nowMs: number, isInSync: boolean) {
    this.lastCaughtUpMs = isInSync ? nowMs : -Infinity;
  }

  /** @param leaderEndOffset of the leader's log when the fetch came */
  fetched(fetch: FollowerFetch, leaderEndOffset: number, nowMs: number): void {
    const { fetchOffset } = fetch;
    if (fetchOffset >= leaderEndOffset) this.#caughtUpAt(nowMs);
    else if (fetchOffset >= this.#leaderEndAtLastFetch) this.#caughtUpAt(this.#lastFetchMs);
    this.brokerEpoch = fetch.brokerEpoch;
    this.logEndOffset = fetchOffset;
    this.logStartOffset = fetch.logStartOffset;
    this.#leaderEndAtLastFetch = leaderEndOffset;
    this.#lastFetchMs = nowMs;
  }

  /** The leader leads on in a new epoch: nobody is to be blamed for the time before it. */
  excuse(nowMs: number): void {
    this.#caughtUpAt(nowMs);
  }

  /** Whether the follower has all that the leader has, or had it not longer ago than `lagMaxMs`. */
  isCaughtUp(leaderEndOffset: number, nowMs: number, lagMaxMs: number): boolean {
    return this.logEndOffset === leaderEndOffset || nowMs - this.lastCaughtUpMs <= lagMaxMs;
  }

  #caughtUpAt(ms: number): void {
    if (ms > this.lastCaughtUpMs) this.lastCaughtUpMs = ms;
  }
}
