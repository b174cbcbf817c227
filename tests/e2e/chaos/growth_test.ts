/**
 * One broker becomes three and then five, each is restarted in turn, and two leave for good, among
 * them the first one, as an operator would do it; librdkafka, KafkaJS and Java are at work all along.
 */
import assert from "node:assert/strict";
import type { Admin } from "kafkajs";
import { clientTools } from "../../../scripts/client_tools.ts";
import { javaCommand } from "../../clients/support/java.ts";
import { eventually, runProcess } from "../../clients/support/process.ts";
import { freePorts } from "../cluster_processes.ts";
import { type ChaosBrokers, jocko, withBrokers } from "./brokers.ts";
import { withAdmin } from "./kafkajs_clients.ts";
import { TOPICS, underLoad } from "./load.ts";

const INTERNAL = ["__consumer_offsets", "__transaction_state"];
/** Made with one replica because somebody said so: it must stay that way. */
const CHOSEN = "of-one-replica";
const COPY_TIMEOUT_MS = 90_000;
const SETTINGS = [
  ...["--set", "group.initial.rebalance.delay.ms=0"],
  // Fewer than the defaults of 50, each with three replicas and all of them moved twice.
  ...["--set", "offsets.topic.num.partitions=10"],
  ...["--set", "transaction.state.log.num.partitions=10"],
];

interface Placement {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
}

/** Five places, of which the first joins nobody when the others are not there yet. */
function addPlaces(brokers: ChaosBrokers): void {
  const ports = freePorts(10);
  for (let index = 0; index < 5; index++) {
    const joins = ports.slice(5).filter((_, other) => other !== index);
    brokers.add({
      listen: `127.0.0.1:${ports[index]}`,
      clusterListen: `127.0.0.1:${ports[5 + index]}`,
      prefix: [],
      // The first one stands alone; who joins later names all, for the first one leaves.
      args: [
        ...SETTINGS,
        ...index === 0 ? [] : joins.flatMap((port) => ["--join", `127.0.0.1:${port}`]),
      ],
    });
  }
}

/** Of every topic that is there; internal ones come with the first use. */
async function placements(admin: Admin): Promise<Placement[]> {
  const { topics } = await admin.fetchTopicMetadata();
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionId, replicas, isr }) => ({
      topic: name,
      partition: partitionId,
      replicas,
      isr,
    }))
  );
}

function allTopics(): string[] {
  return [...Object.values(TOPICS), ...INTERNAL];
}

/** Waits until every replica is in sync, `factor` of them where nobody chose a number. */
async function whole(admin: Admin, factor: number): Promise<void> {
  await eventually(`all partitions to have ${factor} replicas in sync`, async () => {
    const all = await placements(admin);
    const isWhole = INTERNAL.every((name) => all.some(({ topic }) => topic === name)) &&
      all.every(({ topic, replicas, isr }) =>
        replicas.length === (topic === CHOSEN ? 1 : factor) && isr.length === replicas.length
      );
    return isWhole ? true : undefined;
  }, COPY_TIMEOUT_MS);
}

/** Moves all replicas to these brokers, evenly, and waits until that is done. */
async function spread(admin: Admin, brokerIds: readonly number[]): Promise<void> {
  const all = await placements(admin);
  const target = ({ topic, partition }: Placement) =>
    Array.from(
      { length: topic === CHOSEN ? 1 : 3 },
      (_, index) => brokerIds[(partition + index) % brokerIds.length]!,
    );
  const topics = [...allTopics(), CHOSEN].map((topic) => ({
    topic,
    partitionAssignment: all.filter((placement) => placement.topic === topic)
      .map((placement) => ({ partition: placement.partition, replicas: target(placement) })),
  }));
  await admin.alterPartitionReassignments({ topics });
  await eventually("all replicas to have moved", async () => {
    const now = await placements(admin);
    const isMoved = now.every((placement) => {
      const wanted = target(placement).toSorted();
      return String(placement.replicas.toSorted()) === String(wanted) &&
        String(placement.isr.toSorted()) === String(wanted);
    });
    return isMoved ? true : undefined;
  }, COPY_TIMEOUT_MS);
}

/** Broker ids by place. */
async function brokerIds(admin: Admin, brokers: ChaosBrokers): Promise<Map<number, number>> {
  const { brokers: nodes } = await admin.describeCluster();
  const ids = new Map<number, number>();
  for (const index of brokers.running) {
    const { listen } = brokers.place(index);
    const node = nodes.find(({ host, port }) => `${host}:${port}` === listen);
    if (node !== undefined) ids.set(index, node.nodeId);
  }
  return ids;
}

