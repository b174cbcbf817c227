/**
 * Measures jocko and Apache Kafka in turns, and the yardstick with `--limit`, and holds the medians
 * against the targets: `deno task bench:compare --help`. Exits with 1 when a target is missed
 * or a scenario failed.
 *
 * @module
 */

import { type FigureSet, formatNumber, formatTable, median } from "./figures.ts";
import { brokerKind, helpText, parseOptions, printTo, withBench } from "./options.ts";
import { machineLine, writeReport } from "./report.ts";
import { runSelection } from "./runner.ts";
import { selectScenarios } from "./selection.ts";
import { judge, type Verdict } from "./targets.ts";

async function main(): Promise<number> {
  const options = parseOptions(Deno.args);
  if (options === undefined) {
    printTo(Deno.stdout, helpText("bench:compare"));
    return 0;
  }
  const machine = machineLine();
  const names = ["kafka", "jocko", ...(options.limitScript === undefined ? [] : ["limit"])];
  const kinds = await Promise.all(names.map((name) => brokerKind(name, options)));
  const selection = selectScenarios(options.choice);
  return await withBench(options, async (bench) => {
    const { figures, failures } = await runSelection(bench, kinds, selection, options.runs);
    const [kafka, jocko, limit] = figures;
    if (kafka === undefined || jocko === undefined) throw new Error("a broker has no figures");
    const verdicts = judge({ kafka, jocko, limit });
    printTo(Deno.stdout, `${machine}, medians of ${options.runs} alternating runs\n`);
    printTo(Deno.stdout, comparisonTable(figures));
    printTo(Deno.stdout, `\n${verdictTable(verdicts)}`);
    if (options.jsonFile !== undefined) {
      await writeReport(options.jsonFile, options, machine, figures, verdicts);
    }
    for (const failure of failures) printTo(Deno.stdout, `FAILED ${failure}`);
    return failures.length === 0 && verdicts.every(({ met }) => met) ? 0 : 1;
  });
}

/** Medians side by side, one row per metric that anyone has. */
function comparisonTable(figures: readonly FigureSet[]): string {
  const rows = new Map<string, string[]>();
  for (const { scenario, metric, unit } of figures.flatMap((set) => set.all())) {
    rows.set(`${scenario}\0${metric}`, [
      scenario,
      `${metric} (${unit})`,
      ...figures.map((set) => {
        const values = set.get(scenario, metric)?.values;
        return values === undefined ? "" : formatNumber(median(values));
      }),
    ]);
  }
  const heading = ["scenario", "metric", ...figures.map(({ broker }) => broker)];
  return formatTable([heading, ...rows.values()]);
}

function verdictTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map(({ scenario, target, measured, met }) => [
    met ? "PASS" : "FALLS SHORT",
    scenario,
    target,
    measured,
  ]);
  return formatTable([["verdict", "scenario", "target", "measured"], ...rows]);
}

if (import.meta.main) Deno.exitCode = await main();
