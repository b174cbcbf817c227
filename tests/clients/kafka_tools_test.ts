/** The command-line tools of Apache Kafka 4.2.1. */
import assert from "node:assert/strict";
import { clientTools } from "../../scripts/client_tools.ts";
import { withBroker } from "./support/broker.ts";
import { KafkaTools, runAlone, type ToolName } from "./support/kafka_tools.ts";
import { eventually } from "./support/process.ts";
import { uniqueTopic } from "./support/records.ts";

/** The tools, pointed at the broker under test. */
class Bench {
  constructor(readonly tools: KafkaTools, readonly bootstrap: string) {}

  /** Runs a tool that must succeed. */
  ask(tool: ToolName, args: readonly string[], stdin = ""): Promise<string> {
    return this.tools.mustRun(tool, ["--bootstrap-server", this.bootstrap, ...args], stdin);
  }

  /** Runs a tool that must fail, and gives all it printed. */
  async refuse(tool: ToolName, args: readonly string[]): Promise<string> {
    const result = await this.tools.run(tool, ["--bootstrap-server", this.bootstrap, ...args]);
    assert.notEqual(result.code, 0, `${tool} ${args.join(" ")} succeeded:\n${result.stdout}`);
    return result.stdout + result.stderr;
  }

  /** Makes a topic and waits until it can be described. */
  async topic(stem: string, args: readonly string[] = []): Promise<string> {
    const name = uniqueTopic(stem);
    await this.ask("kafka-topics", ["--create", "--topic", name, ...args]);
    await eventually(`${name} to be listed`, async () => {
      const names = (await this.ask("kafka-topics", ["--list"])).split("\n");
      return names.includes(name) ? true : undefined;
    });
    return name;
  }

  /** Produces `count` short records. */
  async produce(topic: string, count: number): Promise<void> {
    const input = Array.from({ length: count }, (_, i) => `record ${i}\n`).join("");
    await this.ask("kafka-console-producer", ["--topic", topic], input);
  }

  /** Asks until the answer matches: a change may be visible a moment after its answer. */
  askUntil(pattern: RegExp, tool: ToolName, args: readonly string[]): Promise<string> {
    return eventually(`${tool} ${args.join(" ")} to say ${pattern}`, async () => {
      const answer = await this.ask(tool, args);
      return pattern.test(answer) ? answer : undefined;
    }, 10_000);
  }
}

type Behaviour = readonly [name: string, check: (on: Bench) => Promise<void>];

const TOPICS: readonly Behaviour[] = [
  ["kafka-topics creates, lists and describes", async (on) => {
    const args = ["--partitions", "3", "--replication-factor", "1"];
    const name = await on.topic("tools", [...args, "--config", "retention.ms=54321"]);
    const text = await on.askUntil(/Partition: 2/, "kafka-topics", ["--describe", "--topic", name]);
    assert.match(text, /PartitionCount: 3/);
    assert.match(text, /ReplicationFactor: 1/);
    assert.match(text, /retention\.ms=54321/);
    assert.match(text, /TopicId: [\w-]{22}/);
  }],
  ["kafka-topics refuses an existing name, unless told", async (on) => {
    const name = await on.topic("exists");
    assert.match(await on.refuse("kafka-topics", ["--create", "--topic", name]), /already exists/);
    await on.ask("kafka-topics", ["--create", "--topic", name, "--if-not-exists"]);
  }],
  ["kafka-topics refuses bad names and configs", async (on) => {
    await on.refuse("kafka-topics", ["--create", "--topic", "bad/name"]);
    const args = ["--create", "--topic", uniqueTopic("bad"), "--config", "retention.ms=soon"];
    await on.refuse("kafka-topics", args);
  }],
  ["kafka-topics adds partitions", async (on) => {
    const name = await on.topic("grow");
    await on.ask("kafka-topics", ["--alter", "--topic", name, "--partitions", "4"]);
    const describe = ["--describe", "--topic", name];
    await on.askUntil(/PartitionCount: 4/, "kafka-topics", describe);
    await on.refuse("kafka-topics", ["--alter", "--topic", name, "--partitions", "2"]);
  }],
  ["kafka-topics describes by id and finds nothing wrong", async (on) => {
    const name = await on.topic("by-id");
    const text = await on.ask("kafka-topics", ["--describe", "--topic", name]);
    const id = /TopicId: ([\w-]{22})/.exec(text)?.[1] ?? "";
    assert.match(await on.ask("kafka-topics", ["--describe", "--topic-id", id]), new RegExp(name));
    for (const flag of ["--under-replicated-partitions", "--unavailable-partitions"]) {
      assert.equal((await on.ask("kafka-topics", ["--describe", flag])).trim(), "");
    }
  }],
  ["kafka-topics deletes", async (on) => {
    const name = await on.topic("delete");
    await on.ask("kafka-topics", ["--delete", "--topic", name]);
    await eventually(`${name} to be gone`, async () => {
      const names = (await on.ask("kafka-topics", ["--list"])).split("\n");
      return names.includes(name) ? undefined : true;
    });
    await on.refuse("kafka-topics", ["--delete", "--topic", name]);
  }],
];

