import type { Clock, Timer } from "../io/clock.ts";

/** Where a run takes less, waiting for company costs more than it saves. */
const GATHERED_RUN_MS_MIN = 1;
/** The part of the last run's time that a run may wait for those who came along with it then. */
const GATHERING_SHARE = 0.25;

/** A run that has not begun, and those who wait for it. */
interface NextRun {
  readonly settled: PromiseWithResolvers<void>;
  requests: number;
}

/**
 * Shares one slow operation among those who ask for it while it runs: a caller that comes during a
 * run waits for the next one, which serves all who wait.
 *
 * Producers with several requests in flight would fall into two halves that wait for each other's
 * runs. So a run begins only when as many have asked as lately did in one round, or after a
 * quarter of the time that the last run took. One who asks alone never waits.
 */
export class GroupCommit {
  #isRunning = false;
  #next: NextRun | undefined;
  #gathering: Timer | undefined;
  /** Requests that the last run served, and those that waited at its end. */
  #expectedRequests = 0;
  #lastRunMs = 0;

  /** @param commit covers all that was done before it is called */
  constructor(private readonly clock: Clock, private readonly commit: () => Promise<void>) {}

  /** Settles with a run that began after this call. */
  request(): Promise<void> {
    const next = this.#next ??= { settled: Promise.withResolvers<void>(), requests: 0 };
    next.requests++;
    if (!this.#isRunning) this.#runOrGather(next);
    return next.settled.promise;
  }

  /** What those wait for who gather for a run is done, or not wanted any more, without one. */
  settleGathered(): void {
    this.#gathering?.cancel();
    this.#gathering = undefined;
    if (this.#isRunning) return;
    this.#next?.settled.resolve();
    this.#next = undefined;
  }

  #runOrGather(next: NextRun): void {
    const isComplete = next.requests >= this.#expectedRequests;
    if (isComplete || this.#lastRunMs < GATHERED_RUN_MS_MIN) {
      void this.#run(next);
      return;
    }
    this.#gathering ??= this.clock.schedule(
      this.#lastRunMs * GATHERING_SHARE,
      () => void this.#run(next),
    );
  }

  async #run({ settled, requests }: NextRun): Promise<void> {
    this.#gathering?.cancel();
    this.#gathering = undefined;
    this.#next = undefined;
    this.#isRunning = true;
    const startMs = this.clock.monotonicMs();
    try {
      await this.commit();
      settled.resolve();
    } catch (error) {
      settled.reject(error);
    }
    this.#isRunning = false;
    this.#lastRunMs = this.clock.monotonicMs() - startMs;
    // Looked up anew: requests may have come while the run was under way.
    const next = this.#next as NextRun | undefined;
    this.#expectedRequests = requests + (next?.requests ?? 0);
    if (next !== undefined) this.#runOrGather(next);
  }
}
