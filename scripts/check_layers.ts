/**
 * Checks that the source keeps to the layers: who may import whom, who may touch the machine, which
 * folders are pure, and that no imports run in a circle.
 *
 *     deno run --allow-read scripts/check_layers.ts
 */
import { dirname, join, normalize } from "std/path";
import { importsOf, type Token, tokenize } from "./source_tokens.ts";

/** For each folder of `src`, the other folders it may import from. `*` is all of them. */
export const LAYERS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  io: ["base"],
  protocol: ["base"],
  log: ["base", "io", "protocol"],
  raft: ["base"],
  gossip: ["base"],
  metadata: ["base", "protocol"],
  coordinator: ["base", "protocol"],
  client: ["base", "io", "protocol"],
  broker: [
    "base",
    "io",
    "protocol",
    "log",
    "raft",
    "gossip",
    "metadata",
    "coordinator",
    "client",
  ],
  handlers: ["base", "protocol", "metadata", "coordinator", "broker"],
  server: ["base", "io", "protocol", "handlers"],
  metrics: ["base", "io", "broker"],
  host: ["base", "io"],
  cli: ["*"],
};

/** Where a module from outside may be imported. One that is not named may be imported nowhere. */
export const EXTERNAL: readonly { readonly module: RegExp; readonly within: RegExp }[] = [
  { module: /^node:zlib$/, within: /^src\/(host|protocol\/compression)\// },
  { module: /^node:/, within: /^src\/host\// },
  { module: /^std\/path$/, within: /^src\/(cli|host)\// },
  { module: /^@stricli\/core$/, within: /^src\/cli\// },
  { module: /^prom-client$/, within: /^src\/metrics\// },
  { module: /^re2js$/, within: /^src\/base\/linear_regex\.ts$/ },
  { module: /^snappyjs$/, within: /^src\/protocol\/compression\// },
];

/** Files that may touch the machine: Deno, the clock, timers, random numbers. */
export const MACHINE: readonly RegExp[] = [
  /^src\/host\//,
  // The process itself: arguments, streams, signals, exit.
  /^src\/cli\/deno_process\.ts$/,
];

/** State machines: events in, effects out. Nothing in them may wait. */
export const PURE_FOLDERS: readonly string[] = ["raft", "gossip", "metadata", "coordinator"];

/** Global names through which a program reaches the machine. */
const MACHINE_GLOBALS = new Set(
  ("Deno performance crypto navigator localStorage sessionStorage WebSocket EventSource " +
    "setTimeout setInterval setImmediate clearTimeout clearInterval clearImmediate").split(" "),
);
/** Workers are started where the process is composed, and where the machine is. */
const WORKER_HOMES = /^src\/(cli|host)\//;

/** One breach, with the place to look at. */
export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** Checks `files`, source text by path from the project's root (`main.ts`, `src/...`). Pure. */
export function checkLayers(files: ReadonlyMap<string, string>): Violation[] {
  const violations: Violation[] = [];
  const graph = new Map<string, string[]>();
  for (const [path, source] of files) {
    const tokens = tokenize(source);
    const targets: string[] = [];
    for (const { specifier, line } of importsOf(tokens)) {
      const target = specifier.startsWith(".") ? resolve(path, specifier) : undefined;
      if (target !== undefined && files.has(target)) targets.push(target);
      const message = target === undefined
        ? externalBreach(path, specifier)
        : layerBreach(path, target);
      if (message !== undefined) violations.push({ path, line, message });
    }
    graph.set(path, targets);
    violations.push(...machineBreaches(path, tokens), ...waitingBreaches(path, tokens));
  }
  return [...violations, ...cycles(graph)];
}

function resolve(from: string, specifier: string): string {
  return normalize(join(dirname(from), specifier)).replaceAll("\\", "/");
}

/** `base` for `src/base/x.ts`; undefined outside `src`. */
function folderOf(path: string): string | undefined {
  return /^src\/([^/]+)\//.exec(path)?.[1];
}

function layerBreach(path: string, target: string): string | undefined {
  const to = folderOf(target);
  if (path === "main.ts") {
    return to === "cli" ? undefined : `main.ts imports ${target}; allowed: src/cli`;
  }
  const from = folderOf(path);
  if (from === undefined) return undefined;
  if (to === undefined) {
    return from === "cli" ? undefined : `${from} imports ${target}, which is outside src`;
  }
  const allowed = LAYERS[from];
  if (allowed === undefined) return `folder ${from} has no row in the table of layers`;
  if (to === from || allowed.includes(to) || allowed.includes("*")) return undefined;
  return `${from} imports ${target}; allowed: ${allowed.join(", ") || "nothing"}`;
}

function externalBreach(path: string, specifier: string): string | undefined {
  const rule = EXTERNAL.find(({ module }) => module.test(specifier));
  if (rule === undefined) return `${specifier} has no row in the table of outside modules`;
  return rule.within.test(path) ? undefined : `${specifier} is imported; allowed: ${rule.within}`;
}

function machineBreaches(path: string, tokens: readonly Token[]): Violation[] {
  if (MACHINE.some((pattern) => pattern.test(path))) return [];
  const found: Violation[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== "name" || !isGlobal(tokens, index)) return;
    const what = machineAccess(path, tokens, index);
    if (what === undefined) return;
    const message = `${what} reaches the machine; allowed: src/host`;
    found.push({ path, line: token.line, message });
  });
  return found;
}

/** False for `x.name`, for `name:` as a key and for a method called `name`. */
function isGlobal(tokens: readonly Token[], index: number): boolean {
  if (tokens[index - 1]?.text === ".") {
    return ["globalThis", "self", "window"].includes(tokens[index - 2]?.text ?? "");
  }
  const isKey = tokens[index + 1]?.text === ":" &&
    ["{", ",", ";", "readonly"].includes(tokens[index - 1]?.text ?? "");
  return !isKey;
}

function machineAccess(
  path: string,
  tokens: readonly Token[],
  index: number,
): string | undefined {
  const name = tokens[index]?.text ?? "";
  if (MACHINE_GLOBALS.has(name)) return name;
  const after = tokens.slice(index + 1, index + 3).map((token) => token.text).join("");
  if (name === "Date" && after === ".now") return "Date.now";
  if (name === "Date" && after === "()") return "Date()";
  if (name === "Date" && after.startsWith(";") && tokens[index - 1]?.text === "new") return "Date";
  if (name === "Math" && after === ".random") return "Math.random";
  if (name === "Temporal" && after === ".Now") return "Temporal.Now";
  if (name === "Worker" && tokens[index - 1]?.text === "new" && !WORKER_HOMES.test(path)) {
    return "new Worker";
  }
  return undefined;
}

function waitingBreaches(path: string, tokens: readonly Token[]): Violation[] {
  const folder = folderOf(path);
  if (folder === undefined || !PURE_FOLDERS.includes(folder)) return [];
  return tokens
    .filter(({ kind, text }) => kind === "name" && ["async", "await", "Promise"].includes(text))
    .map(({ text, line }) => ({ path, line, message: `${folder} is pure, and this is ${text}` }));
}

/** Every circle of imports once, found by depth-first search; types count too. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): Violation[] {
  const found: Violation[] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    if (done.has(path)) return;
    const start = trail.indexOf(path);
    if (start >= 0) {
      const circle = [...trail.slice(start), path].join(" -> ");
      found.push({ path, line: 1, message: `imports run in a circle: ${circle}` });
      return;
    }
    trail.push(path);
    for (const target of graph.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of [...graph.keys()].sort()) visit(path);
  return found;
}

/** Reads `main.ts` and every `.ts` file below `src` of the project at `root`. */
export function readSources(root: string): Map<string, string> {
  const files = new Map<string, string>([[
    "main.ts",
    Deno.readTextFileSync(join(root, "main.ts")),
  ]]);
  const walk = (folder: string): void => {
    for (const entry of Deno.readDirSync(join(root, folder))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) walk(path);
      else if (entry.name.endsWith(".ts")) files.set(path, Deno.readTextFileSync(join(root, path)));
    }
  };
  walk("src");
  return files;
}

if (import.meta.main) {
  const files = readSources(join(import.meta.dirname ?? ".", ".."));
  const violations = checkLayers(files);
  const lines = violations.map(({ path, line, message }) => `${path}:${line}: ${message}\n`);
  const summary = `${files.size} files, ${violations.length} breaches of the layers\n`;
  await Deno.stdout.write(new TextEncoder().encode([...lines, summary].join("")));
  Deno.exit(violations.length === 0 ? 0 : 1);
}
