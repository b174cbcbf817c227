/** What an operator does to brokers that run: read settings again, restart one after another, scrape. */
import assert from "node:assert/strict";
import { join } from "std/path";
import { Kafka, logLevel, Partitioners } from "kafkajs";
import { clientTools } from "../../scripts/client_tools.ts";
import { Kcat, valuesOf } from "../clients/support/kcat.ts";
import { eventually } from "../clients/support/process.ts";
import { runJocko } from "./cli_session.ts";
import {
  type ClusterProcesses,
  freePorts,
  startBroker,
  withThreeBrokers,
} from "./cluster_processes.ts";

/** Runs a command of `jocko` that must succeed; @returns what it printed */
async function jocko(bootstrap: string, ...args: readonly string[]): Promise<string> {
  const place = { environment: { JOCKO_BROKERS: bootstrap } };
  const { code, output, errors } = await runJocko(args, place);
  assert.equal(code, 0, errors);
  return output.trim();
}

Deno.test("SIGHUP applies what can change, names what can't, and refuses a file with a mistake", async () => {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "jocko-reload-" }));
  const file = join(directory, "server.properties");
  const write = (text: string) => Deno.writeTextFile(file, text);
  await write("log.retention.ms=1000000\nnum.partitions=2\n");
  const broker = startBroker(
    directory,
    ...["--data-dir", join(directory, "data"), "--listen", "127.0.0.1:0", "--config", file],
  );
  const hangUp = async (event: RegExp): Promise<string> => {
    const before = broker.errors.length;
    broker.signal("SIGHUP");
    return await eventually(`${event}`, () => {
      const text = broker.errors.slice(before);
      return Promise.resolve(event.test(text) ? text : undefined);
    });
  };
  try {
    const bootstrap = await broker.address();
    const setting = async (name: string): Promise<string> =>
      await jocko(bootstrap, "config", "get", "broker/1", name);
    await jocko(bootstrap, "topic", "create", "t");

    await write("log.retention.ms=2000000\nnum.partitions=3\nlog.segment.bytes=2097152\n");
    const told = await hangUp(/configuration read again/);
    assert.match(told, /applied=\["log\.retention\.ms","log\.segment\.bytes"\]/);
    assert.match(told, /needRestart=\["num\.partitions"\]/);
    // The worker is told by a message, which may come after the event.
    await eventually("the setting to be another", async () => {
      return await setting("log.retention.ms") === "2000000" ? true : undefined;
    });
    assert.equal(await setting("num.partitions"), "2");
    assert.equal(await jocko(bootstrap, "config", "get", "topic/t", "segment.bytes"), "2097152");

    await write("log.retention.ms=3000000\nlog.segment.byte=1\nlog.roll.ms=soon\n");
    const refused = await hangUp(/configuration refused, nothing has changed/);
    assert.match(refused, /server\.properties:2.*did you mean log\.segment\.bytes/);
    assert.match(refused, /server\.properties:3.*allowed:/);
    await write("num.partitions=2\n");
    await hangUp(/configuration read again applied=\["log\.retention\.ms","log\.segment\.bytes"\]/);
    await eventually("the default to count again", async () => {
      const retention = await jocko(bootstrap, "config", "get", "topic/t", "retention.ms");
      return retention === "604800000" ? true : undefined;
    });
    broker.signal("SIGTERM");
    assert.equal((await broker.end()).code, 0);
  } finally {
    await broker.kill();
    await Deno.remove(directory, { recursive: true });
  }
});

const KAFKAJS_TOPIC = "from-kafkajs";
const KCAT_TOPIC = "from-kcat";

/** Sends one numbered record after another, with KafkaJS's own retries and none beside. */
class KafkaJsLoad {
  sent = 0;
  readonly errors: unknown[] = [];
  readonly #ended: Promise<void>;
  #isRunning = true;

  constructor(bootstrap: string) {
    this.#ended = this.#run(bootstrap);
  }

  async end(): Promise<void> {
    this.#isRunning = false;
    await this.#ended;
  }

  async #run(bootstrap: string): Promise<void> {
    const kafka = new Kafka({ brokers: bootstrap.split(","), logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    try {
      await producer.connect();
      while (this.#isRunning) {
        const messages = [{ partition: 0, value: String(this.sent) }];
        await producer.send({ topic: KAFKAJS_TOPIC, acks: -1, messages });
        this.sent++;
      }
    } catch (error) {
      this.errors.push(error);
    } finally {
      await producer.disconnect();
    }
  }
}

/** kcat with librdkafka's own settings, fed with numbered lines; it ends with 1 at any error. */
class KcatLoad {
  readonly #child: Deno.ChildProcess;
  readonly #feeding: Promise<number>;
  #isRunning = true;

  constructor(kcat: string, bootstrap: string) {
    this.#child = new Deno.Command(kcat, {
      args: ["-P", "-b", bootstrap, "-t", KCAT_TOPIC, "-p", "0", "-X", "acks=all"],
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#feeding = this.#feed();
  }

