/**
 * The gate: everything that must hold before a change lands, by one command.
 *
 *     deno task ok [--skip NAME]... [--only NAME]... [--junit DIR]
 *
 * Prints a line for each step, the output of those that failed, and a summary; leaves with 1 when
 * anything failed. With `--junit`, `DIR/ok.xml` reports the steps and `DIR/tests.xml` the tests.
 */
import { join } from "std/path";
import { junitOf, type StepResult } from "./ci_junit.ts";

const ROOT = join(import.meta.dirname ?? ".", "..");

/** One command of the gate: arguments of `deno`. */
export interface GateStep {
  readonly name: string;
  readonly args: readonly string[];
}

/** Frames that the short fuzz run sends; a night's run sends millions. */
const FUZZ_FRAMES = 20_000;
/** The short simulation: few seeds of every scenario, the same each time. */
const SIMULATION = ["--scenario", "log,broker,cluster", "--seeds", "8", "--time", "8s"];

/** The steps, those first that fail fastest. */
export function gateSteps(junitDir: string | undefined): GateStep[] {
  const script = (name: string, ...args: string[]) => ["run", "-A", `scripts/${name}.ts`, ...args];
  const fuzz = (name: string) => [
    "run",
    "-A",
    `tests/fuzz/${name}.ts`,
    "--frames",
    String(FUZZ_FRAMES),
  ];
  const report = junitDir === undefined ? [] : ["--junit", join(junitDir, "tests.xml")];
  return [
    { name: "format", args: ["fmt", "--check", "--quiet"] },
    { name: "lint", args: ["lint", "--quiet"] },
    { name: "layers", args: script("check_layers") },
    { name: "generated-protocol", args: script("generate_protocol", "--check") },
    { name: "generated-crc32c", args: script("generate_crc32c", "--check") },
    { name: "generated-docs", args: script("generate_configuration_docs", "--check") },
    { name: "types", args: ["check", "--quiet", "main.ts", "src", "scripts", "tests"] },
    { name: "tests", args: script("run_tests", "--no-check", ...report) },
    { name: "fuzz-codecs", args: fuzz("fuzz_codecs") },
    { name: "fuzz-server", args: fuzz("fuzz_server") },
    { name: "simulation", args: script("simulate", ...SIMULATION) },
  ];
}

/** What the command line asks for. */
export interface GateOptions {
  readonly skip: readonly string[];
  readonly only: readonly string[];
  readonly junitDir: string | undefined;
}

/**
 * Reads the arguments.
 * @throws {SyntaxError} for an unknown option, an unknown step or a missing value
 */
export function parseGateOptions(args: readonly string[]): GateOptions {
  const skip: string[] = [];
  const only: string[] = [];
  let junitDir: string | undefined;
  for (let i = 0; i < args.length; i += 2) {
    const value = args[i + 1];
    if (value === undefined) throw new SyntaxError(`${args[i]} needs a value`);
    if (args[i] === "--skip") skip.push(value);
    else if (args[i] === "--only") only.push(value);
    else if (args[i] === "--junit") junitDir = value;
    else throw new SyntaxError(`unknown option ${args[i]}`);
  }
  const names = gateSteps(undefined).map(({ name }) => name);
  const unknown = [...skip, ...only].find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new SyntaxError(`no step ${unknown}; there are ${names.join(", ")}`);
  }
  return { skip, only, junitDir };
}

async function runStep({ name, args }: GateStep): Promise<StepResult> {
  const began = performance.now();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  }).output();
  const decoder = new TextDecoder();
  return {
    name,
    seconds: (performance.now() - began) / 1000,
    passed: code === 0,
    output: decoder.decode(stdout) + decoder.decode(stderr),
  };
}

async function print(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(text));
}

if (import.meta.main) {
  const { skip, only, junitDir } = parseGateOptions(Deno.args);
  const results: StepResult[] = [];
  for (const step of gateSteps(junitDir)) {
    if (skip.includes(step.name) || (only.length > 0 && !only.includes(step.name))) continue;
    const result = await runStep(step);
    results.push(result);
    const verdict = result.passed ? "ok    " : "FAILED";
    await print(`${verdict} ${step.name.padEnd(20)} ${result.seconds.toFixed(1).padStart(6)} s\n`);
    if (!result.passed) {
      await print(`  deno ${step.args.join(" ")}\n${result.output.replace(/^/gm, "  | ")}\n`);
    }
  }
  if (junitDir !== undefined) {
    Deno.mkdirSync(junitDir, { recursive: true });
    // The tests report for themselves.
    const steps = results.filter(({ name }) => name !== "tests");
    Deno.writeTextFileSync(join(junitDir, "ok.xml"), junitOf("ok", steps));
  }
  const failed = results.filter(({ passed }) => !passed).map(({ name }) => name);
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0);
  await print(
    failed.length === 0
      ? `all ${results.length} steps passed in ${seconds.toFixed(0)} s\n`
      : `${failed.length} of ${results.length} steps failed: ${failed.join(", ")}\n`,
  );
  Deno.exit(failed.length === 0 ? 0 : 1);
}
