/**
 * The brokers that can be measured, all started the same way: a command, a data directory, a port.
 *
 * A broker is ready when it answers ApiVersions; that asks the same of all of them, where lines in
 * a log would not.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { join } from "std/path";
import { freePort } from "../apache_kafka.ts";
import { clientTools } from "../client_tools.ts";
import { pause, Process, runToEnd, tailOf } from "./processes.ts";
import { WireConnection } from "./wire.ts";

const READY_TIMEOUT_MS = 120_000;
const READY_POLL_MS = 5;

/** A broker that serves, or is about to. */
export interface RunningBroker {
  readonly bootstrap: string;
  /** Undefined for a broker that was started by somebody else. */
  readonly process: Process | undefined;
}

/** How to make a broker of one kind. */
export interface BrokerKind {
  readonly name: string;
  /** False for a broker that was started by somebody else: it can be loaded, not restarted. */
  readonly ownsProcess: boolean;
  /** False for the yardstick, whose topics exist as soon as they are named. */
  readonly hasTopics: boolean;
  /** Makes the directory ready for its first start, where the broker asks for that. */
  prepare(directory: string): Promise<void>;
  /**
   * Starts the process and returns at once. `partitions` is for the yardstick, which must be told.
   */
  spawn(directory: string, partitions: number): RunningBroker;
  /** The command of one broker with these arguments; undefined where no cluster is formed. */
  clusterCommand?(args: readonly string[]): string[];
}

/** Starts a broker on a fresh directory and waits until it answers. */
export async function startBroker(
  kind: BrokerKind,
  directory: string,
  partitions = 1,
): Promise<RunningBroker> {
  await Deno.mkdir(directory, { recursive: true });
  await kind.prepare(directory);
  const broker = kind.spawn(directory, partitions);
  await waitUntilAnswers(broker, directory);
  return broker;
}

/** Resolves when the broker answers ApiVersions. Rejects when its process ends or time is up. */
export async function waitUntilAnswers(broker: RunningBroker, directory: string): Promise<void> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const connection = await tryToConnect(broker.bootstrap);
    if (connection !== undefined) {
      try {
        await connection.apiVersions();
        return;
      } finally {
        connection.close();
      }
    }
    if (broker.process?.hasEnded === true || performance.now() > deadlineMs) {
      const log = await tailOf(logFileOf(directory));
      throw new Error(`${broker.process?.title ?? broker.bootstrap} does not serve:\n${log}`);
    }
    await pause(READY_POLL_MS);
  }
}

/** A connection, or undefined while nobody listens. */
export async function tryToConnect(bootstrap: string): Promise<WireConnection | undefined> {
  try {
    return await WireConnection.open(bootstrap);
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return undefined;
    throw error;
  }
}

/** Where the broker of that directory writes what it has to say. */
export function logFileOf(directory: string): string {
  return join(directory, "broker.log");
}

/** This project's broker: an executable, or the sources under Deno when `executable` is missing. */
export function jocko(executable: string | undefined, extra: readonly string[]): BrokerKind {
  const main = fileURLToPath(new URL("../../main.ts", import.meta.url));
  const program = executable === undefined ? [Deno.execPath(), "run", "-A", main] : [executable];
  return {
    name: "jocko",
    ownsProcess: true,
    hasTopics: true,
    prepare: () => Promise.resolve(),
    clusterCommand: (args) => [...program, "broker", ...args, "--log-level", "info", ...extra],
    spawn(directory) {
      const bootstrap = `127.0.0.1:${freePort()}`;
      const command = [
        ...program,
        "broker",
        "--data-dir",
        join(directory, "data"),
        "--listen",
        bootstrap,
        "--log-level",
        "warn",
        ...extra,
      ];
      return { bootstrap, process: Process.logged(command, logFileOf(directory)) };
    },
  };
}

/** What kafka-server-start.sh and kafka-run-class.sh of the 4.2 distribution give the JVM. */
const KAFKA_JVM_ARGUMENTS = [
  "-Xmx1G",
  "-Xms1G",
  "-server",
  "-XX:+UseG1GC",
  "-XX:MaxGCPauseMillis=20",
  "-XX:InitiatingHeapOccupancyPercent=35",
  "-XX:+ExplicitGCInvokesConcurrent",
  "-Djava.awt.headless=true",
  "-Dorg.slf4j.simpleLogger.defaultLogLevel=info",
];

/** 16 bytes in base64url. */
const KAFKA_CLUSTER_ID = "am9ja28tYmVuY2htYXJrcw";

/** Kafka maps three files per partition; the usual limit of open files does not reach far. */
const KAFKA_OPEN_FILES = 1_000_000;

/** Apache Kafka 4.2, one combined KRaft node with the settings and JVM options it ships with. */
export async function apacheKafka(): Promise<BrokerKind> {
  const { java, classpath } = await clientTools();
  const run = [java, ...KAFKA_JVM_ARGUMENTS, "-cp", classpath];
  const configOf = (directory: string) => join(directory, "server.properties");
  return {
    name: "kafka",
    ownsProcess: true,
    hasTopics: true,
    async prepare(directory) {
      await Deno.writeTextFile(configOf(directory), serverProperties(directory));
      const format = ["format", "--standalone", "-t", KAFKA_CLUSTER_ID, "-c", configOf(directory)];
      await runToEnd([...run, "kafka.tools.StorageTool", ...format], logFileOf(directory));
    },
    spawn(directory) {
      const config = Deno.readTextFileSync(configOf(directory));
      const listener = /^listeners=PLAINTEXT:\/\/([^,]+)/m.exec(config)?.[1];
      if (listener === undefined) throw new Error(`${configOf(directory)} names no listener`);
      const command = [...run, "kafka.Kafka", configOf(directory)];
      const process = Process.logged(command, logFileOf(directory), KAFKA_OPEN_FILES);
      return { bootstrap: listener, process };
    },
  };
}

function serverProperties(directory: string): string {
  const client = `127.0.0.1:${freePort()}`;
  const controller = `127.0.0.1:${freePort()}`;
  return [
    "process.roles=broker,controller",
    "node.id=1",
    `controller.quorum.bootstrap.servers=${controller}`,
    `listeners=PLAINTEXT://${client},CONTROLLER://${controller}`,
    `advertised.listeners=PLAINTEXT://${client}`,
    "controller.listener.names=CONTROLLER",
    `log.dirs=${join(directory, "data")}`,
    "offsets.topic.replication.factor=1",
    "transaction.state.log.replication.factor=1",
    "transaction.state.log.min.isr=1",
    "",
  ].join("\n");
}

/** The yardstick's only port. */
const LIMIT_BOOTSTRAP = "127.0.0.1:19092";

/** The yardstick: a script that frames, sums, appends and answers, and nothing else. */
export function limit(script: string): BrokerKind {
  return {
    name: "limit",
    ownsProcess: true,
    hasTopics: false,
    prepare: () => Promise.resolve(),
    spawn(directory, partitions) {
      const storage = join(directory, "data");
      const command = [Deno.execPath(), "run", "-A", script, String(partitions), "crc", storage];
      return {
        bootstrap: LIMIT_BOOTSTRAP,
        process: Process.logged(command, logFileOf(directory)),
      };
    },
  };
}

/** A broker that runs already. Its CPU time and memory are not measured. */
export function external(bootstrap: string): BrokerKind {
  return {
    name: bootstrap,
    ownsProcess: false,
    hasTopics: true,
    prepare: () => Promise.resolve(),
    spawn: () => ({ bootstrap, process: undefined }),
  };
}
