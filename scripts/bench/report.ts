/**
 * What a session leaves behind: the machine it ran on, its options, every value.
 *
 * @module
 */

import { availableParallelism, cpus } from "node:os";
import { type FigureSet } from "./figures.ts";
import { type BenchOptions } from "./options.ts";
import { type Verdict } from "./targets.ts";

/** The machine in a few words. The load average tells whether it had other things to do. */
export function machineLine(): string {
  const { total } = Deno.systemMemoryInfo();
  const load = Deno.loadavg().map((value) => value.toFixed(1)).join(" ");
  const model = cpus()[0]?.model ?? "unknown CPU";
  return `${availableParallelism()} x ${model}, ${(total / 1e9).toFixed(0)} GB, ` +
    `Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}, load average ${load}`;
}

/** Writes the session as JSON. */
export async function writeReport(
  file: string,
  options: BenchOptions,
  machineAtStart: string,
  figures: readonly FigureSet[],
  verdicts: readonly Verdict[],
): Promise<void> {
  const report = {
    at: new Date().toISOString(),
    machine: machineAtStart,
    options,
    brokers: figures.map((set) => ({ broker: set.broker, figures: set.all() })),
    verdicts,
  };
  await Deno.writeTextFile(file, `${JSON.stringify(report, null, 2)}\n`);
}
