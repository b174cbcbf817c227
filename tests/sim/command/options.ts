import { FAULT_KINDS, type FaultKind } from "../faults/fault.ts";

/** What is run for a seed. */
export const SCENARIOS = ["log", "broker", "cluster", "growth"] as const;
export type Scenario = typeof SCENARIOS[number];

/** What `deno task simulate` is asked for. */
export interface SimulateOptions {
  readonly seeds: number;
  readonly from: number;
  /** Simulated time of trouble for each seed of the cluster. */
  readonly timeMs: number;
  readonly nodes: number;
  readonly faults: readonly FaultKind[];
  readonly scenarios: readonly Scenario[];
  readonly workers: number;
  /** Lines of history that a failure prints. */
  readonly traceLines: number;
  /** Name of a planted bug, "all", or undefined for the code as it is. */
  readonly planted: string | undefined;
  /** One line for each seed. */
  readonly isVerbose: boolean;
}

export const DEFAULT_OPTIONS: SimulateOptions = {
  seeds: 100,
  from: 1,
  timeMs: 60_000,
  nodes: 3,
  faults: FAULT_KINDS,
  scenarios: ["cluster"],
  workers: 2,
  traceLines: 60,
  planted: undefined,
  isVerbose: false,
};

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Reads the arguments.
 * @throws {SyntaxError} for what is no option, or no value of one
 */
export function parseSimulateOptions(args: readonly string[]): SimulateOptions {
  const options: { -readonly [Key in keyof SimulateOptions]: SimulateOptions[Key] } = {
    ...DEFAULT_OPTIONS,
  };
  const rest = [...args];
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === "--verbose") {
      options.isVerbose = true;
      continue;
    }
    const value = rest.shift();
    if (value === undefined) throw new SyntaxError(`${name} needs a value`);
    if (name === "--seeds") options.seeds = wholeNumber(name, value);
    else if (name === "--from") options.from = wholeNumber(name, value);
    else if (name === "--nodes") options.nodes = wholeNumber(name, value);
    else if (name === "--workers") options.workers = wholeNumber(name, value);
    else if (name === "--trace") options.traceLines = wholeNumber(name, value);
    else if (name === "--time") options.timeMs = duration(value);
    else if (name === "--faults") options.faults = listOf(name, value, FAULT_KINDS);
    else if (name === "--scenario") options.scenarios = listOf(name, value, SCENARIOS);
    else if (name === "--planted") options.planted = value;
    else {
      throw new SyntaxError(
        `unknown option ${name}; there are --seeds, --from, --time, --nodes, --faults, ` +
          `--scenario, --workers, --trace, --planted and --verbose`,
      );
    }
  }
  return options;
}

/** The command that repeats one seed. */
export function replayCommand(seed: number, options: SimulateOptions): string {
  const parts = ["deno task simulate", "--seeds 1", `--from ${seed}`];
  if (options.timeMs !== DEFAULT_OPTIONS.timeMs) parts.push(`--time ${options.timeMs}ms`);
  if (options.nodes !== DEFAULT_OPTIONS.nodes) parts.push(`--nodes ${options.nodes}`);
  if (options.faults.length !== FAULT_KINDS.length) {
    parts.push(`--faults ${options.faults.length === 0 ? "none" : options.faults.join(",")}`);
  }
  if (options.scenarios.join() !== DEFAULT_OPTIONS.scenarios.join()) {
    parts.push(`--scenario ${options.scenarios.join(",")}`);
  }
  if (options.planted !== undefined) parts.push(`--planted ${options.planted}`);
  return parts.join(" ");
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new SyntaxError(`${name} needs a whole number`);
  }
  return value;
}

/** Milliseconds of `90s`, `5m` or `2h`. */
function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (match === null) throw new SyntaxError("--time needs a number with ms, s, m or h behind it");
  return Number(match[1]) * UNIT_MS[match[2]!]!;
}

function listOf<T extends string>(name: string, text: string, known: readonly T[]): T[] {
  if (text === "all") return [...known];
  if (text === "none") return [];
  return text.split(",").map((part) => {
    const found = known.find((each) => each === part);
    if (found === undefined) {
      throw new SyntaxError(`${name}: no ${part}; there are all, none, ${known.join(", ")}`);
    }
    return found;
  });
}
