import type { Scenario, SimulateOptions } from "./options.ts";
import type { SeedOutcome } from "./run_seed.ts";
import type { SeedRequest } from "./worker.ts";

/**
 * Runs seeds on several threads.
 *
 * @param told called with each outcome as it comes; false ends the runs
 */
export async function runSeeds(
  options: SimulateOptions,
  told: (outcome: SeedOutcome) => boolean,
): Promise<void> {
  const jobs = jobsOf(options);
  let isOn = true;
  const workers = Array.from({ length: Math.max(1, options.workers) }, async () => {
    const worker = new Worker(import.meta.resolve("./worker.ts"), { type: "module" });
    try {
      while (isOn) {
        const job = jobs.next();
        if (job.done === true) return;
        const outcome = await ask(worker, { ...job.value, options });
        isOn &&= told(outcome);
      }
    } finally {
      worker.terminate();
    }
  });
  await Promise.all(workers);
}

function* jobsOf(
  { from, seeds, scenarios }: SimulateOptions,
): Generator<{ readonly seed: number; readonly scenario: Scenario }> {
  for (let seed = from; seed < from + seeds; seed++) {
    for (const scenario of scenarios) yield { seed, scenario };
  }
}

function ask(worker: Worker, request: SeedRequest): Promise<SeedOutcome> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<SeedOutcome>) => resolve(data);
    worker.onerror = (event) => reject(new Error(`a worker ended: ${event.message}`));
    worker.postMessage(request);
  });
}
