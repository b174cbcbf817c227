/**
 * The broker under test. Which one, the environment says:
 * - nothing set: `deno run -A main.ts broker` of this checkout
 * - `JOCKO_BIN=/path`: that executable in its place
 * - `BROKER_UNDER_TEST=apache-kafka`: Apache Kafka 4.2.1, against which the suites were written
 * - `KAFKA_BOOTSTRAP=host:port`: a broker that runs already; what needs a restart is skipped
 */
import { dirname, join } from "std/path";
import { fileURLToPath } from "node:url";
import { ApacheKafka, type ApacheKafkaOptions } from "../../../scripts/apache_kafka.ts";
import { lines } from "./process.ts";

/** A broker that a suite may talk to and, when {@link canRestart}, end and start again. */
export interface BrokerUnderTest {
  readonly kind: "jocko" | "apache-kafka" | "external";
  /** `host:port` for clients; the same after a restart. */
  readonly bootstrap: string;
  readonly canRestart: boolean;
  /** Holds the partition directories at some depth; undefined when out of reach. */
  readonly dataDirectory: string | undefined;
  /** Ends it in order (SIGTERM) or as a crash would (SIGKILL), and waits for the end. */
  stop(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Starts what {@link stop} ended, on the same directory and port. */
  start(): Promise<void>;
  /** Ends it and removes its directory. */
  dispose(): Promise<void>;
}

const REPOSITORY = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 60_000;

/** Starts the broker that the environment asks for. */
export async function startBroker(): Promise<BrokerUnderTest> {
  const bootstrap = Deno.env.get("KAFKA_BOOTSTRAP");
  if (bootstrap !== undefined && bootstrap !== "") return new ExternalBroker(bootstrap);
  const directory = await Deno.makeTempDir({ prefix: "jocko-clients-" });
  try {
    if (Deno.env.get("BROKER_UNDER_TEST") === "apache-kafka") {
      return new ApacheBroker(await ApacheKafka.start(apacheOptions(directory)), directory);
    }
    const broker = new JockoBroker(directory);
    await broker.start();
    return broker;
  } catch (cause) {
    await Deno.remove(directory, { recursive: true });
    throw cause;
  }
}

/** Ends `broker` and starts it again. */
export async function restart(
  broker: BrokerUnderTest,
  signal: "SIGTERM" | "SIGKILL",
): Promise<void> {
  await broker.stop(signal);
  await broker.start();
}

/** Runs `body` with a broker that is gone when it returns. */
export async function withBroker(body: (broker: BrokerUnderTest) => Promise<void>): Promise<void> {
  const broker = await startBroker();
  try {
    await body(broker);
  } finally {
    await broker.dispose();
  }
}

/** Finds the chosen port in the line that `jocko broker` prints when it serves. */
export function parseReadyLine(line: string): string | undefined {
  return /listening on PLAINTEXT:\/\/([0-9.]+:[0-9]+)/.exec(line)?.[1];
}

class ExternalBroker implements BrokerUnderTest {
  readonly kind = "external";
  readonly canRestart = false;
  readonly dataDirectory = undefined;

  constructor(readonly bootstrap: string) {}

  stop(): Promise<void> {
    throw new Error("a broker that is not ours can't be stopped");
  }

  start(): Promise<void> {
    throw new Error("a broker that is not ours can't be started");
  }

  async dispose(): Promise<void> {}
}

/** After a crash the controller keeps the old incarnation for a session, 9 s by default. */
function apacheOptions(directory: string): ApacheKafkaOptions {
  const properties = { "broker.session.timeout.ms": "2000", "broker.heartbeat.interval.ms": "300" };
  return { directory, properties };
}

class ApacheBroker implements BrokerUnderTest {
  readonly kind = "apache-kafka";
  readonly canRestart = true;

  constructor(private readonly kafka: ApacheKafka, private readonly directory: string) {}

  get bootstrap(): string {
    return this.kafka.bootstrap;
  }

  get dataDirectory(): string {
    return this.kafka.dataDirectory;
  }

  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    await (signal === "SIGKILL" ? this.kafka.kill() : this.kafka.stop());
  }

  async start(): Promise<void> {
    await this.kafka.restart();
  }

  async dispose(): Promise<void> {
    await this.kafka.kill();
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** `jocko broker` of this checkout, or the executable that `JOCKO_BIN` names. */
export class JockoBroker implements BrokerUnderTest {
  readonly kind = "jocko";
  readonly canRestart = true;
  readonly dataDirectory: string;
  #address = "127.0.0.1:0";
  #process: Deno.ChildProcess | undefined;
  #output: Promise<unknown> | undefined;
  #readyLine = "";

  /** @param moreArgs of the command, behind those for the directory and the port */
  constructor(private readonly directory: string, private readonly moreArgs: string[] = []) {
    this.dataDirectory = join(directory, "data");
  }

  get bootstrap(): string {
    return this.#address;
  }

  /** What was printed when it began to serve. */
  get readyLine(): string {
    return this.#readyLine;
  }

  async start(): Promise<void> {
    if (this.#process !== undefined) throw new Error("the broker is running");
    const executable = Deno.env.get("JOCKO_BIN");
    const args = ["broker", "--data-dir", this.dataDirectory, "--listen", this.#address];
    args.push(...this.moreArgs);
    const process = new Deno.Command(executable ?? Deno.execPath(), {
      args: executable === undefined ? ["run", "-A", join(REPOSITORY, "main.ts"), ...args] : args,
      cwd: REPOSITORY,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#process = process;
    const ready = Promise.withResolvers<string>();
    const log: string[] = [];
    const reading = [process.stdout, process.stderr].map(async (stream) => {
      for await (const line of lines(stream)) {
        if (log.length < 200) log.push(line);
        const address = parseReadyLine(line);
        if (address === undefined) continue;
        this.#readyLine = line;
        ready.resolve(address);
      }
    });
    this.#output = Promise.all(reading);
    const timer = setTimeout(() => ready.reject(new Error("not ready in time")), READY_TIMEOUT_MS);
    this.#output.then(() => ready.reject(new Error("it ended")), ready.reject);
    try {
      this.#address = await ready.promise;
    } catch (cause) {
      await this.stop("SIGKILL");
      throw new Error(`jocko did not start:\n${log.join("\n")}`, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  async stop(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    this.#process = undefined;
    let running = true;
    const status = process.status.finally(() => running = false);
    send(process, signal);
    const timer = setTimeout(() => running && send(process, "SIGKILL"), STOP_TIMEOUT_MS);
    const { signal: endedBy } = await status;
    clearTimeout(timer);
    await this.#output;
    if (signal === "SIGTERM" && endedBy === "SIGKILL") {
      throw new Error(`the broker ignored SIGTERM for ${STOP_TIMEOUT_MS} ms`);
    }
  }

  async dispose(): Promise<void> {
    await this.stop("SIGKILL");
    await Deno.remove(this.directory, { recursive: true });
  }
}

/** The process may have ended by itself, which is no error here: the caller waits for its end. */
function send(process: Deno.ChildProcess, signal: Deno.Signal): void {
  try {
    process.kill(signal);
  } catch (cause) {
    const gone = cause instanceof Deno.errors.NotFound || cause instanceof TypeError;
    if (!gone) throw cause;
  }
}
