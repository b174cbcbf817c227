// deno-lint-ignore-file no-console -- a command-line tool: what it prints is its result
/**
 * Runs the production code in simulated worlds, on virtual time, through faults that one seed
 * decides, and judges what clients were told.
 *
 *     deno task simulate [--seeds N] [--from SEED] [--time 90s] [--nodes N] [--faults LIST]
 *                        [--scenario LIST] [--workers N] [--trace LINES] [--verbose]
 *                        [--planted NAME|all]
 *
 * A failure prints its seed, what was broken, the end of its history and the command that repeats
 * it, and leaves with 1. With `--planted`, bugs of the catalogue in tests/sim/planted are put into a
 * copy of the source, and it fails when one is not found.
 */
import {
  parseSimulateOptions,
  replayCommand,
  type SimulateOptions,
} from "../tests/sim/command/options.ts";
import { hunt } from "../tests/sim/planted/hunt.ts";
import { runSeeds } from "../tests/sim/command/pool.ts";
import type { SeedOutcome } from "../tests/sim/command/run_seed.ts";

function printFailure(outcome: SeedOutcome & { kind: "failed" }, options: SimulateOptions): void {
  const { seed, scenario, message, trace, atMs } = outcome;
  for (const line of trace.slice(-options.traceLines)) console.error(line);
  console.error(`seed ${seed} (${scenario}) fails at ${atMs.toFixed(3)} simulated ms:`);
  console.error(message);
  console.error(`again: ${replayCommand(seed, { ...options, scenarios: [scenario] })}`);
}

async function simulate(options: SimulateOptions): Promise<number> {
  const began = performance.now();
  let simulatedMs = 0;
  let done = 0;
  let failures = 0;
  await runSeeds(options, (outcome) => {
    done++;
    if (outcome.kind === "failed") {
      failures++;
      printFailure(outcome, options);
      return false;
    }
    simulatedMs += outcome.simulatedMs;
    if (options.isVerbose) console.log(`seed ${outcome.seed} ${outcome.hash} ${outcome.summary}`);
    return true;
  });
  const wallMs = performance.now() - began;
  const hours = simulatedMs / 3_600_000;
  console.log(
    `${done} runs from seed ${options.from}, ${failures} failed; ${hours.toFixed(2)} simulated ` +
      `hours in ${(wallMs / 1000).toFixed(1)} s, ${
        (hours / (wallMs / 60_000)).toFixed(1)
      } per minute`,
  );
  return failures === 0 ? 0 : 1;
}

if (import.meta.main) {
  const options = parseSimulateOptions(Deno.args);
  Deno.exit(options.planted === undefined ? await simulate(options) : await hunt(options));
}
