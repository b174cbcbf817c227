/**
 * Consumer groups of every client: members join, leave, crash and return while records are
 * produced, the broker is killed and started again, and every record is read.
 * `GROUP_CLIENTS=text` runs the clients whose name contains the text.
 */
import assert from "node:assert/strict";
import kafkajs, { type Admin, type Kafka, type Producer } from "kafkajs";
import { type BrokerUnderTest, restart, withBroker } from "../support/broker.ts";
import { eventually } from "../support/process.ts";
import { uniqueTopic } from "../support/records.ts";
import {
  type GroupMember,
  startJava,
  startKafkaJs,
  startKcat,
  type StartMember,
  startPlatformatic,
} from "./members.ts";

const PARTITIONS = 6;
const BATCH = 1200;
const TIMEOUT_MS = 60_000;

/** A topic that grows, a group that reads it, and a look at both. */
class Scene {
  readonly seen = new Set<string>();
  readonly topic = uniqueTopic("grouped");
  readonly groupId = uniqueTopic("group");
  readonly #members: GroupMember[] = [];
  #sentCount = 0;

  private constructor(
    readonly broker: BrokerUnderTest,
    readonly admin: Admin,
    private readonly producer: Producer,
  ) {}

  static async with(broker: BrokerUnderTest, body: (scene: Scene) => Promise<void>): Promise<void> {
    const kafka = newKafka(broker);
    const admin = kafka.admin();
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await Promise.all([admin.connect(), producer.connect()]);
    const scene = new Scene(broker, admin, producer);
    try {
      await admin.createTopics({
        topics: [{ topic: scene.topic, numPartitions: PARTITIONS, replicationFactor: 1 }],
      });
      await body(scene);
    } finally {
      await Promise.allSettled(scene.#members.map((member) => member.leave()));
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    }
  }

  async send(count = BATCH): Promise<void> {
    const from = this.#sentCount;
    this.#sentCount += count;
    await this.producer.send({
      topic: this.topic,
      acks: -1,
      messages: Array.from({ length: count }, (_, i) => ({
        value: `${from + i}`,
        partition: (from + i) % PARTITIONS,
      })),
    });
  }

  async join(start: StartMember): Promise<GroupMember> {
    const { broker, groupId, topic, seen } = this;
    const onValue = (value: string) => seen.add(value);
    const member = await start({ bootstrap: broker.bootstrap, groupId, topic, onValue });
    this.#members.push(member);
    return member;
  }

  async end(member: GroupMember, how: "leave" | "crash"): Promise<void> {
    this.#members.splice(this.#members.indexOf(member), 1);
    await member[how]();
  }

  /** Waits until every record that was sent has been read by somebody. */
  async readAll(): Promise<void> {
    await eventually("every record is read", () => {
      return Promise.resolve(this.seen.size === this.#sentCount ? true : undefined);
    }, TIMEOUT_MS);
  }

  /** Waits until the group is stable with so many members. */
  async stableWith(memberCount: number): Promise<void> {
    await eventually(`the group is stable with ${memberCount} members`, async () => {
      const { groups } = await this.admin.describeGroups([this.groupId]);
      const group = groups[0];
      return group?.state === "Stable" && group.members.length === memberCount ? true : undefined;
    }, TIMEOUT_MS);
  }

  /** Committed offsets by partition. */
  async committed(): Promise<Map<number, number>> {
    const topics = [this.topic];
    const [found] = await this.admin.fetchOffsets({ groupId: this.groupId, topics });
    return new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]));
  }

  /** Waits until what is committed is all that was sent. */
  async allCommitted(): Promise<void> {
    await eventually("everything is committed", async () => {
      const committed = await this.committed();
      const sum = [...committed.values()].reduce((total, offset) => total + offset, 0);
      return sum === this.#sentCount ? true : undefined;
    }, TIMEOUT_MS);
  }
}

function newKafka(broker: BrokerUnderTest): Kafka {
  const { Kafka, logLevel } = kafkajs;
  return new Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
}

type ClientMembers = readonly [name: string, starts: readonly StartMember[]];

const ALL_CLIENTS: readonly ClientMembers[] = [
  ["KafkaJS", [startKafkaJs, startKafkaJs, startKafkaJs]],
  ["@platformatic/kafka", [startPlatformatic, startPlatformatic, startPlatformatic]],
  ["kcat", [startKcat, startKcat, startKcat]],
  ["Java", [startJava, startJava, startJava]],
  ["kcat and Java together", [startKcat, startJava, startKcat]],
];
const FILTER = Deno.env.get("GROUP_CLIENTS") ?? "";
const CLIENTS = ALL_CLIENTS.filter(([name]) => name.includes(FILTER));

Deno.test("groups share a topic", async (t) => {
  await withBroker(async (broker) => {
    for (const [name, [first, second, third]] of CLIENTS) {
      await t.step(
        `members of ${name} join, leave, crash and return`,
        () =>
          Scene.with(broker, async (scene) => {
            await scene.send();
            const a = await scene.join(first!);
            await scene.stableWith(1);
            const b = await scene.join(second!);
            await scene.send();
            await scene.stableWith(2);
            await scene.join(third!);
            await scene.stableWith(3);
            await scene.send();
            await scene.readAll();
            await scene.end(a, "leave");
            await scene.send();
            await scene.stableWith(2);
            await scene.end(b, "crash");
            await scene.send();
            await scene.readAll();
            await scene.join(second!);
            await scene.stableWith(2);
            await scene.send();
            await scene.readAll();
            await scene.allCommitted();
          }),
      );
    }
  });
});

Deno.test("groups outlive a crash of the broker", async (t) => {
  await withBroker(async (broker) => {
    for (const [name, [first, second]] of CLIENTS) {
      await t.step(
        `members of ${name} go on, and no commit is lost`,
        () =>
          Scene.with(broker, async (scene) => {
            await scene.send();
            await scene.join(first!);
            await scene.join(second!);
            await scene.readAll();
            await scene.allCommitted();
            await scene.stableWith(2);
            const before = await scene.committed();
            await restart(broker, "SIGKILL");
            const after = await eventually(
              "the offsets can be read",
              () => scene.committed().catch(() => undefined),
            );
            assert.deepEqual(after, before);
            await scene.send();
            await scene.readAll();
            await scene.allCommitted();
          }),
      );
    }
  });
});
