/** kafka-consumer-groups of Apache Kafka 4.2.1: list, describe, reset offsets, delete. */
import assert from "node:assert/strict";
import kafkajs, { type Admin } from "kafkajs";
import { withBroker } from "../support/broker.ts";
import { KafkaTools } from "../support/kafka_tools.ts";
import { eventually } from "../support/process.ts";
import { uniqueTopic } from "../support/records.ts";
import { startKafkaJs } from "./members.ts";

const RECORDS = 30;
const PARTITIONS = 3;

/** A group that has read a topic of 30 records and is empty since, unless `live`. */
interface Scene {
  readonly tool: (...args: string[]) => Promise<string>;
  readonly refused: (...args: string[]) => Promise<string>;
  readonly admin: Admin;
  readonly bootstrap: string;
  readonly topic: string;
  readonly group: string;
}

type Behaviour = readonly [name: string, check: (scene: Scene) => Promise<void>];

/** Rows of the tool's table whose first columns are the group and the topic. */
function rows(output: string, { group, topic }: Scene): string[][] {
  return output.split("\n").map((line) => line.trim().split(/\s+/))
    .filter(([first, second]) => first === group && second === topic);
}

/** The offsets that a reset says it has set. */
function newOffsets(output: string, scene: Scene): number[] {
  return rows(output, scene).map((columns) => Number(columns[3])).sort((a, b) => a - b);
}

async function reset(scene: Scene, ...how: string[]): Promise<number[]> {
  const { group, topic } = scene;
  const output = await scene.tool(
    ...["--reset-offsets", "--group", group, "--topic", topic, "--execute"],
    ...how,
  );
  return newOffsets(output, scene);
}

const EMPTY_GROUP: readonly Behaviour[] = [
  ["lists groups by state and type", async ({ tool, group }) => {
    assert.ok((await tool("--list")).split("\n").includes(group));
    assert.match(await tool("--list", "--state", "Empty"), new RegExp(`${group}\\s+Empty`));
    assert.ok(!(await tool("--list", "--state", "Stable")).includes(group));
    assert.match(await tool("--list", "--type", "classic"), new RegExp(`${group}\\s+Classic`));
    assert.ok(!(await tool("--list", "--type", "share")).includes(group));
  }],
  ["describes an empty group with its offsets and lag", async (scene) => {
    const output = await scene.tool("--describe", "--group", scene.group);
    const found = rows(output, scene).map((columns) => columns.slice(2, 6));
    assert.deepEqual(found.sort(), [
      ["0", "10", "10", "0"],
      ["1", "10", "10", "0"],
      ["2", "10", "10", "0"],
    ]);
    const state = await scene.tool("--describe", "--group", scene.group, "--state");
    assert.match(state, /Empty\s+0/);
  }],
  ["resets offsets by every method", async (scene) => {
    assert.deepEqual(await reset(scene, "--to-earliest"), [0, 0, 0]);
    assert.deepEqual(await reset(scene, "--to-latest"), [10, 10, 10]);
    assert.deepEqual(await reset(scene, "--to-offset", "4"), [4, 4, 4]);
    assert.deepEqual(await reset(scene, "--shift-by", "-1"), [3, 3, 3]);
    assert.deepEqual(await reset(scene, "--shift-by", "2"), [5, 5, 5]);
    assert.deepEqual(await reset(scene, "--to-current"), [5, 5, 5]);
    assert.deepEqual(await reset(scene, "--to-datetime", "2020-01-01T00:00:00.000"), [0, 0, 0]);
    assert.deepEqual(await reset(scene, "--by-duration", "P1D"), [0, 0, 0]);
    const lag = await scene.tool("--describe", "--group", scene.group);
    assert.deepEqual(rows(lag, scene).map((columns) => columns[5]), ["10", "10", "10"]);
  }],
  ["resets offsets from a file", async (scene) => {
    const file = await Deno.makeTempFile({ prefix: "jocko-offsets-" });
    try {
      await Deno.writeTextFile(file, `${scene.topic},0,7\n${scene.topic},1,8\n`);
      const output = await scene.tool(
        ...["--reset-offsets", "--group", scene.group, "--execute", "--from-file", file],
      );
      assert.deepEqual(newOffsets(output, scene), [7, 8]);
    } finally {
      await Deno.remove(file);
    }
  }],
  ["deletes offsets, then the group", async (scene) => {
    const { tool, group, topic, admin } = scene;
    await tool("--delete-offsets", "--group", group, "--topic", `${topic}:0`);
    const described = rows(await tool("--describe", "--group", group), scene);
    assert.deepEqual(described.map((columns) => columns[2]).sort(), ["1", "2"]);
    await tool("--delete", "--group", group);
    assert.ok(!(await admin.listGroups()).groups.some(({ groupId }) => groupId === group));
  }],
  ["says so when a group does not exist", async ({ refused }) => {
    assert.match(await refused("--describe", "--group", "nobody"), /not found|does not exist/);
    assert.match(await refused("--delete", "--group", "nobody"), /GroupIdNotFound|not exist/i);
  }],
];

