/** Shell commands of a Markdown document, run as a reader would run them: in order, in one shell. */
import { join } from "std/path";
import { clientTools } from "../../scripts/client_tools.ts";
import { type ProcessResult } from "../clients/support/process.ts";
import { freePorts } from "./cluster_processes.ts";

const ROOT = join(import.meta.dirname ?? ".", "../..");

/** Kafka's tools that documents use, with the classes behind them. */
const KAFKA_TOOLS: readonly (readonly [name: string, main: string])[] = [
  ["kafka-cluster.sh", "org.apache.kafka.tools.ClusterTool"],
  ["kafka-features.sh", "org.apache.kafka.tools.FeatureCommand"],
  [
    "kafka-reassign-partitions.sh",
    "org.apache.kafka.tools.reassign.ReassignPartitionsCommand",
  ],
];

const DEFAULT_BROKER = "127.0.0.1:9092";

/** A fenced block of a document. */
export interface Block {
  /** What stands behind the fence: `sh` is run, `console` is not. */
  readonly language: string;
  readonly text: string;
  /** The heading above it. */
  readonly section: string;
}

/** All fenced blocks, in order. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = [];
  let section = "";
  const pattern = /^#+ (.*)$|^```(\w*)\n([\s\S]*?)^```$/gm;
  for (const [, heading, language = "", text = ""] of markdown.matchAll(pattern)) {
    if (heading !== undefined) section = heading;
    else blocks.push({ language, text, section });
  }
  return blocks;
}

/** The commands of `sh` blocks, one per line; lines that end in a backslash are one. */
export function commandsOf(blocks: readonly Block[]): string[] {
  return blocks.filter(({ language }) => language === "sh")
    .flatMap(({ text }) => text.replaceAll("\\\n", " ").split("\n"))
    .filter((line) => line.trim() !== "");
}

/**
 * Runs commands in one bash, in an empty directory, with `jocko` and Kafka's tools on the path. Every
 * port of 127.0.0.1 becomes a free one, the same each time. Ends with the first command that fails,
 * and names it on standard error. What still runs in the background is killed.
 */
export async function runCommands(
  commands: readonly string[],
  timeoutMs: number,
): Promise<ProcessResult> {
  const directory = await Deno.makeTempDir({ prefix: "jocko-docs-" });
  try {
    const bin = join(directory, "bin");
    const work = join(directory, "work");
    await Deno.mkdir(bin);
    await Deno.mkdir(work);
    await writePrograms(bin);
    const script = join(directory, "commands.sh");
    // The last one is where commands look when they are told nothing.
    const text = withFreePorts([...commands, DEFAULT_BROKER]);
    await Deno.writeTextFile(script, scriptOf(text.slice(0, -1)));
    const environment = {
      PATH: `${bin}:${Deno.env.get("PATH") ?? ""}`,
      JOCKO_BROKERS: text.at(-1)!,
      // What the machine remembers of clusters stays out.
      JOCKO_CONTEXTS: join(directory, "contexts.json"),
    };
    return await runBash(script, work, environment, timeoutMs);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function scriptOf(commands: readonly string[]): string {
  return [
    "set -eE",
    "trap 'kill -KILL $(jobs -p) 2>/dev/null || true' EXIT",
    `trap 'echo "failed: $BASH_COMMAND" >&2' ERR`,
    // So that a time-out, which comes as SIGTERM, leaves by the trap above.
    "trap 'exit 143' TERM",
    ...commands,
    "",
  ].join("\n");
}

function withFreePorts(commands: readonly string[]): string[] {
  const text = commands.join("\n");
  const named = [...new Set([...text.matchAll(/127\.0\.0\.1:(\d+)/g)].map(([, port]) => port!))];
  const free = freePorts(named.length);
  const real = new Map(named.map((port, index) => [port, free[index]!]));
  return text.replaceAll(/127\.0\.0\.1:(\d+)/g, (_, port) => `127.0.0.1:${real.get(port)}`)
    .split("\n");
}

async function writePrograms(bin: string): Promise<void> {
  const { java, classpath } = await clientTools();
  const executable = Deno.env.get("JOCKO_BIN");
  const jocko = executable === undefined
    ? `'${Deno.execPath()}' run -A --no-check '${join(ROOT, "main.ts")}'`
    : `'${executable}'`;
  const programs = new Map([["jocko", jocko]]);
  for (const [name, main] of KAFKA_TOOLS) {
    const quiet = "-XX:TieredStopAtLevel=1 -Dorg.slf4j.simpleLogger.defaultLogLevel=off";
    programs.set(name, `'${java}' ${quiet} -cp '${classpath}' ${main}`);
  }
  for (const [name, command] of programs) {
    // With exec the process keeps its id, so that signals reach it.
    await Deno.writeTextFile(join(bin, name), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  }
}

async function runBash(
  script: string,
  cwd: string,
  env: Record<string, string>,
  timeoutMs: number,
): Promise<ProcessResult> {
  const child = new Deno.Command("bash", {
    args: [script],
    cwd,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGTERM"), timeoutMs);
  try {
    const { code, stdout, stderr } = await child.output();
    return { code, stdout, stderr: new TextDecoder().decode(stderr) };
  } finally {
    clearTimeout(timer);
  }
}
