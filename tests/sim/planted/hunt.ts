// deno-lint-ignore-file no-console -- part of a command-line tool
import { join } from "std/path";
import type { SimulateOptions } from "../command/options.ts";
import { PLANTED_BUGS } from "./catalogue.ts";
import { changed, type PlantedBug } from "./planted_bug.ts";

const ROOT = join(import.meta.dirname ?? ".", "..", "..", "..");
/** What a copy of the project needs to run the simulation. */
const COPIED = ["src", "tests", "scripts", "deno.json", "deno.lock"];

/** Puts bugs of the catalogue in, one at a time, and counts the seeds until each is found. */
export async function hunt(options: SimulateOptions): Promise<number> {
  const { planted } = options;
  const wanted = planted?.split(",") ?? [];
  const bugs = PLANTED_BUGS.filter(({ name }) => planted === "all" || wanted.includes(name));
  if (bugs.length === 0) {
    const names = PLANTED_BUGS.map(({ name }) => name).join(", ");
    throw new SyntaxError(`no planted bug ${planted}; there are all, ${names}`);
  }
  let missed = 0;
  for (const bug of bugs) {
    const found = await huntOne(bug, options);
    if (!found) missed++;
  }
  console.log(`${bugs.length - missed} of ${bugs.length} planted bugs found`);
  return missed === 0 ? 0 : 1;
}

async function huntOne(bug: PlantedBug, options: SimulateOptions): Promise<boolean> {
  const copy = Deno.makeTempDirSync({ prefix: `jocko-planted-${bug.name}-` });
  try {
    for (const name of COPIED) copyTree(join(ROOT, name), join(copy, name));
    for (const change of bug.changes) {
      const path = join(copy, change.path);
      Deno.writeTextFileSync(path, changed(Deno.readTextFileSync(path), change));
    }
    const began = performance.now();
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", "scripts/simulate.ts", ...argumentsOf(bug, options)],
      cwd: copy,
      env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    }).output();
    const decoder = new TextDecoder();
    const text = decoder.decode(stderr) + decoder.decode(stdout);
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    if (code === 0) {
      console.log(`MISSED ${bug.name.padEnd(40)} ${options.seeds} seeds, ${seconds} s`);
      return false;
    }
    console.log(`found  ${bug.name.padEnd(40)} ${summaryOf(text, options.from)}, ${seconds} s`);
    if (options.isVerbose) console.log(text.replace(/^/gm, "  | "));
    return true;
  } finally {
    Deno.removeSync(copy, { recursive: true });
  }
}

/** The seed that failed, and why. */
function summaryOf(text: string, from: number): string {
  const seed = /^seed (\d+) .*fails.*:$/m.exec(text);
  if (seed === null) return `by a crash of the simulation: ${text.slice(-300)}`;
  const reason = text.slice(seed.index).split("\n").slice(1, 3).map((line) => line.trim());
  return `after ${Number(seed[1]) - from + 1} seeds: ${reason.join(" ").slice(0, 160)}`;
}

function argumentsOf(bug: PlantedBug, options: SimulateOptions): string[] {
  const { seeds, from, timeMs, faults, workers } = options;
  const nodes = bug.nodes ?? options.nodes;
  return [
    ...["--seeds", String(seeds), "--from", String(from), "--time", `${timeMs}ms`],
    ...["--nodes", String(nodes), "--workers", String(workers)],
    ...["--faults", faults.length === 0 ? "none" : faults.join(",")],
  ];
}

function copyTree(from: string, to: string): void {
  if (!Deno.statSync(from).isDirectory) {
    Deno.copyFileSync(from, to);
    return;
  }
  Deno.mkdirSync(to, { recursive: true });
  for (const { name } of Deno.readDirSync(from)) copyTree(join(from, name), join(to, name));
}
