/**
 * Runs a real Apache Kafka 4.2.1 (KRaft, one node) in a directory of its own: the yardstick of the
 * client suites and of the benchmarks.
 *
 * By itself: `deno run -A scripts/apache_kafka.ts [--port N] [--dir DIR] [--set name=value ...]`
 * prints `listening on PLAINTEXT://127.0.0.1:PORT` when it serves, and ends on SIGINT or SIGTERM.
 */
import { join } from "std/path";
import { parseArgs } from "node:util";
import { clientTools } from "./client_tools.ts";

/** How to start an {@link ApacheKafka}. */
export interface ApacheKafkaOptions {
  /** Keeps configuration, log and data; made when missing. */
  readonly directory: string;
  /** Client port; by default a free one. */
  readonly port?: number;
  /** Server properties on top of the fixed ones. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Java heap in MiB; 768 by default. */
  readonly heapMb?: number;
}

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;
/** 16 bytes in base64url; a fixed one makes two runs alike. */
const CLUSTER_ID = "cGFydGl0aW9uLWxvZ3MtMQ";

/** One Apache Kafka node, client listener on 127.0.0.1. */
export class ApacheKafka {
  #process: Deno.ChildProcess | undefined;

  private constructor(
    readonly directory: string,
    readonly port: number,
    private readonly java: string,
    private readonly jvmArguments: readonly string[],
  ) {}

  /** Formats the storage when it is new, starts the node and waits until it serves. */
  static async start(options: ApacheKafkaOptions): Promise<ApacheKafka> {
    const tools = await clientTools();
    await Deno.mkdir(join(options.directory, "data"), { recursive: true });
    const port = options.port ?? freePort();
    const configPath = join(options.directory, "server.properties");
    await Deno.writeTextFile(configPath, serverProperties(options, port, freePort()));
    const heap = `${options.heapMb ?? 768}m`;
    const jvmArguments = [`-Xmx${heap}`, `-Xms${heap}`, "-XX:+UseG1GC", "-cp", tools.classpath];
    const kafka = new ApacheKafka(options.directory, port, tools.java, jvmArguments);
    await kafka.#format(configPath);
    await kafka.restart();
    return kafka;
  }

  /** `host:port` for clients. */
  get bootstrap(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Where the partition directories are. */
  get dataDirectory(): string {
    return join(this.directory, "data");
  }

  /** Process id, or undefined while it is down. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts the node that {@link stop} or {@link kill} ended, on the same directory and port. */
  async restart(): Promise<void> {
    if (this.#process !== undefined) throw new Error("Kafka is running");
    const logPath = this.#logPath();
    await Deno.remove(logPath).catch(() => undefined);
    const command = new Deno.Command(this.java, {
      args: [
        ...this.#logArguments(logPath),
        ...this.jvmArguments,
        "kafka.Kafka",
        join(this.directory, "server.properties"),
      ],
      cwd: this.directory,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    });
    const process = command.spawn();
    this.#process = process;
    let ended: number | undefined;
    process.status.then((status) => ended = status.code);
    const deadlineMs = performance.now() + READY_TIMEOUT_MS;
    while (!await this.#hasStarted(logPath)) {
      if (ended !== undefined || performance.now() > deadlineMs) {
        if (ended === undefined) await this.kill();
        this.#process = undefined;
        throw new Error(`Kafka did not start:\n${await logTail(logPath)}`);
      }
      await pause(50);
    }
  }

  /** Shuts the node down in order. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  /** Ends the node as a crash would. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async #end(signal: Deno.Signal): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    process.kill(signal);
    const timer = setTimeout(() => process.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await process.status;
    clearTimeout(timer);
  }

  async #format(configPath: string): Promise<void> {
    const logPath = this.#logPath();
    const command = new Deno.Command(this.java, {
      args: [
        ...this.#logArguments(logPath),
        ...this.jvmArguments,
        "kafka.tools.StorageTool",
        "format",
        "--ignore-formatted",
        "--standalone",
        "-t",
        CLUSTER_ID,
        "-c",
        configPath,
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const output = await command.output();
    if (output.success) return;
    throw new Error(`formatting failed: ${new TextDecoder().decode(output.stderr)}`);
  }

  #logPath(): string {
    return join(this.directory, "server.log");
  }

  #logArguments(logPath: string): string[] {
    const property = "-Dorg.slf4j.simpleLogger";
    return [`${property}.logFile=${logPath}`, `${property}.defaultLogLevel=info`];
  }

  async #hasStarted(logPath: string): Promise<boolean> {
    const log = await Deno.readTextFile(logPath).catch(() => "");
    return log.includes("Kafka Server started");
  }
}

function serverProperties(
  options: ApacheKafkaOptions,
  port: number,
  controllerPort: number,
): string {
  const properties: Record<string, string> = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.bootstrap.servers": `127.0.0.1:${controllerPort}`,
    "listeners": `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "controller.listener.names": "CONTROLLER",
    "log.dirs": join(options.directory, "data"),
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "group.initial.rebalance.delay.ms": "0",
    ...options.properties,
  };
  return Object.entries(properties).map(([name, value]) => `${name}=${value}\n`).join("");
}

async function logTail(path: string): Promise<string> {
  const log = await Deno.readTextFile(path).catch(() => "(no log)");
  return log.split("\n").slice(-40).join("\n");
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      port: { type: "string" },
      dir: { type: "string" },
      set: { type: "string", multiple: true },
    },
  });
  const entries = (values.set ?? []).map((text): [string, string] => {
    const equals = text.indexOf("=");
    return [text.slice(0, equals), text.slice(equals + 1)];
  });
  const kafka = await ApacheKafka.start({
    directory: values.dir ?? await Deno.makeTempDir({ prefix: "apache-kafka-" }),
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
    properties: Object.fromEntries(entries),
  });
  const line =
    `listening on PLAINTEXT://${kafka.bootstrap} pid=${kafka.pid} dir=${kafka.directory}\n`;
  await Deno.stdout.write(new TextEncoder().encode(line));
  const { promise: signalled, resolve } = Promise.withResolvers<void>();
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, resolve);
  await signalled;
  await kafka.stop();
  Deno.exit(0);
}