const LIVE_GROUP: readonly Behaviour[] = [
  ["describes members and their assignments", async (scene) => {
    const { tool, group } = scene;
    const members = await tool("--describe", "--group", group, "--members", "--verbose");
    assert.match(members, new RegExp(`${group}\\s.*\\s/127\\.0\\.0\\.1\\s.*\\s${PARTITIONS}`));
    assert.match(await tool("--describe", "--group", group, "--state"), /Stable\s+1/);
    const offsets = await tool("--describe", "--group", group);
    assert.match(offsets, /\/127\.0\.0\.1/);
  }],
  ["refuses to reset or delete a group with members", async ({ refused, group, topic }) => {
    const args = ["--reset-offsets", "--group", group, "--topic", topic, "--to-earliest"];
    assert.match(await refused(...args, "--execute"), /inactive|Stable/);
    assert.match(await refused("--delete", "--group", group), /GroupNotEmpty|not empty/i);
    assert.match(
      await refused("--delete-offsets", "--group", group, "--topic", topic),
      /subscribed|GroupSubscribedToTopic/i,
    );
  }],
];

async function makeGroup(bootstrap: string, admin: Admin): Promise<[string, string]> {
  const { Kafka, logLevel, Partitioners } = kafkajs;
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const topic = uniqueTopic("tool");
  await admin.createTopics({
    topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }],
  });
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const messages = Array.from(
    { length: RECORDS },
    (_, i) => ({ value: `${i}`, partition: i % PARTITIONS }),
  );
  await producer.send({ topic, messages });
  await producer.disconnect();
  return [topic, uniqueTopic("group")];
}

Deno.test("kafka-consumer-groups works with the broker", async (t) => {
  await withBroker(async (broker) => {
    const { bootstrap } = broker;
    const { Kafka, logLevel } = kafkajs;
    const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const tools = await KafkaTools.start();
    try {
      const [topic, group] = await makeGroup(bootstrap, admin);
      let count = 0;
      const onValue = () => count++;
      const member = await startKafkaJs({ bootstrap, groupId: group, topic, onValue });
      try {
        await eventually("the group has read all", () => {
          return Promise.resolve(count >= RECORDS ? true : undefined);
        });
        const run = (args: string[]) =>
          tools.run("kafka-consumer-groups", ["--bootstrap-server", bootstrap, ...args]);
        const scene: Scene = {
          tool: async (...args) => {
            const { stdout, stderr } = await run(args);
            assert.doesNotMatch(stdout + stderr, /Exception|Error:/, args.join(" "));
            return stdout;
          },
          refused: async (...args) => {
            const { stdout, stderr } = await run(args);
            return stdout + stderr;
          },
          admin,
          bootstrap,
          topic,
          group,
        };
        for (const [name, check] of LIVE_GROUP) await t.step(name, () => check(scene));
        await member.leave();
        for (const [name, check] of EMPTY_GROUP) await t.step(name, () => check(scene));
      } finally {
        await member.leave();
      }
    } finally {
      await tools.stop();
      await admin.disconnect();
    }
  });
});