const CONFIGS: readonly Behaviour[] = [
  ["kafka-configs alters and describes a topic", async (on) => {
    const entity = ["--entity-type", "topics", "--entity-name", await on.topic("configs")];
    const add = ["--alter", "--add-config", "retention.ms=4242,cleanup.policy=[delete,compact]"];
    await on.ask("kafka-configs", [...entity, ...add]);
    const describe = [...entity, "--describe"];
    const text = await on.askUntil(/retention\.ms=4242/, "kafka-configs", describe);
    assert.match(text, /cleanup\.policy=delete,compact/);
    assert.match(text, /DYNAMIC_TOPIC_CONFIG:retention\.ms=4242/);
    await on.ask("kafka-configs", [...entity, "--alter", "--delete-config", "retention.ms"]);
    await eventually("retention.ms to be gone", async () => {
      const answer = await on.ask("kafka-configs", describe);
      return answer.includes("retention.ms") ? undefined : true;
    });
    const all = await on.ask("kafka-configs", [...describe, "--all"]);
    assert.match(all, /retention\.ms=604800000/);
    assert.match(all, /DEFAULT_CONFIG:log\.segment\.bytes=1073741824/);
  }],
  ["kafka-configs refuses what is no config", async (on) => {
    const entity = ["--entity-type", "topics", "--entity-name", await on.topic("refuse")];
    await on.refuse("kafka-configs", [...entity, "--alter", "--add-config", "no.such=1"]);
    await on.refuse("kafka-configs", [...entity, "--alter", "--add-config", "retention.ms=x"]);
  }],
  ["kafka-configs alters and describes all brokers", async (on) => {
    const entity = ["--entity-type", "brokers", "--entity-default"];
    const add = ["--alter", "--add-config", "log.retention.ms=987654321"];
    await on.ask("kafka-configs", [...entity, ...add]);
    const pattern = /log\.retention\.ms=987654321/;
    await on.askUntil(pattern, "kafka-configs", [...entity, "--describe"]);
    await on.ask("kafka-configs", [...entity, "--alter", "--delete-config", "log.retention.ms"]);
  }],
  ["kafka-configs alters and describes quotas", async (on) => {
    for (
      const [type, key] of [["clients", "producer_byte_rate"], ["users", "request_percentage"]]
    ) {
      const entity = ["--entity-type", type!, "--entity-name", uniqueTopic("quota")];
      await on.ask("kafka-configs", [...entity, "--alter", "--add-config", `${key}=1048576`]);
      const describe = [...entity, "--describe"];
      await on.askUntil(new RegExp(`${key}=1048576`), "kafka-configs", describe);
      await on.ask("kafka-configs", [...entity, "--alter", "--delete-config", key!]);
    }
    const ip = ["--entity-type", "ips", "--entity-name", "192.0.2.7"];
    const add = ["--alter", "--add-config", "connection_creation_rate=100"];
    await on.ask("kafka-configs", [...ip, ...add]);
    await on.askUntil(/connection_creation_rate=100/, "kafka-configs", [...ip, "--describe"]);
    await on.ask("kafka-configs", [
      ...ip,
      "--alter",
      "--delete-config",
      "connection_creation_rate",
    ]);
  }],
  ["kafka-configs keeps SCRAM credentials", async (on) => {
    const entity = ["--entity-type", "users", "--entity-name", uniqueTopic("user")];
    for (const credential of ["256=[iterations=8192,password=x]", "512=[password=x]"]) {
      const add = ["--alter", "--add-config", `SCRAM-SHA-${credential}`];
      await on.ask("kafka-configs", [...entity, ...add]);
    }
    for (const pattern of [/SCRAM-SHA-256=iterations=8192/, /SCRAM-SHA-512=iterations=4096/]) {
      await on.askUntil(pattern, "kafka-configs", [...entity, "--describe"]);
    }
    await on.ask("kafka-configs", [...entity, "--alter", "--delete-config", "SCRAM-SHA-256"]);
  }],
];

