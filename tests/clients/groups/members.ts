/** Members of consumer groups, made of each client, that tell which values they have read. */
import { Consumer as PlatformaticConsumer, MessagesStreamModes } from "@platformatic/kafka";
import kafkajs from "kafkajs";
import { clientTools } from "../../../scripts/client_tools.ts";
import { javaCommand } from "../support/java.ts";
import { lines } from "../support/process.ts";

/** A member that reads until it leaves or dies. */
export interface GroupMember {
  /** Ends in order: the group learns at once. */
  leave(): Promise<void>;
  /** Ends as a crash would: the group learns when the session is over. */
  crash(): Promise<void>;
}

/** What a member is to read, and where it tells of it. */
export interface Membership {
  readonly bootstrap: string;
  readonly groupId: string;
  readonly topic: string;
  readonly onValue: (value: string) => void;
}

/** Starts a member; resolves when it is under way, not when it has joined. */
export type StartMember = (membership: Membership) => Promise<GroupMember>;

const SESSION_TIMEOUT_MS = 6000;

export const startKafkaJs: StartMember = async ({ bootstrap, groupId, topic, onValue }) => {
  const { Kafka, logLevel } = kafkajs;
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({
    groupId,
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: 500,
    rebalanceTimeout: 10_000,
    maxWaitTimeInMs: 100,
  });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommitInterval: 200,
    // deno-lint-ignore require-await -- the client's type asks for a promise
    eachMessage: async ({ message }) => onValue(String(message.value)),
  });
  const leave = () => consumer.disconnect();
  return { leave, crash: leave };
};

export const startPlatformatic: StartMember = async ({ bootstrap, groupId, topic, onValue }) => {
  const consumer = new PlatformaticConsumer({
    clientId: "platformatic",
    groupId,
    bootstrapBrokers: [bootstrap],
    sessionTimeout: SESSION_TIMEOUT_MS,
    heartbeatInterval: 500,
    rebalanceTimeout: 10_000,
  });
  const stream = await consumer.consume({
    topics: [topic],
    mode: MessagesStreamModes.COMMITTED,
    fallbackMode: "earliest",
    autocommit: 100,
    maxWaitTime: 100,
  });
  stream.on("data", (message: { value: unknown }) => onValue(String(message.value)));
  // Requests that a restart of the broker cuts off are retried by the client.
  stream.on("error", () => {});
  const leave = async () => {
    await stream.close();
    await consumer.close(true);
  };
  return { leave, crash: leave };
};

export const startKcat: StartMember = async ({ bootstrap, groupId, topic, onValue }) => {
  const { kcat } = await clientTools();
  const args = ["-b", bootstrap, "-G", groupId, "-u", "-q", "-E", "-f", "%s\\n"];
  args.push("-X", "auto.offset.reset=earliest", "-X", `session.timeout.ms=${SESSION_TIMEOUT_MS}`);
  args.push("-X", "heartbeat.interval.ms=500", "-X", "auto.commit.interval.ms=200", topic);
  return spawnMember(kcat, args, onValue);
};

export const startJava: StartMember = async ({ bootstrap, groupId, topic, onValue }) => {
  const main = "org.apache.kafka.tools.consumer.ConsoleConsumer";
  const properties = [
    "group.protocol=classic",
    "auto.offset.reset=earliest",
    `session.timeout.ms=${SESSION_TIMEOUT_MS}`,
    "heartbeat.interval.ms=500",
    "auto.commit.interval.ms=200",
  ];
  const { program, args } = await javaCommand(main, [
    ...["--bootstrap-server", bootstrap, "--group", groupId, "--topic", topic],
    ...properties.flatMap((property) => ["--command-property", property]),
  ]);
  return spawnMember(program, args, onValue);
};

/** A process that prints a value per line. */
function spawnMember(
  program: string,
  args: readonly string[],
  onValue: (value: string) => void,
): GroupMember {
  const child = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reading = (async () => {
    for await (const line of lines(child.stdout)) onValue(line);
  })();
  const end = async (signal: Deno.Signal) => {
    child.kill(signal);
    await child.status;
    await reading;
  };
  return { leave: () => end("SIGTERM"), crash: () => end("SIGKILL") };
}
