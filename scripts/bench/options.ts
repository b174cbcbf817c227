/**
 * The command line of the benchmarks, and what a session makes of it.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { join } from "std/path";
import { clientTools } from "../client_tools.ts";
import { apacheKafka, type BrokerKind, external, jocko, limit } from "./brokers.ts";
import { Clients } from "./loads.ts";
import { killAll } from "./processes.ts";
import { type Bench, type Sizes } from "./scenarios.ts";
import { type ScenarioChoice } from "./selection.ts";

/** Everything that the command line says. */
export interface BenchOptions {
  /** "jocko", "kafka", "limit" or host:port. */
  readonly broker: string;
  readonly jockoExecutable: string | undefined;
  readonly jockoArguments: readonly string[];
  readonly limitScript: string | undefined;
  readonly choice: ScenarioChoice;
  readonly runs: number;
  readonly sizes: Sizes;
  readonly acks: string;
  readonly producerProperties: readonly string[];
  readonly jsonFile: string | undefined;
  /** Where data goes; a temporary directory when missing. */
  readonly directory: string | undefined;
}

const FULL_SIZES: Sizes = {
  passBytes: 1e9,
  warmupBytes: 1e9,
  latencySeconds: 30,
  flushRecords: 300_000,
  memoryBytes: 5e9,
  connections: 10_000,
  partitions: 10_000,
  members: 1000,
  groups: 10_000,
  leaderKills: 100,
  clusterPartitions: 1000,
};

const QUICK_SIZES: Sizes = {
  ...FULL_SIZES,
  passBytes: 300e6,
  warmupBytes: 300e6,
  latencySeconds: 10,
  flushRecords: 150_000,
  leaderKills: 10,
};

const FULL_RUNS = 5;
const QUICK_RUNS = 3;
const OPTION_COLUMN_WIDTH = 26;
/** What a shell gives for a program that SIGINT ended. */
const EXIT_INTERRUPTED = 130;

/** Name, value, meaning: the text of --help. */
const OPTION_TEXTS: readonly (readonly [string, string])[] = [
  ["--broker NAME", "jocko (default), kafka, limit, or host:port of one that runs [bench]"],
  ["--scenario NAMES", "names or beginnings of names, with commas: produce,consume-1k,latency"],
  ["--runs N", `measured runs; the median counts (${FULL_RUNS}, with --quick ${QUICK_RUNS})`],
  ["--quick", "fewer bytes and runs"],
  ["--jocko-bin PATH", "the executable to measure; by default the sources under deno"],
  ["--jocko-arg ARG", "one more argument for jocko's broker command; may be repeated"],
  ["--limit PATH", "the yardstick script, which serves 127.0.0.1:19092"],
  ["--record-bytes N,N", "record sizes of the throughput scenarios (1000,100)"],
  ["--partitions N,N", "partition counts of the throughput scenarios (1,6)"],
  ["--acks N", "acks of the produce loads (1)"],
  ["--producer-property K=V", "one more property of Kafka's producer; may be repeated"],
  ["--pass-mb N", "megabytes of a throughput pass with 1000-byte records"],
  ["--json FILE", "writes machine, options and every value to a file"],
  ["--dir DIR", "where data directories go; removed again when made here"],
];

/** The text of --help. */
export function helpText(command: string): string {
  const lines = OPTION_TEXTS.map(([option, text]) =>
    `  ${option.padEnd(OPTION_COLUMN_WIDTH)}${text}`
  );
  return [`deno task ${command} [options]`, "", ...lines].join("\n");
}

/**
 * Reads the command line; undefined when it asks for help.
 *
 * @throws Error when an option or its value makes no sense
 */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      "broker": { type: "string", default: "jocko" },
      "scenario": { type: "string", default: "" },
      "runs": { type: "string" },
      "quick": { type: "boolean", default: false },
      "jocko-bin": { type: "string" },
      "jocko-arg": { type: "string", multiple: true, default: [] },
      "limit": { type: "string" },
      "record-bytes": { type: "string", default: "1000,100" },
      "partitions": { type: "string", default: "1,6" },
      "acks": { type: "string", default: "1" },
      "producer-property": { type: "string", multiple: true, default: [] },
      "pass-mb": { type: "string" },
      "json": { type: "string" },
      "dir": { type: "string" },
      "help": { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const sizes = values.quick ? QUICK_SIZES : FULL_SIZES;
  const runs = values.quick ? QUICK_RUNS : FULL_RUNS;
  return {
    broker: values.broker,
    jockoExecutable: values["jocko-bin"],
    jockoArguments: values["jocko-arg"],
    limitScript: values.limit,
    choice: {
      names: listOf(values.scenario),
      recordBytes: listOf(values["record-bytes"]).map(positiveInteger),
      partitions: listOf(values.partitions).map(positiveInteger),
    },
    runs: values.runs === undefined ? runs : positiveInteger(values.runs),
    sizes: withPassBytes(sizes, values["pass-mb"]),
    acks: values.acks,
    producerProperties: values["producer-property"],
    jsonFile: values.json,
    directory: values.dir,
  };
}

function withPassBytes(sizes: Sizes, megabytes: string | undefined): Sizes {
  if (megabytes === undefined) return sizes;
  const bytes = positiveInteger(megabytes) * 1e6;
  return { ...sizes, passBytes: bytes, warmupBytes: bytes };
}

function listOf(text: string): string[] {
  return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`${text} is not a positive whole number`);
}

/** The kind of broker that a name stands for. */
export async function brokerKind(name: string, options: BenchOptions): Promise<BrokerKind> {
  if (name === "jocko") return jocko(options.jockoExecutable, options.jockoArguments);
  if (name === "kafka") return await apacheKafka();
  if (name.includes(":")) return external(name);
  if (name !== "limit") throw new RangeError(`no broker is called ${name}`);
  if (options.limitScript === undefined) throw new RangeError("--limit PATH is missing");
  return limit(options.limitScript);
}

/** Runs `work` with everything it needs; afterwards no process and no file of it is left. */
export async function withBench<T>(
  options: BenchOptions,
  work: (bench: Bench) => Promise<T>,
): Promise<T> {
  const root = await Deno.makeTempDir({
    prefix: "jocko-bench-",
    ...(options.directory === undefined ? {} : { dir: options.directory }),
  });
  // Once only: after a signal, the failure that it caused comes by here as well.
  let cleaning: Promise<void> | undefined;
  const cleanUp = () => cleaning ??= killAll().then(() => Deno.remove(root, { recursive: true }));
  const onSignal = () => void cleanUp().finally(() => Deno.exit(EXIT_INTERRUPTED));
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  let directories = 0;
  let topics = 0;
  try {
    return await work({
      clients: new Clients(await clientTools(), join(root, "clients.log")),
      sizes: options.sizes,
      acks: options.acks,
      producerProperties: options.producerProperties,
      scratchDirectory: root,
      freshDirectory: () => join(root, `broker-${++directories}`),
      freshTopic: () => `bench-${++topics}`,
      note: (line) => printTo(Deno.stderr, line),
    });
  } finally {
    await cleanUp();
    Deno.removeSignalListener("SIGINT", onSignal);
    Deno.removeSignalListener("SIGTERM", onSignal);
  }
}

/** A line on standard output, or on another stream. */
export function printTo(stream: { writeSync(bytes: Uint8Array): number }, line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let sent = 0; sent < bytes.length;) sent += stream.writeSync(bytes.subarray(sent));
}
