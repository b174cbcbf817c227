/**
 * Shares one slow operation among those who ask for it while it runs: a caller that comes during a
 * run waits for the next one, which begins when the present one ends and serves all who wait.
 */
export class GroupCommit {
  #running: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  /** @param commit covers all that was done before it is called */
  constructor(private readonly commit: () => Promise<void>) {}

  /** Settles with a run that began after this call. */
  request(): Promise<void> {
    if (this.#running === undefined) return this.#run();
    this.#next ??= this.#runAfter(this.#running);
    return this.#next;
  }

  async #runAfter(previous: Promise<void>): Promise<void> {
    // Those who asked for the previous run hear of its failure.
    await previous.catch(() => {});
    this.#next = undefined;
    await this.#run();
  }

  #run(): Promise<void> {
    const run = this.commit();
    this.#running = run;
    const done = () => {
      if (this.#running === run) this.#running = undefined;
    };
    run.then(done, done);
    return run;
  }
}
