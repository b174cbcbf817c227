/**
 * Sums up a CI run: the JUnit reports in a folder and the steps that wrote none.
 *
 *     deno run --allow-read scripts/ci_summary.ts DIR
 *
 * `DIR/steps.tsv` holds a line for each step: name, exit code, seconds, and the report it writes
 * (or `-`). A step without a report counts as one case; a step that failed although its report
 * knows of no failure (it crashed, or wrote none) counts as one failure more. The last line is
 * `N passed, N failed, N skipped`; the exit code is 1 when anything failed or nothing ran.
 */
import { join } from "std/path";
import { addCounts, countTestCases, type TestCounts } from "./ci_junit.ts";

/** A line of `steps.tsv`. */
export interface CiStep {
  readonly name: string;
  readonly exitCode: number;
  readonly seconds: number;
  /** File name or folder name of the report; undefined when the step writes none. */
  readonly report: string | undefined;
}

/** Reads `steps.tsv`. */
export function parseSteps(text: string): CiStep[] {
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const [name = "", exitCode = "", seconds = "", report = "-"] = line.split("\t");
    return {
      name,
      exitCode: Number(exitCode),
      seconds: Number(seconds),
      report: report === "-" ? undefined : report,
    };
  });
}

/** What a step adds to the sum, given the JUnit documents that it wrote. */
export function countsOfStep(step: CiStep, reports: readonly string[]): TestCounts {
  const passed = step.exitCode === 0;
  if (step.report === undefined) {
    return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: 0 };
  }
  const counts = addCounts(reports.map(countTestCases));
  const silent = counts.failed === 0 && (!passed || reports.length === 0);
  return silent ? { ...counts, failed: 1 } : counts;
}

function readReports(path: string): string[] {
  try {
    if (!Deno.statSync(path).isDirectory) return [Deno.readTextFileSync(path)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return [...Deno.readDirSync(path)]
    .filter(({ name }) => name.endsWith(".xml"))
    .map(({ name }) => Deno.readTextFileSync(join(path, name)));
}

if (import.meta.main) {
  const directory = Deno.args[0];
  if (directory === undefined) throw new SyntaxError("usage: ci_summary.ts DIR");
  const steps = parseSteps(Deno.readTextFileSync(join(directory, "steps.tsv")));
  const rows = steps.map((step) => {
    const reports = step.report === undefined ? [] : readReports(join(directory, step.report));
    return { step, counts: countsOfStep(step, reports) };
  });
  const lines = rows.map(({ step, counts }) =>
    `${counts.failed === 0 ? "ok    " : "FAILED"} ${step.name.padEnd(28)} ` +
    `${step.seconds.toString().padStart(5)} s  ${counts.passed} passed, ` +
    `${counts.failed} failed, ${counts.skipped} skipped`
  );
  const { passed, failed, skipped } = addCounts(rows.map(({ counts }) => counts));
  lines.push(`${passed} passed, ${failed} failed, ${skipped} skipped`, "");
  await Deno.stdout.write(new TextEncoder().encode(lines.join("\n")));
  Deno.exit(failed === 0 && passed > 0 ? 0 : 1);
}
