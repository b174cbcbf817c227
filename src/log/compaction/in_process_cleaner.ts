import type { Cleaner, CleaningClient, CleaningJob, CleaningOutcome } from "./cleaning_job.ts";
import { type CleaningTools, runCleaning } from "./run_cleaning.ts";

/**
 * Cleans on the thread that asks for it: for tests and for the simulator, where one thread is all
 * there is. It gives way to others, and holds them up while it works.
 */
export class InProcessCleaner implements Cleaner {
  #isClosed = false;

  constructor(private readonly tools: CleaningTools) {}

  clean(job: CleaningJob, client: CleaningClient): Promise<CleaningOutcome> {
    return runCleaning(this.tools, job, {
      isWanted: () => !this.#isClosed && client.isWanted(),
      swap: (cleaned) => client.swap(cleaned),
    });
  }

  close(): void {
    this.#isClosed = true;
  }
}