  /** @returns how many lines were sent, and what kcat said */
  async end(): Promise<{ sent: number; code: number; stderr: string }> {
    this.#isRunning = false;
    const sent = await this.#feeding;
    const { code } = await this.#child.status;
    return { sent, code, stderr: await new Response(this.#child.stderr).text() };
  }

  async #feed(): Promise<number> {
    const writer = this.#child.stdin.getWriter();
    const encoder = new TextEncoder();
    let sent = 0;
    for (; this.#isRunning; sent++) {
      await writer.write(encoder.encode(`${sent}\n`));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await writer.close();
    return sent;
  }
}

/** Asks as an operator does, until no partition and no quorum would be lost with one more broker. */
async function safeToRestart(bootstrap: string): Promise<void> {
  const place = { environment: { JOCKO_BROKERS: bootstrap } };
  await eventually("a restart to be safe", async () => {
    const { code } = await runJocko(["cluster", "restart-check"], place);
    return code === 0 ? true : undefined;
  }, 30_000);
}

/** As docs/operations.md has it: one after another, each when all are in sync. */
async function restartOneByOne(cluster: ClusterProcesses): Promise<void> {
  for (const index of [0, 1, 2]) {
    await safeToRestart(cluster.bootstrap);
    assert.equal(await cluster.stop(index), 0);
    cluster.start(index, ...cluster.joins(...[0, 1, 2].filter((other) => other !== index)));
    await cluster.ready(index);
    await jocko(
      cluster.bootstrap,
      ...["cluster", "health", "--watch", "--exit-when-healthy", "--timeout", "60s"],
    );
  }
}

/** Each number up to `count`, in order; a client without idempotence may write one again. */
function assertNoneMissing(values: readonly string[], count: number): void {
  const first = values.filter((value, index) => values.indexOf(value) === index);
  assert.deepEqual(first, Array.from({ length: count }, (_, index) => String(index)));
}

Deno.test("a rolling restart of three brokers shows no error to KafkaJS or to librdkafka", async () => {
  const { kcat } = await clientTools();
  await withThreeBrokers(async (cluster) => {
    const { bootstrap } = cluster;
    for (const topic of [KAFKAJS_TOPIC, KCAT_TOPIC]) {
      await jocko(
        bootstrap,
        ...["topic", "create", topic, "--partitions", "1", "--replication-factor", "3"],
        ...["--config", "min.insync.replicas=2"],
      );
    }
    const kafkaJs = new KafkaJsLoad(bootstrap);
    const librdkafka = new KcatLoad(kcat, bootstrap);
    try {
      await restartOneByOne(cluster);
    } finally {
      await kafkaJs.end();
    }
    const { sent, code, stderr } = await librdkafka.end();
    assert.deepEqual(kafkaJs.errors, []);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /delivery failed/i);
    assert.ok(kafkaJs.sent > 10 && sent > 10);
    const read = async (topic: string) => valuesOf(await new Kcat(bootstrap).consume(topic));
    assertNoneMissing(await read(KAFKAJS_TOPIC), kafkaJs.sent);
    assertNoneMissing(await read(KCAT_TOPIC), sent);
  });
});

/** Metrics that a figure of the dashboard is made of, without their labels. */
function metricsOfDashboard(): string[] {
  const path = join(import.meta.dirname ?? ".", "../../docs/monitoring/dashboard.json");
  const names = Deno.readTextFileSync(path).match(/\b(kafka|jocko|process)_[a-z_]+(?=\{)/g) ?? [];
  return [...new Set(names)].sort();
}

Deno.test("the brokers of a cluster tell every metric of the dashboard, and one controller", async () => {
  const ports = freePorts(3);
  await withThreeBrokers(async (cluster) => {
    for (const index of [0, 1, 2]) {
      assert.equal(await cluster.stop(index), 0);
      const others = [0, 1, 2].filter((other) => other !== index);
      cluster.start(index, ...cluster.joins(...others), "--http", `127.0.0.1:${ports[index]}`);
      await cluster.ready(index);
    }
    await jocko(cluster.bootstrap, "topic", "create", "t", "--replication-factor", "3");
    await new Kcat(cluster.bootstrap).produce("t", "one");
    await jocko(cluster.bootstrap, "consume", "t", "--group", "readers", "-c", "1");
    const texts = await Promise.all(
      ports.map(async (port) => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
    );
    const told = texts.join("\n");
    for (const name of metricsOfDashboard()) {
      assert.match(told, new RegExp(`^# TYPE ${name} `, "m"));
    }
    const sum = (name: string) =>
      [...told.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"))]
        .reduce((total, [, value]) => total + Number(value), 0);
    assert.equal(sum("kafka_controller_kafkacontroller_activecontrollercount"), 1);
    assert.equal(sum("kafka_controller_kafkacontroller_activebrokercount"), 9);
    assert.match(told, /^kafka_consumergroup_lag\{consumergroup="readers",topic="t",.*\} 0$/m);
  });
});
