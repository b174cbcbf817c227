/**
 * The clients: Kafka's own producer benchmark, two Java programs beside this file, and kcat.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { join } from "std/path";
import { type ClientTools } from "../client_tools.ts";
import { endedChildrenCpuSeconds } from "./process_stats.ts";
import { Process, runToEnd, tailOf } from "./processes.ts";

const MILLION = 1e6;

/** What a client reports of one pass. Bytes are those of the record values. */
export interface LoadResult {
  readonly records: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly clientCpuSeconds: number;
}

/** Latencies in milliseconds, from send to acknowledgement. */
export interface Latencies {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
}

/** A produce load, as ProducerPerformance takes it. */
export interface ProduceLoad {
  readonly topic: string;
  readonly records: number;
  readonly recordBytes: number;
  /** Records per second; -1 for as fast as it goes. */
  readonly throughput: number;
  /** Records at the start that the latencies leave out. */
  readonly warmupRecords: number;
  /** Producer properties as key=value. */
  readonly properties: readonly string[];
}

/** Starts the clients, with their errors in one log file. */
export class Clients {
  constructor(readonly tools: ClientTools, readonly logFile: string) {}

  /** Runs `kafka-producer-perf-test` to its end. The client's CPU time includes the JVM's start. */
  async produce(
    bootstrap: string,
    load: ProduceLoad,
  ): Promise<LoadResult & { latencies: Latencies }> {
    const cpuBefore = endedChildrenCpuSeconds();
    const output = await runToEnd([
      ...this.#java(),
      "org.apache.kafka.tools.ProducerPerformance",
      ...["--bootstrap-server", bootstrap],
      ...["--topic", load.topic],
      ...["--num-records", String(load.records)],
      ...["--record-size", String(load.recordBytes)],
      ...["--throughput", String(load.throughput)],
      ...["--warmup-records", String(load.warmupRecords)],
      ...["--command-property", ...load.properties],
    ], this.logFile);
    const { recordsPerSecond, latencies } = parseProducerPerformance(output);
    return {
      records: load.records,
      bytes: load.records * load.recordBytes,
      seconds: load.records / recordsPerSecond,
      clientCpuSeconds: endedChildrenCpuSeconds() - cpuBefore,
      latencies,
    };
  }

  /**
   * Runs `kafka-consumer-perf-test` over what a produce load has written. The seconds leave out the
   * joining of the group; the client's CPU time includes the JVM's start.
   */
  async consumeInGroup(bootstrap: string, load: ProduceLoad): Promise<LoadResult> {
    const cpuBefore = endedChildrenCpuSeconds();
    const output = await runToEnd([
      ...this.#java(),
      "org.apache.kafka.tools.ConsumerPerformance",
      ...["--bootstrap-server", bootstrap],
      ...["--topic", load.topic],
      ...["--num-records", String(load.records)],
      "--hide-header",
    ], this.logFile);
    const { records, seconds } = parseConsumerPerformance(output);
    const clientCpuSeconds = endedChildrenCpuSeconds() - cpuBefore;
    return { records, bytes: records * load.recordBytes, seconds, clientCpuSeconds };
  }

  /** Opens a consumer of all partitions of a topic that reads `records` per pass. */
  consumer(
    bootstrap: string,
    topic: string,
    partitions: number,
    records: number,
  ): Promise<PassClient> {
    return this.#passClient("AssignedConsumerBench.java", [
      bootstrap,
      topic,
      String(partitions),
      String(records),
    ]);
  }

  /** Opens `producers` producers in one JVM that together send `records` per pass. */
  parallelProducers(
    bootstrap: string,
    load: ProduceLoad,
    producers: number,
  ): Promise<PassClient> {
    return this.#passClient("ParallelProducerBench.java", [
      bootstrap,
      load.topic,
      String(producers),
      String(load.records),
      String(load.recordBytes),
      ...load.properties,
    ]);
  }

  /** Opens a producer that sends a record every `intervalMs` to partition 0. */
  async failoverProbe(
    bootstrap: string,
    topic: string,
    intervalMs: number,
  ): Promise<FailoverProbe> {
    const args = [bootstrap, topic, String(intervalMs)];
    return new FailoverProbe(await this.#passClient("FailoverProbe.java", args));
  }

  /** Pipes a file of lines `repeats` times through kcat, all to partition 0, acks=1. */
  async kcat(bootstrap: string, topic: string, lines: LineFile): Promise<LoadResult> {
    const cpuBefore = endedChildrenCpuSeconds();
    const start = performance.now();
    const script = `n=0; while [ $n -lt ${lines.repeats} ]; do cat "$1"; n=$((n+1)); done | ` +
      `exec "$2" -P -b "$3" -t "$4" -p 0 -X acks=1`;
    const names = [lines.path, this.tools.kcat, bootstrap, topic];
    await runToEnd(["/bin/sh", "-c", script, "sh", ...names], this.logFile);
    const records = lines.lines * lines.repeats;
    return {
      records,
      bytes: records * lines.recordBytes,
      seconds: (performance.now() - start) / 1000,
      clientCpuSeconds: endedChildrenCpuSeconds() - cpuBefore,
    };
  }

  #passClient(program: string, args: readonly string[]): Promise<PassClient> {
    const source = fileURLToPath(new URL(`java/${program}`, import.meta.url));
    return PassClient.open([...this.#java(), source, ...args], this.logFile);
  }

  #java(): string[] {
    const logLevel = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn";
    return [this.tools.java, "-Xmx512M", logLevel, "-cp", this.tools.classpath];
  }
}