const RECORDS: readonly Behaviour[] = [
  ["console producer and consumer pass keys, headers and nulls", async (on) => {
    const topic = await on.topic("console");
    const properties = ["parse.key=true", "parse.headers=true", "null.marker=NIL"];
    const reader = properties.flatMap((property) => ["--reader-property", property]);
    const input = "a:1\tkey\tvalue\nNIL\tNIL\ttext\nb:2,c:3\tkey 2\tNIL\n";
    await on.ask("kafka-console-producer", ["--topic", topic, ...reader], input);
    const formats = ["print.key", "print.headers", "print.offset", "print.partition"];
    const formatter = formats.flatMap((name) => ["--formatter-property", `${name}=true`]);
    const range = ["--partition", "0", "--offset", "earliest", "--max-messages", "3"];
    const output = await on.ask("kafka-console-consumer", [
      ...["--topic", topic, "--timeout-ms", "20000"],
      ...range,
      ...formatter,
    ]);
    assert.deepEqual(output.trimEnd().split("\n"), [
      "Partition:0\tOffset:0\ta:1\tkey\tvalue",
      "Partition:0\tOffset:1\tNO_HEADERS\tnull\ttext",
      "Partition:0\tOffset:2\tb:2,c:3\tkey 2\tnull",
    ]);
  }],
  ["console producer takes every codec and every acks", async (on) => {
    const topic = await on.topic("codecs");
    const sent: string[] = [];
    for (const codec of ["none", "gzip", "snappy", "lz4", "zstd"]) {
      for (const acks of ["0", "1", "all"]) {
        const batch = Array.from(
          { length: 20 },
          (_, i) => `${codec} ${acks} ${i} ${"é".repeat(50)}`,
        );
        sent.push(...batch);
        const args = [
          "--topic",
          topic,
          "--compression-codec",
          codec,
          "--request-required-acks",
          acks,
        ];
        const input = batch.map((line) => `${line}\n`).join("");
        await on.ask("kafka-console-producer", args, input);
      }
    }
    const range = ["--partition", "0", "--offset", "earliest", "--max-messages", `${sent.length}`];
    const args = ["--topic", topic, ...range, "--timeout-ms", "20000"];
    const output = await on.ask("kafka-console-consumer", args);
    assert.deepEqual(output.trimEnd().split("\n"), sent);
  }],
  ["kafka-verifiable-producer has all acknowledged", async (on) => {
    const topic = await on.topic("verifiable");
    const args = ["--topic", topic, "--max-messages", "1000", "--acks", "-1"];
    const server = ["--bootstrap-server", on.bootstrap];
    const output = await runAlone("kafka-verifiable-producer", [...server, ...args]);
    const events = output.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(events.filter((event) => event.name === "producer_send_success").length, 1000);
    assert.equal(events.at(-1)?.acked, 1000);
  }],
  ["kafka-verifiable-consumer reads and commits all", async (on) => {
    const topic = await on.topic("verified");
    await on.produce(topic, 1000);
    const group = uniqueTopic("verifiers");
    const args = ["--topic", topic, "--group-id", group, "--max-messages", "1000"];
    const server = ["--bootstrap-server", on.bootstrap];
    const output = await runAlone("kafka-verifiable-consumer", [...server, ...args]);
    const events = output.trim().split("\n").map((line) => JSON.parse(line));
    const consumed = events.filter((event) => event.name === "records_consumed");
    assert.equal(consumed.reduce((sum, event) => sum + event.count, 0), 1000);
    const commits = events.filter((event) => event.name === "offsets_committed");
    assert.ok(commits.every((event) => event.success === true), output);
    assert.equal(commits.at(-1)?.offsets[0].offset, 1000);
  }],
  ["kafka-client-metrics sets, lists, describes and deletes a subscription", async (on) => {
    const name = uniqueTopic("metrics");
    const set = ["--metrics", "org.apache.kafka.producer.", "--interval", "30000"];
    await on.ask("kafka-client-metrics", ["--alter", "--name", name, ...set]);
    await on.askUntil(new RegExp(name), "kafka-client-metrics", ["--list"]);
    const described = await on.ask("kafka-client-metrics", ["--describe", "--name", name]);
    assert.match(described, /interval\.ms=30000/);
    assert.match(described, /metrics=org\.apache\.kafka\.producer\./);
    await on.ask("kafka-client-metrics", ["--delete", "--name", name]);
    await eventually("the subscription to be gone", async () => {
      const listed = await on.ask("kafka-client-metrics", ["--list"]);
      return listed.includes(name) ? undefined : true;
    });
  }],
  ["kafka-producer-perf-test gets its records through", async (on) => {
    const topic = await on.topic("perf");
    const size = ["--num-records", "20000", "--record-size", "100", "--throughput", "-1"];
    const output = await on.ask("kafka-producer-perf-test", ["--topic", topic, ...size]);
    assert.match(output, /20000 records sent/);
    assert.match(await on.ask("kafka-get-offsets", ["--topic", topic]), /:0:20000/);
  }],
  ["kafka-get-offsets finds the ends, the start and a time", async (on) => {
    const topic = await on.topic("offsets", ["--partitions", "2"]);
    await on.produce(topic, 100);
    const ends = await on.ask("kafka-get-offsets", ["--topic", topic]);
    const counts = [...ends.matchAll(/:(\d+):(\d+)/g)].map((match) => Number(match[2]));
    assert.equal(counts.length, 2);
    assert.equal(counts.reduce((sum, count) => sum + count, 0), 100);
    for (const time of ["earliest", "-2"]) {
      const starts = await on.ask("kafka-get-offsets", ["--topic", topic, "--time", time]);
      assert.deepEqual(starts.trim().split("\n"), [`${topic}:0:0`, `${topic}:1:0`]);
    }
    const largest = await on.ask("kafka-get-offsets", ["--topic", topic, "--time", "-3"]);
    assert.match(largest, new RegExp(`${topic}:[01]:\\d+`));
  }],
  ["kafka-delete-records moves the start", async (on) => {
    const topic = await on.topic("delete-records");
    await on.produce(topic, 50);
    const path = await Deno.makeTempFile({ suffix: ".json" });
    const partitions = [{ topic, partition: 0, offset: 20 }];
    await Deno.writeTextFile(path, JSON.stringify({ partitions, version: 1 }));
    const output = await on.ask("kafka-delete-records", ["--offset-json-file", path]);
    await Deno.remove(path);
    assert.match(output, /low_watermark: 20/);
    const starts = await on.ask("kafka-get-offsets", ["--topic", topic, "--time", "earliest"]);
    assert.equal(starts.trim(), `${topic}:0:20`);
  }],
];

