/**
 * Measures one broker from outside, with real clients: `deno task bench --help`.
 * Exits with 1 when a scenario failed.
 *
 * @module
 */

import { figureTable } from "./figures.ts";
import { brokerKind, helpText, parseOptions, printTo, withBench } from "./options.ts";
import { machineLine, writeReport } from "./report.ts";
import { runSelection } from "./runner.ts";
import { selectScenarios } from "./selection.ts";

async function main(): Promise<number> {
  const options = parseOptions(Deno.args);
  if (options === undefined) {
    printTo(Deno.stdout, helpText("bench"));
    return 0;
  }
  const machine = machineLine();
  const kind = await brokerKind(options.broker, options);
  const selection = selectScenarios(options.choice);
  return await withBench(options, async (bench) => {
    const { figures, failures } = await runSelection(bench, [kind], selection, options.runs);
    printTo(Deno.stdout, `${kind.name} on ${machine}\n`);
    for (const set of figures) printTo(Deno.stdout, figureTable(set));
    if (options.jsonFile !== undefined) {
      await writeReport(options.jsonFile, options, machine, figures, []);
    }
    for (const failure of failures) printTo(Deno.stdout, `FAILED ${failure}`);
    return failures.length === 0 ? 0 : 1;
  });
}

if (import.meta.main) Deno.exitCode = await main();
