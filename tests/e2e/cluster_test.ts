/** How brokers come to be a cluster: formed by three, grown from one, and who is kept out. */
import assert from "node:assert/strict";
import { join } from "std/path";
import { type Admin, Kafka, logLevel } from "kafkajs";
import { Kcat, valuesOf } from "../clients/support/kcat.ts";
import { eventually } from "../clients/support/process.ts";
import { ClusterProcesses, freePorts, startBroker, withThreeBrokers } from "./cluster_processes.ts";
import type { JockoEnd, JockoProcess } from "./jocko_process.ts";

const LINES = Array.from({ length: 300 }, (_, index) => `line ${index}`);

async function withAdmin<T>(brokers: string, use: (admin: Admin) => Promise<T>): Promise<T> {
  const kafka = new Kafka({ brokers: brokers.split(","), logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

async function createTopic(brokers: string, topic: string, replicationFactor: number) {
  await withAdmin(brokers, (admin) =>
    admin.createTopics({
      topics: [{ topic, numPartitions: 3, replicationFactor }],
      waitForLeaders: true,
    }));
}

/** Replicas and in-sync replicas of every partition. */
async function replicasOf(brokers: string, topic: string) {
  const { topics } = await withAdmin(
    brokers,
    (admin) => admin.fetchTopicMetadata({ topics: [topic] }),
  );
  return topics[0]!.partitions.map(({ replicas, isr }) => ({ replicas, isr }));
}

/** Values of a topic in the order of their text. */
async function sortedValues(bootstrap: string, topic: string): Promise<string[]> {
  const collate = (a: string, b: string) => Number(a.slice(5)) - Number(b.slice(5));
  return valuesOf(await new Kcat(bootstrap).consume(topic)).sort(collate);
}

/** How a broker ends that is not to run, with what it said. */
async function refusal(process: JockoProcess): Promise<JockoEnd & { readonly text: string }> {
  try {
    const end = await process.end();
    return { ...end, text: end.errors.join("\n") };
  } finally {
    await process.kill();
  }
}

Deno.test("three commands form a cluster of three, any of which creates topics and serves them", async () => {
  await withThreeBrokers(async (cluster) => {
    const description = await withAdmin(
      cluster.places[2]!.listen,
      (admin) => admin.describeCluster(),
    );
    assert.deepEqual(description.brokers.map(({ nodeId }) => nodeId).sort(), [1, 2, 3]);
    for (const [index, { listen }] of cluster.places.entries()) {
      const topic = `by-${index}`;
      await createTopic(listen, topic, 3);
      for (const { replicas, isr } of await replicasOf(listen, topic)) {
        assert.deepEqual([replicas.length, isr.length], [3, 3]);
      }
      await new Kcat(listen).produce(topic, LINES.join("\n"), ["-X", "acks=all"]);
    }
    for (const { listen } of cluster.places) {
      assert.deepEqual(await sortedValues(listen, "by-0"), LINES);
    }
    for (const index of [2, 1, 0]) assert.equal(await cluster.stop(index), 0);
  });
});

Deno.test("a single broker with its data and groups grows to three on one address, and outlives its first broker", async () => {
  const cluster = await ClusterProcesses.prepare(3);
  try {
    const first = cluster.places[0]!;
    const alone = startBroker(
      cluster.directory,
      ...["--data-dir", first.dataDir, "--listen", first.listen],
    );
    await alone.address();
    await new Kcat(first.listen).produce("old", LINES.join("\n"));
    await withAdmin(first.listen, (admin) =>
      admin.setOffsets({
        groupId: "readers",
        topic: "old",
        partitions: [{ partition: 0, offset: "123" }],
      }));
    alone.signal("SIGTERM");
    assert.equal((await alone.end()).code, 0);

    cluster.start(0);
    await cluster.ready(0);
    cluster.start(1, ...cluster.joins(0));
    cluster.start(2, ...cluster.joins(0));
    await cluster.ready(1, 2);
    for (const topic of ["old", "__consumer_offsets"]) {
      await eventually(`${topic} to have three replicas in sync`, async () => {
        const partitions = await replicasOf(cluster.bootstrap, topic);
        return partitions.every(({ isr }) => isr.length === 3) ? true : undefined;
      });
    }
    await eventually("all three to vote in the metadata quorum", () => {
      const promoted = cluster.process(0).errors.match(/broker votes in the quorum/g) ?? [];
      return Promise.resolve(promoted.length === 2 ? true : undefined);
    });
    await cluster.kill(0);
    assert.deepEqual(await sortedValues(cluster.places[1]!.listen, "old"), LINES);
    const [group] = await withAdmin(
      cluster.places[2]!.listen,
      (admin) => admin.fetchOffsets({ groupId: "readers", topics: ["old"] }),
    );
    assert.equal(group?.partitions[0]?.offset, "123");
  } finally {
    await cluster.end();
  }
});

Deno.test("a broker with the wrong cluster key finds nobody, and nobody obeys it", async () => {
  const cluster = await ClusterProcesses.prepare(2);
  try {
    const keys = [1, 2].map((seed) => new Uint8Array(32).fill(seed).toBase64());
    const files = keys.map((_, index) => join(cluster.directory, `key-${index}`));
    for (const [index, file] of files.entries()) await Deno.writeTextFile(file, keys[index]!);
    cluster.start(0, "--cluster-key", files[0]!);
    await cluster.ready(0);
    const stranger = cluster.start(1, "--cluster-key", files[1]!, ...cluster.joins(0));
    await eventually("the stranger to be told that it is not let in", () => {
      return Promise.resolve(/member can't be reached/.test(stranger.errors) ? true : undefined);
    });
    const { brokers } = await withAdmin(
      cluster.places[0]!.listen,
      (admin) => admin.describeCluster(),
    );
    assert.equal(brokers.length, 1);
    assert.equal(await cluster.stop(1), 0, "a broker that waits for its cluster can be stopped");

    const friend = cluster.start(1, "--cluster-key", files[0]!, ...cluster.joins(0));
    await friend.address();
  } finally {
    await cluster.end();
  }
});

Deno.test("a broker without a key does not listen for the cluster on an outside address", async () => {
  const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "jocko-cluster-" }));
  try {
    const outside = Deno.networkInterfaces()
      .find(({ family, address }) => family === "IPv4" && !address.startsWith("127."));
    const host = outside?.address ?? "192.0.2.1";
    const end = await refusal(
      startBroker(directory, "--listen", "127.0.0.1:0", "--cluster-listen", `${host}:9093`),
    );
    assert.equal(end.code, 2);
    assert.match(end.text, /without a cluster key.*loopback addresses only/s);
    assert.deepEqual([...Deno.readDirSync(directory)], [], "nothing was made");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a broker whose id is taken, or whose data are another cluster's, does not start", async () => {
  const cluster = await ClusterProcesses.prepare(3);
  try {
    cluster.start(0, "--set", "node.id=5");
    cluster.start(1, "--set", "node.id=5");
    await cluster.ready(0, 1);
    assert.equal(await cluster.stop(1), 0);

    const twin = await refusal(cluster.start(2, "--set", "node.id=5", ...cluster.joins(0)));
    assert.equal(twin.code, 1);
    assert.match(twin.text, /broker 5 is part of the cluster already; choose another node.id/);

    const foreign = await refusal(cluster.start(1, ...cluster.joins(0)));
    assert.equal(foreign.code, 1);
    assert.match(
      foreign.text,
      /the data directory belongs to cluster \S+, and the brokers to join/,
    );
  } finally {
    await cluster.end();
  }
});

Deno.test("a broker that waits for others says so, and stops when it is asked to", async () => {
  const cluster = await ClusterProcesses.prepare(1);
  try {
    const [nobody] = freePorts(1);
    const waiting = cluster.start(0, "--expect", "3", "--join", `127.0.0.1:${nobody}`);
    await eventually("it to look for others", () => {
      return Promise.resolve(/member can't be reached/.test(waiting.errors) ? true : undefined);
    });
    assert.equal(await cluster.stop(0), 0);
  } finally {
    await cluster.end();
  }
});
