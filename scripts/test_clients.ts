/**
 * Runs the client suites, one after another, each in a process of its own, and writes one JUnit
 * report per suite:
 *
 *     deno run -A scripts/test_clients.ts [--reports DIR] [--e2e] [--chaos] [SUITE ...]
 *
 * A SUITE is the path of a file below tests/clients with dashes, without `_test.ts`; all of them by default.
 * `--e2e` adds those of tests/e2e that need clients, `--chaos` the long random ones. Which broker they meet, the environment says: see
 * tests/clients/support/broker.ts. Ends with 1 when a suite failed.
 */
import { dirname, join } from "std/path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { clientTools } from "./client_tools.ts";

const REPOSITORY = dirname(dirname(fileURLToPath(import.meta.url)));

const END_TO_END = [
  "tests/e2e/dump_log_test.ts",
  "tests/e2e/million_lines_test.ts",
  "tests/e2e/exactly_once_test.ts",
  "tests/e2e/cli_golden_test.ts",
  "tests/e2e/cli_processes_test.ts",
  "tests/e2e/cli_transactions_test.ts",
  "tests/e2e/cluster_test.ts",
  "tests/e2e/cluster_failover_test.ts",
  "tests/e2e/examples_test.ts",
  "tests/e2e/operations_test.ts",
  "tests/e2e/docs_commands_test.ts",
  "tests/e2e/chaos/log_checker_test.ts",
  "tests/e2e/compaction_test.ts",
  "tests/e2e/storage_disk_test.ts",
  "tests/e2e/storage_plan_test.ts",
  "tests/e2e/compaction_kafka_test.ts",
];

/** Long and random: for a night rather than for each change. */
const CHAOS = [
  "tests/e2e/chaos/kill_test.ts",
  "tests/e2e/chaos/partition_test.ts",
  "tests/e2e/chaos/growth_test.ts",
];

/** The outcome of one suite. Steps are counted, a test with steps is not. */
interface SuiteResult {
  readonly suite: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The suites in the folder and below it. */
async function suiteFiles(folder: string): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(join(REPOSITORY, folder))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory) files.push(...await suiteFiles(path));
    else if (entry.name.endsWith("_test.ts")) files.push(path);
  }
  return files.sort();
}

/** `tests/clients/groups/groups_test.ts` is `groups-groups`. */
function suiteName(file: string): string {
  return file.replace(/^tests\/[^/]+\//, "").replace(/_test\.ts$/, "").replaceAll("/", "-");
}

async function runSuite(file: string, reports: string): Promise<SuiteResult> {
  const suite = suiteName(file);
  const report = join(reports, `${suite}.xml`);
  const startMs = performance.now();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "-A", `--junit-path=${report}`, file],
    cwd: REPOSITORY,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const { success } = await child.status;
  const seconds = (performance.now() - startMs) / 1000;
  const xml = await Deno.readTextFile(report).catch(() => "");
  return { suite, ok: success, seconds, ...countCases(xml) };
}

/** Counts the test cases of a JUnit report, a test that consists of steps by its steps only. */
function countCases(xml: string): { passed: number; failed: number; skipped: number } {
  const cases = [...xml.matchAll(/<testcase name="([^"]*)"[^>]*?(\/>|>[\s\S]*?<\/testcase>)/g)];
  const parents = new Set(
    cases.map(([, name]) => name?.split(" &gt; ").slice(0, -1).join(" &gt; ")),
  );
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const [testCase, name] of cases) {
    if (parents.has(name)) continue;
    if (testCase.includes("<skipped")) counts.skipped++;
    else if (/<(failure|error)\b/.test(testCase)) counts.failed++;
    else counts.passed++;
  }
  return counts;
}

function summary(results: readonly SuiteResult[]): string {
  const rows = results.map(({ suite, ok, seconds, passed, failed, skipped }) =>
    [
      suite.padEnd(20),
      (ok ? "ok" : "FAILED").padEnd(7),
      `${seconds.toFixed(0).padStart(4)} s`,
      `${passed} passed, ${failed} failed, ${skipped} skipped`,
    ].join(" ")
  );
  return `\n${rows.join("\n")}\n`;
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    args: Deno.args,
    options: {
      reports: { type: "string" },
      e2e: { type: "boolean", default: false },
      chaos: { type: "boolean", default: false },
    },
    allowPositionals: true,
  });
  await clientTools();
  const reports = values.reports ?? await Deno.makeTempDir({ prefix: "jocko-reports-" });
  await Deno.mkdir(reports, { recursive: true });
  const all = [
    ...await suiteFiles("tests/clients"),
    ...(values.e2e ? END_TO_END : []),
    ...(values.chaos ? CHAOS : []),
  ];
  const files = all.filter((file) =>
    positionals.length === 0 || positionals.includes(suiteName(file))
  );
  const results: SuiteResult[] = [];
  for (const file of files) results.push(await runSuite(file, reports));
  await Deno.stdout.write(new TextEncoder().encode(`${summary(results)}reports in ${reports}\n`));
  Deno.exit(files.length > 0 && results.every(({ ok }) => ok) ? 0 : 1);
}
