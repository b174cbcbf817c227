// deno-lint-ignore-file no-console -- a command-line tool: what it prints is its result
/**
 * Runs the production code on a simulated disk and virtual time, through faults and crashes that
 * one seed decides, and judges what is left.
 *
 *     deno task simulate [--seeds N] [--from SEED]
 *
 * A failure prints its seed and the command that repeats it, and leaves with 1.
 */
import { crashRun } from "../tests/unit/log/crash_scenario.ts";
import { brokerOnBadDisk } from "../tests/sim/broker_on_bad_disk.ts";

/** What is run for each seed, by name. */
const SCENARIOS: readonly {
  readonly name: string;
  run(seed: number): Promise<unknown>;
}[] = [
  { name: "log, process killed", run: (seed) => crashLog(seed, "process") },
  { name: "log, power lost", run: (seed) => crashLog(seed, "power") },
  { name: "broker, process killed", run: (seed) => brokerOnBadDisk(seed, "process") },
  { name: "broker, power lost", run: (seed) => brokerOnBadDisk(seed, "power") },
];

/** Changing calls of the disk, at most, before a crash. */
const CRASH_AFTER_MAX = 400;

function crashLog(seed: number, kind: "process" | "power"): Promise<number> {
  const crashAfter = 1 + Math.imul(seed, 2_654_435_761) % CRASH_AFTER_MAX;
  return crashRun({ seed, crashAfter: Math.abs(crashAfter), kind });
}

/** @throws {SyntaxError} for anything but the two options with whole numbers */
export function parseSimulateOptions(
  args: readonly string[],
): { readonly seeds: number; readonly from: number } {
  const options = { seeds: 100, from: 1 };
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i];
    const value = Number(args[i + 1]);
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new SyntaxError(`${name} needs a whole number`);
    }
    if (name === "--seeds") options.seeds = value;
    else if (name === "--from") options.from = value;
    else throw new SyntaxError(`unknown option ${name}; there are --seeds and --from`);
  }
  return options;
}

async function main(): Promise<number> {
  const { seeds, from } = parseSimulateOptions(Deno.args);
  const began = performance.now();
  for (let seed = from; seed < from + seeds; seed++) {
    for (const { name, run } of SCENARIOS) {
      try {
        await run(seed);
      } catch (error) {
        console.error(error);
        console.error(`seed ${seed} fails: ${name}`);
        console.error(`again: deno task simulate --seeds 1 --from ${seed}`);
        return 1;
      }
    }
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(
    `${seeds} seeds from ${from}, ${SCENARIOS.length} scenarios each: sound (${seconds} s)`,
  );
  return 0;
}

if (import.meta.main) Deno.exit(await main());