const CLUSTER: readonly Behaviour[] = [
  ["kafka-cluster names the cluster and its endpoints", async (on) => {
    const id = await on.tools.mustRun("kafka-cluster", [
      ...["cluster-id", "--bootstrap-server", on.bootstrap],
    ]);
    assert.match(id, /Cluster ID: [\w-]{16,}/);
    const endpoints = await on.tools.mustRun("kafka-cluster", [
      ...["list-endpoints", "--bootstrap-server", on.bootstrap],
    ]);
    assert.match(endpoints, new RegExp(on.bootstrap.split(":")[1] ?? ""));
  }],
  ["kafka-broker-api-versions lists what is served", async (on) => {
    const output = await on.ask("kafka-broker-api-versions", []);
    assert.match(output, new RegExp(`^${on.bootstrap} `));
    for (const api of ["Produce(0)", "Fetch(1)", "ListOffsets(2)", "Metadata(3)"]) {
      assert.ok(output.includes(`${api}: `), api);
    }
    assert.doesNotMatch(output, /Produce\(0\): UNSUPPORTED/);
  }],
  ["kafka-log-dirs finds a topic", async (on) => {
    const topic = await on.topic("log-dirs");
    await on.produce(topic, 10);
    const output = await on.ask("kafka-log-dirs", ["--describe", "--topic-list", topic]);
    const report = JSON.parse(/\{.*"brokers".*\}/.exec(output)?.[0] ?? output);
    const directory = report.brokers[0].logDirs[0];
    assert.equal(directory.error, null);
    assert.equal(directory.partitions[0].partition, `${topic}-0`);
    assert.ok(directory.partitions[0].size > 100);
  }],
  ["kafka-metadata-quorum describes status and replication", async (on) => {
    const status = await on.ask("kafka-metadata-quorum", ["describe", "--status"]);
    assert.match(status, /LeaderId: +\d+/);
    assert.match(status, /ClusterId: +[\w-]+/);
    const replication = await on.ask("kafka-metadata-quorum", ["describe", "--replication"]);
    assert.match(replication, /Leader/);
  }],
  ["kafka-features describes", async (on) => {
    await on.ask("kafka-features", ["describe"]);
  }],
  ["kafka-leader-election finds nothing to do", async (on) => {
    const topic = await on.topic("election");
    const scope = ["--topic", topic, "--partition", "0", "--election-type", "preferred"];
    const output = await on.ask("kafka-leader-election", scope);
    assert.match(output, /Valid replica already elected/);
  }],
  ["kafka-reassign-partitions finds nothing going on", async (on) => {
    const output = await on.ask("kafka-reassign-partitions", ["--list"]);
    assert.match(output, /No partition reassignments found/);
  }],
  ["kafka-acls is told that there is no authorizer", async (on) => {
    assert.match(await on.refuse("kafka-acls", ["--list"]), /SecurityDisabled/);
  }],
  ["kafka-transactions describes producers", async (on) => {
    const topic = await on.topic("producers");
    await on.ask("kafka-console-producer", ["--topic", topic], "x\n");
    const scope = ["describe-producers", "--topic", topic, "--partition", "0"];
    const output = await on.ask("kafka-transactions", scope);
    assert.match(output, /ProducerId/);
    assert.equal(output.trim().split("\n").length, 2, output);
  }],
];

Deno.test("Kafka's command-line tools work as with Kafka", async (t) => {
  await clientTools();
  await withBroker(async (broker) => {
    const tools = await KafkaTools.start();
    const on = new Bench(tools, broker.bootstrap);
    for (const [name, check] of [...TOPICS, ...CONFIGS, ...RECORDS, ...CLUSTER]) {
      await t.step(name, () => check(on));
    }
    await tools.stop();
  });
});
