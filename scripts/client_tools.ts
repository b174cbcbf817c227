/**
 * Installs what the client suites need and the repository does not carry: kcat, the Java client
 * and tools of Apache Kafka, and our Java test programs, compiled. Everything lands in a cache
 * directory outside the repository, named after a hash of what it was made from, so a second run
 * finds it and returns at once.
 *
 * Environment:
 * - `JOCKO_TEST_CACHE`: the cache directory; `~/.cache/jocko-tests` by default
 * - `JOCKO_KAFKA_LIBS`: a directory of jars to use in place of the download
 *
 * Run by itself it prints what it found, one `name=value` per line.
 */
import { dirname, join } from "std/path";
import { fileURLToPath } from "node:url";

/** Where the tools are. */
export interface ClientTools {
  readonly kcat: string;
  readonly java: string;
  /** Class path of Apache Kafka, its tools, and the programs of tests/clients/java/src. */
  readonly classpath: string;
}

/** Says which tool is missing and how to come by it. */
export class ClientToolsError extends Error {
  override readonly name = "ClientToolsError";
}

const REPOSITORY = dirname(dirname(fileURLToPath(import.meta.url)));
const JAVA_SUITE = join(REPOSITORY, "tests/clients/java");

let installed: Promise<ClientTools> | undefined;

/**
 * The tools, installed when missing. Later calls in one process share the first one's answer.
 *
 * @throws {ClientToolsError} when a tool is missing and can't be installed
 */
export function clientTools(): Promise<ClientTools> {
  installed ??= installClientTools();
  return installed;
}

async function installClientTools(): Promise<ClientTools> {
  const cache = cacheDirectory();
  await Deno.mkdir(cache, { recursive: true });
  const kcat = await findOrAptInstall("kcat", "kcat");
  const java = await findOrAptInstall("java", "default-jre-headless");
  const libs = await kafkaLibraries(cache);
  const classes = await compiledPrograms(cache, libs);
  return { kcat, java, classpath: `${classes}:${libs}/*` };
}

/** Where installed tools are kept, outside the repository. */
export function cacheDirectory(): string {
  const chosen = Deno.env.get("JOCKO_TEST_CACHE");
  if (chosen !== undefined && chosen !== "") return chosen;
  const home = Deno.env.get("HOME");
  if (home === undefined) throw new ClientToolsError("set JOCKO_TEST_CACHE or HOME");
  return join(home, ".cache/jocko-tests");
}

/**
 * The path of `command`, installed when it is missing.
 *
 * @throws {ClientToolsError} when it can't be
 */
export async function findOrAptInstall(command: string, aptPackage: string): Promise<string> {
  const found = await findOnPath(command);
  if (found !== undefined) return found;
  const apt = await findOnPath("apt-get");
  if (apt === undefined) {
    throw new ClientToolsError(`${command} is not on the PATH, and there is no apt-get to ask`);
  }
  const sudo = Deno.uid() === 0 ? [] : ["sudo", "-n"];
  await run([...sudo, apt, "update", "-q"]);
  await run([...sudo, apt, "install", "-y", "-q", "--no-install-recommends", aptPackage]);
  const path = await findOnPath(command);
  if (path === undefined) throw new ClientToolsError(`package ${aptPackage} brought no ${command}`);
  return path;
}

async function findOnPath(command: string): Promise<string | undefined> {
  for (const directory of (Deno.env.get("PATH") ?? "").split(":")) {
    const path = join(directory, command);
    const info = await Deno.stat(path).catch(() => undefined);
    if (info?.isFile) return path;
  }
  return undefined;
}

/** Directory of Kafka's jars and everything they need. */
async function kafkaLibraries(cache: string): Promise<string> {
  const chosen = Deno.env.get("JOCKO_KAFKA_LIBS");
  if (chosen !== undefined && chosen !== "") {
    if (!await exists(chosen)) throw new ClientToolsError(`JOCKO_KAFKA_LIBS: no ${chosen}`);
    return chosen;
  }
  const pom = join(JAVA_SUITE, "pom.xml");
  const target = join(cache, `libs-${await hashOfFiles([pom])}`);
  if (await exists(target)) return target;
  const maven = await findOrAptInstall("mvn", "maven");
  await makeWhole(target, async (directory) => {
    await run([
      maven,
      "-q",
      "-B",
      "-f",
      pom,
      "dependency:copy-dependencies",
      "-DincludeScope=runtime",
      `-DoutputDirectory=${directory}`,
    ]);
  });
  return target;
}

/** Directory of the classes compiled from tests/clients/java/src. */
async function compiledPrograms(cache: string, libs: string): Promise<string> {
  const sources: string[] = [];
  for await (const entry of Deno.readDir(join(JAVA_SUITE, "src"))) {
    if (entry.name.endsWith(".java")) sources.push(join(JAVA_SUITE, "src", entry.name));
  }
  sources.sort();
  const target = join(
    cache,
    `classes-${await hashOfFiles([join(JAVA_SUITE, "pom.xml"), ...sources])}`,
  );
  if (await exists(target)) return target;
  const javac = await findOrAptInstall("javac", "default-jdk-headless");
  await makeWhole(target, async (directory) => {
    const classpath = `${libs}/*`;
    await run([
      javac,
      "-Xlint:all,-processing,-serial",
      "-Werror",
      "-cp",
      classpath,
      "-d",
      directory,
      ...sources,
    ]);
  });
  return target;
}

/** Fills a directory beside `target`, then renames it: `target` is whole or not there. */
export async function makeWhole(
  target: string,
  fill: (directory: string) => Promise<void>,
): Promise<void> {
  const partial = await Deno.makeTempDir({ dir: dirname(target), prefix: "partial-" });
  try {
    await fill(partial);
    await Deno.rename(partial, target).catch(async (cause: unknown) => {
      // Another process may have been quicker; its result is as good.
      if (!await exists(target)) throw cause;
    });
  } finally {
    await Deno.remove(partial, { recursive: true }).catch((cause: unknown) => {
      if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    });
  }
}

/** The first 16 digits of a SHA-256 over the texts of these files. */
export async function hashOfFiles(paths: readonly string[]): Promise<string> {
  const texts: string[] = [];
  for (const path of paths) texts.push(await Deno.readTextFile(path));
  const bytes = new TextEncoder().encode(texts.join("\0"));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return digest.toHex().slice(0, 16);
}

/** Whether there is a file or directory. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).catch(() => undefined) !== undefined;
}

/**
 * Runs a command to its end.
 *
 * @throws {ClientToolsError} with what it printed, when it fails
 */
export async function run(
  command: readonly string[],
  options: Pick<Deno.CommandOptions, "cwd" | "env"> = {},
): Promise<void> {
  const [program, ...args] = command;
  if (program === undefined) throw new ClientToolsError("an empty command");
  const child = new Deno.Command(program, {
    ...options,
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const output = await child.output();
  if (output.success) return;
  const decoder = new TextDecoder();
  const text = decoder.decode(output.stdout) + decoder.decode(output.stderr);
  throw new ClientToolsError(`${command.join(" ")} ended with ${output.code}:\n${text}`);
}

if (import.meta.main) {
  const tools = await clientTools();
  const lines = Object.entries(tools).map(([name, value]) => `${name}=${value}\n`);
  await Deno.stdout.write(new TextEncoder().encode(lines.join("")));
}
