/** Runs seeds that it is sent, one after the other, in a thread of its own. */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import type { Scenario, SimulateOptions } from "./options.ts";
import { runSeed } from "./run_seed.ts";

/** What a worker is asked to do. */
export interface SeedRequest {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly options: SimulateOptions;
}

self.onmessage = async ({ data }: MessageEvent<SeedRequest>) => {
  self.postMessage(await runSeed(data.seed, data.scenario, data.options));
};