/** A Java client that stays up and makes a pass whenever it is told to. */
export class PassClient {
  private constructor(
    private readonly process: Process,
    private readonly lines: ReadableStreamDefaultReader<string>,
    private readonly input: WritableStreamDefaultWriter<Uint8Array>,
    private readonly logFile: string,
  ) {}

  /** Starts the program and waits until it is ready. */
  static async open(command: readonly string[], logFile: string): Promise<PassClient> {
    const process = Process.piped(command, logFile);
    const lines = process.child.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(lineSplitter())
      .getReader();
    const client = new PassClient(process, lines, process.child.stdin.getWriter(), logFile);
    const greeting = await client.#readLine();
    if (greeting !== "ready") throw new Error(`${process.title} says ${greeting}, not ready`);
    return client;
  }

  /** One pass. Rejects when the program fails. */
  async pass(): Promise<LoadResult> {
    const report = await this.report() as PassReport;
    const { records, bytes, seconds, cpuSeconds } = report;
    return { records, bytes, seconds, clientCpuSeconds: cpuSeconds };
  }

  /** Asks for a line of JSON, and gives what it holds. */
  async report(): Promise<unknown> {
    await this.input.write(new Uint8Array([0x0a]));
    return JSON.parse(await this.#readLine());
  }

  async close(): Promise<void> {
    await this.input.close();
    while (!(await this.lines.read()).done);
    await this.process.child.status;
  }

  async #readLine(): Promise<string> {
    const { value, done } = await this.lines.read();
    if (!done) return value;
    throw new Error(`${this.process.title} ended:\n${await tailOf(this.logFile)}`);
  }
}

/** A steady producer that tells how long acknowledgements stayed away. */
export class FailoverProbe {
  constructor(private readonly client: PassClient) {}

  /** The longest time without an acknowledgement since the last call, in milliseconds. */
  async longestMs(): Promise<number> {
    const report = await this.client.report() as { longestMs: number; failed: number };
    if (report.failed > 0) throw new Error(`${report.failed} records were given up`);
    return report.longestMs;
  }

  close(): Promise<void> {
    return this.client.close();
  }
}

/** The line that a Java client prints for a pass. */
interface PassReport {
  readonly records: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

function lineSplitter(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) controller.enqueue(line);
    },
  });
}

/**
 * Reads the summary of ProducerPerformance. With warm-up records there are two summaries, and the
 * steady state's, which is the last, counts for the latencies; the throughput is the whole run's.
 */
export function parseProducerPerformance(
  output: string,
): { recordsPerSecond: number; latencies: Latencies } {
  const summaries = output.split("\n").filter((line) => line.includes("ms 99.9th"));
  const whole = summaries[0];
  const steady = summaries.at(-1);
  if (whole === undefined || steady === undefined) {
    throw new Error(`ProducerPerformance gave no summary:\n${output.slice(-2000)}`);
  }
  const percentile = (name: string) => Number(match(steady, new RegExp(`(\\d+) ms ${name}`)));
  return {
    recordsPerSecond: Number(match(whole, /([\d.]+) records\/sec/)),
    latencies: {
      p50: percentile("50th"),
      p95: percentile("95th"),
      p99: percentile("99th"),
      p999: percentile("99\\.9th"),
    },
  };
}

/** Columns of ConsumerPerformance's line, from 0: records read, and milliseconds of fetching. */
const CONSUMED_RECORDS_COLUMN = 4;
const FETCH_TIME_COLUMN = 7;

/** Reads the one line of figures, separated by commas, that ConsumerPerformance prints. */
export function parseConsumerPerformance(output: string): { records: number; seconds: number } {
  const columns = output.split("\n").map((line) => line.split(",")).find(({ length }) =>
    length >= 10
  );
  const records = Number(columns?.[CONSUMED_RECORDS_COLUMN]);
  const seconds = Number(columns?.[FETCH_TIME_COLUMN]) / 1000;
  if (records > 0 && seconds > 0) return { records, seconds };
  throw new Error(`ConsumerPerformance gave no figures:\n${output.slice(-2000)}`);
}

function match(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`no ${pattern} in: ${text}`);
  return found;
}

/** A file of printable lines that stands for a longer input by being read several times. */
export interface LineFile {
  readonly path: string;
  readonly recordBytes: number;
  readonly lines: number;
  readonly repeats: number;
}

const LINE_FILE_BYTES = 32 * MILLION;

/** Writes a file of random capital letters, one record per line, for about `bytes` of input. */
export async function writeLineFile(
  directory: string,
  recordBytes: number,
  bytes: number,
): Promise<LineFile> {
  const lines = Math.max(1, Math.floor(Math.min(bytes, LINE_FILE_BYTES) / recordBytes));
  const text = new Uint8Array(lines * (recordBytes + 1));
  for (let at = 0; at < text.length; at += 65_536) {
    crypto.getRandomValues(text.subarray(at, Math.min(at + 65_536, text.length)));
  }
  for (let i = 0; i < text.length; i++) text[i] = 0x41 + (text[i] ?? 0) % 26;
  for (let i = recordBytes; i < text.length; i += recordBytes + 1) text[i] = 0x0a;
  const path = join(directory, `lines-${recordBytes}.txt`);
  await Deno.writeFile(path, text);
  return {
    path,
    recordBytes,
    lines,
    repeats: Math.max(1, Math.round(bytes / recordBytes / lines)),
  };
}