/** The ids of those who vote on metadata. */
async function voters(bootstrap: string): Promise<number[]> {
  const { stdout } = await cli("cluster", "quorum", "-o", "json", "--brokers", bootstrap);
  const quorum = JSON.parse(stdout) as { replicas: { id: number; role: string }[] };
  return quorum.replicas.filter(({ role }) => role !== "observer").map(({ id }) => id).toSorted();
}

async function votersBecome(bootstrap: string, wanted: readonly number[]): Promise<void> {
  await eventually(`the voters to be ${wanted}`, async () => {
    return String(await voters(bootstrap)) === String(wanted.toSorted()) ? true : undefined;
  }, COPY_TIMEOUT_MS);
}

async function cli(...args: readonly string[]): Promise<{ stdout: string }> {
  const [program, ...rest] = jocko(...args);
  const { code, stdout, stderr } = await runProcess(program!, rest);
  assert.equal(code, 0, `${args.join(" ")}: ${stderr}`);
  return { stdout: new TextDecoder().decode(stdout) };
}

async function unregister(bootstrap: string, id: number): Promise<void> {
  const { program, args } = await javaCommand("org.apache.kafka.tools.ClusterTool", [
    ...["unregister", "--bootstrap-server", bootstrap, "--id", String(id)],
  ]);
  const { code, stdout, stderr } = await runProcess(program, args, { timeoutMs: 60_000 });
  assert.equal(code, 0, `${new TextDecoder().decode(stdout)}${stderr}`);
}

async function begin(brokers: ChaosBrokers): Promise<void> {
  addPlaces(brokers);
  brokers.start(0);
  await brokers.ready(0);
  await withAdmin(brokers.bootstrap, async (admin) => {
    const topics = Object.values(TOPICS).map((topic) => ({ topic, numPartitions: 3 }));
    await admin.createTopics({ topics, waitForLeaders: true });
    await admin.createTopics({ topics: [{ topic: CHOSEN, replicationFactor: 1 }] });
  });
}

async function growToThree(brokers: ChaosBrokers, admin: Admin): Promise<void> {
  for (const index of [1, 2]) brokers.start(index);
  await brokers.ready(1, 2);
  await whole(admin, 3);
  const ids = [...(await brokerIds(admin, brokers)).values()];
  await votersBecome(brokers.bootstrap, ids);
  for (const topic of Object.values(TOPICS)) {
    const change = [`topic/${topic}`, "min.insync.replicas=2"];
    await cli("config", "set", ...change, "--brokers", brokers.bootstrap);
  }
}

async function growToFive(brokers: ChaosBrokers, admin: Admin): Promise<void> {
  for (const index of [3, 4]) brokers.start(index);
  await brokers.ready(3, 4);
  const ids = [...(await brokerIds(admin, brokers)).values()];
  assert.equal(ids.length, 5);
  await votersBecome(brokers.bootstrap, ids);
  await spread(admin, ids);
}

async function restartEach(brokers: ChaosBrokers, admin: Admin): Promise<void> {
  for (const index of brokers.running.toSorted()) {
    assert.equal(await brokers.stop(index), 0, `broker ${index} stops in good order`);
    brokers.start(index);
    await brokers.ready(index);
    await whole(admin, 3);
  }
}

/** Takes brokers out for good: their replicas move away, they stop, and are forgotten. */
async function shrink(brokers: ChaosBrokers, admin: Admin, leaving: number[]): Promise<void> {
  const ids = await brokerIds(admin, brokers);
  const rest = [...ids].filter(([index]) => !leaving.includes(index)).map(([, id]) => id);
  await spread(admin, rest);
  for (const index of leaving) {
    assert.equal(await brokers.stop(index), 0);
    await unregister(brokers.bootstrap, ids.get(index)!);
  }
  await votersBecome(brokers.bootstrap, rest);
  const { brokers: left } = await admin.describeCluster();
  assert.deepEqual(left.map(({ nodeId }) => nodeId).toSorted(), rest.toSorted());
}

Deno.test("one broker grows to three and five and shrinks to three, with a rolling restart, under load", async () => {
  await clientTools();
  await withBrokers(0, async (brokers) => {
    await begin(brokers);
    await underLoad({ bootstrap: brokers.bootstrap, prefix: [] }, true, async () => {
      await withAdmin(brokers.bootstrap, async (admin) => {
        await growToThree(brokers, admin);
        await growToFive(brokers, admin);
        await restartEach(brokers, admin);
        await shrink(brokers, admin, [0, 3]);
        await whole(admin, 3);
      });
    });
    for (const index of [1, 2, 4]) assert.equal(await brokers.stop(index), 0);
  });
});
