/**
 * Makes the executable `dist/jocko`, and tries it out.
 *
 *     deno task compile [--target TRIPLE] [--no-smoke]
 *
 * Environment:
 * - `JOCKO_COMPILE_DENO`: the deno that compiles (default: the one that runs this script).
 * - `DENORT_BIN`: the runtime base to build on, where it can't be downloaded; the deno that
 *   compiles must be one that fits it.
 *
 * Compiles a copy of the tree, because a `node_modules` folder or a `package.json` beside the entry
 * would be embedded whole. An executable for another target is made but not tried out.
 */
import { join } from "std/path";
import { readSources } from "./check_layers.ts";
import { importsOf, tokenize } from "./source_tokens.ts";

const ROOT = join(import.meta.dirname ?? ".", "..");

/**
 * What the executable's main thread may do: as much as any configuration can ask for, because it
 * grants the broker's worker its part of it. Not among it: running programs, foreign code.
 */
export const EXECUTABLE_PERMISSIONS: readonly string[] = [
  "--allow-read",
  "--allow-write",
  "--allow-net",
  "--allow-env",
  "--allow-sys",
  "--no-prompt",
];

/** The triple of the machine this runs on. */
const HOST_TARGET = Deno.build.target;

/** The name of the executable below `dist`. */
export function executableName(target: string | undefined): string {
  if (target === undefined || target === HOST_TARGET) {
    return Deno.build.os === "windows" ? "jocko.exe" : "jocko";
  }
  return `jocko-${target}${target.includes("windows") ? ".exe" : ""}`;
}

/** The arguments of `deno compile`. Pure. */
export function compileArguments(output: string, target: string | undefined): string[] {
  return [
    "compile",
    "--quiet",
    "--no-check",
    "--unstable-worker-options",
    ...EXECUTABLE_PERMISSIONS,
    // The workers' modules are named by URLs, which the compiler doesn't follow.
    "--include",
    "src/cli/broker_worker.ts",
    "--include",
    "src/cli/cleaner_worker.ts",
    ...(target === undefined ? [] : ["--target", target]),
    "--output",
    output,
    "main.ts",
  ];
}

/** The parts of `deno.json` that are read here. */
export interface ProjectFile {
  readonly imports: Readonly<Record<string, string>>;
}

/** The parts of `deno.lock`, version 5, that are read here. */
export interface LockFile {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<Record<string, { readonly dependencies?: readonly string[] }>>;
}

/** `project` without the imports that no name of `used` begins with. Pure. */
export function usedImports<T extends ProjectFile>(project: T, used: ReadonlySet<string>): T {
  const isUsed = (name: string): boolean =>
    [...used].some((specifier) => specifier === name || specifier.startsWith(`${name}/`));
  const imports = Object.entries(project.imports).filter(([name]) => isUsed(name));
  return { ...project, imports: Object.fromEntries(imports) };
}

/**
 * `lock` with the packages that `project` imports and what these depend on, because the compiler
 * embeds every package that the lock file names. Pure.
 */
export function usedPackages<T extends LockFile>(lock: T, project: ProjectFile): T {
  const specifiers = Object.fromEntries(
    Object.entries(lock.specifiers).filter(([name]) =>
      Object.values(project.imports).includes(name)
    ),
  );
  const kept = new Set<string>();
  const keep = (name: string): void => {
    // A dependency is named with its version only where several are locked.
    const key = Object.keys(lock.npm).find((key) => key === name || key.startsWith(`${name}@`));
    if (key === undefined || kept.has(key)) return;
    kept.add(key);
    lock.npm[key]?.dependencies?.forEach(keep);
  };
  for (const [name, version] of Object.entries(specifiers)) {
    keep(name.replace(/^npm:/, "").replace(/(.)@[^/]*$/, `$1@${version}`));
  }
  const npm = Object.fromEntries(Object.entries(lock.npm).filter(([key]) => kept.has(key)));
  return { ...lock, specifiers, npm };
}

/** Writes to `stage` what the program is made of, and nothing else. */
async function stageSources(stage: string): Promise<void> {
  await copy(join(ROOT, "main.ts"), join(stage, "main.ts"));
  await copy(join(ROOT, "src"), join(stage, "src"));
  const sources = [...readSources(ROOT).values()];
  const used = new Set(
    sources.flatMap((source) => importsOf(tokenize(source)).map(({ specifier }) => specifier)),
  );
  const read = (name: string) => JSON.parse(Deno.readTextFileSync(join(ROOT, name)));
  const write = (name: string, content: unknown): void =>
    Deno.writeTextFileSync(join(stage, name), JSON.stringify(content, null, 2));
  const project = usedImports(read("deno.json") as ProjectFile, used);
  write("deno.json", project);
  const { workspace: _, ...lock } = usedPackages(
    read("deno.lock") as LockFile & { workspace?: unknown },
    project,
  );
  write("deno.lock", lock);
}

async function copy(from: string, to: string): Promise<void> {
  if (!Deno.statSync(from).isDirectory) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    await copy(join(from, entry.name), join(to, entry.name));
  }
}

async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<boolean> {
  const child = new Deno.Command(command, { args: [...args], cwd, env: { ...env } }).spawn();
  return (await child.status).success;
}

async function compile(target: string | undefined): Promise<string | undefined> {
  const output = join(ROOT, "dist", executableName(target));
  const stage = await Deno.makeTempDir({ prefix: "jocko-compile-" });
  try {
    await stageSources(stage);
    const compiler = Deno.env.get("JOCKO_COMPILE_DENO") ?? Deno.execPath();
    // The default stack of the compiler's threads overflows on npm dependencies.
    const env = { RUST_MIN_STACK: String(32 * 1024 * 1024), DENO_NO_UPDATE_CHECK: "1" };
    const done = await run(compiler, compileArguments(output, target), stage, env);
    return done ? output : undefined;
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}

async function say(text: string): Promise<void> {
  await Deno.stdout.write(new TextEncoder().encode(`${text}\n`));
}

async function main(args: readonly string[]): Promise<number> {
  const targetAt = args.indexOf("--target");
  const target = targetAt < 0 ? undefined : args[targetAt + 1];
  const output = await compile(target);
  if (output === undefined) return 1;
  const megabytes = (Deno.statSync(output).size / 1e6).toFixed(0);
  await say(`${output}: ${megabytes} MB`);
  if (args.includes("--no-smoke")) return 0;
  if (target !== undefined && target !== HOST_TARGET) {
    await say(`not tried out: it is for ${target}`);
    return 0;
  }
  const test = ["test", "-A", "--no-check", "tests/e2e/executable_test.ts"];
  return await run(Deno.execPath(), test, ROOT, { JOCKO_BIN: output }) ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
