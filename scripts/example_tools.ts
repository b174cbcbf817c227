/**
 * What the examples need and the repository does not carry: a Python environment with their
 * requirements, and the Go programs, built. They land in the cache directory of the client tools,
 * named after a hash of what they were made from.
 *
 * Run by itself it installs them, and says where they are.
 */
import { dirname, join } from "std/path";
import { fileURLToPath } from "node:url";
import {
  cacheDirectory,
  clientTools,
  exists,
  findOrAptInstall,
  hashOfFiles,
  makeWhole,
  run,
} from "./client_tools.ts";

const EXAMPLES = join(dirname(dirname(fileURLToPath(import.meta.url))), "examples");

/** Where the tools are. */
export interface ExampleTools {
  /** Python with what the examples import. */
  readonly python: string;
  /** Directory of the built programs `produce` and `consume`. */
  readonly goPrograms: string;
  readonly java: string;
  /** Class path of Kafka's Java client. */
  readonly classpath: string;
}

let installed: Promise<ExampleTools> | undefined;

/**
 * The tools, installed when missing. Later calls in one process share the first one's answer.
 *
 * @throws {ClientToolsError} when one can't be installed
 */
export function exampleTools(): Promise<ExampleTools> {
  installed ??= installExampleTools();
  return installed;
}

async function installExampleTools(): Promise<ExampleTools> {
  const { java, classpath } = await clientTools();
  const cache = cacheDirectory();
  const python = await pythonEnvironment(cache);
  const goPrograms = await builtGoPrograms(cache);
  return { python, goPrograms, java, classpath };
}

/** A virtual environment can't be moved, so its marker is written last instead. */
async function pythonEnvironment(cache: string): Promise<string> {
  const requirements = join(EXAMPLES, "python/requirements.txt");
  const target = join(cache, `python-${await hashOfFiles([requirements])}`);
  const interpreter = join(target, "bin/python");
  const marker = join(target, "complete");
  if (await exists(marker)) return interpreter;
  const python = await findOrAptInstall("python3", "python3-venv");
  await run([python, "-m", "venv", "--clear", target]);
  await run([interpreter, "-m", "pip", "install", "--quiet", "-r", requirements]);
  await Deno.writeTextFile(marker, "");
  return interpreter;
}

async function builtGoPrograms(cache: string): Promise<string> {
  const directory = join(EXAMPLES, "go");
  const sources = ["go.mod", "go.sum", "produce/main.go", "consume/main.go"]
    .map((name) => join(directory, name));
  const target = join(cache, `go-${await hashOfFiles(sources)}`);
  if (await exists(target)) return target;
  const go = await findOrAptInstall("go", "golang-go");
  await makeWhole(target, async (made) => {
    await run([go, "vet", "./..."], { cwd: directory });
    await run([go, "build", "-o", `${made}/`, "./..."], { cwd: directory });
  });
  return target;
}

if (import.meta.main) {
  const lines = Object.entries(await exampleTools()).map(([name, value]) => `${name}=${value}\n`);
  await Deno.stdout.write(new TextEncoder().encode(lines.join("")));
}
