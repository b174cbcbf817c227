/**
 * Three brokers under load while one after another is killed, or restarted. Nothing that was
 * acknowledged may be missing, out of order, or there twice; no committed offset may go back, and
 * transactions are all or nothing.
 */
import assert from "node:assert/strict";
import { Kafka, logLevel } from "kafkajs";
import { clientTools } from "../../scripts/client_tools.ts";
import { Kcat, valuesOf } from "../clients/support/kcat.ts";
import { eventually } from "../clients/support/process.ts";
import { type ClusterProcesses, withThreeBrokers } from "./cluster_processes.ts";

const TOPIC = "load";
const LINES_PER_SECOND = 500;

function client(bootstrap: string): Kafka {
  return new Kafka({
    brokers: bootstrap.split(","),
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 60 },
  });
}

async function createTopic(bootstrap: string): Promise<void> {
  const admin = client(bootstrap).admin();
  await admin.connect();
  const configEntries = [{ name: "min.insync.replicas", value: "2" }];
  await admin.createTopics({
    topics: [{ topic: TOPIC, numPartitions: 1, replicationFactor: 3, configEntries }],
  });
  await admin.disconnect();
}

/** kcat as an idempotent producer that sends numbered lines at an even rate. */
class Load {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #feeding: Promise<void>;
  #isFeeding = true;
  #count = 0;

  constructor(kcat: string, bootstrap: string) {
    const settings = ["acks=all", "enable.idempotence=true", "message.timeout.ms=60000"]
      .flatMap((setting) => ["-X", setting]);
    this.#child = new Deno.Command(kcat, {
      // With -E kcat goes on when no broker can be reached for a moment.
      args: ["-P", "-E", "-b", bootstrap, "-t", TOPIC, "-p", "0", "-X", "linger.ms=1", ...settings],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#feeding = this.#feed();
  }

  /** Lets what is under way be acknowledged; @returns how many lines were sent */
  async end(): Promise<number> {
    this.#isFeeding = false;
    await this.#feeding;
    await this.#stdin.close();
    const { code } = await this.#child.status;
    assert.equal(code, 0, "every line was acknowledged");
    return this.#count;
  }

  async #feed(): Promise<void> {
    const encoder = new TextEncoder();
    const startMs = performance.now();
    while (this.#isFeeding) {
      const due = Math.floor((performance.now() - startMs) / 1000 * LINES_PER_SECOND);
      let lines = "";
      for (; this.#count < due; this.#count++) lines += `${this.#count}\n`;
      if (lines !== "") await this.#stdin.write(encoder.encode(lines));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Reads everything that is there and looks at its order. */
async function assertAllThere(bootstrap: string, count: number): Promise<void> {
  const values = valuesOf(await new Kcat(bootstrap).consume(TOPIC));
  assert.equal(values.length, count, "as many as were acknowledged");
  for (const [index, value] of values.entries()) assert.equal(value, String(index));
}

/** Waits until every replica is in sync again. */
async function whole(cluster: ClusterProcesses): Promise<void> {
  const admin = client(cluster.bootstrap).admin();
  await admin.connect();
  try {
    await eventually("all replicas to be in sync", async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [TOPIC] });
      return topics[0]?.partitions[0]?.isr.length === 3 ? true : undefined;
    });
  } finally {
    await admin.disconnect();
  }
}

/** Arguments of a broker that comes back. */
function again(cluster: ClusterProcesses, index: number): string[] {
  return cluster.joins(...[0, 1, 2].filter((other) => other !== index));
}

async function underLoad(
  cluster: ClusterProcesses,
  disturb: () => Promise<void>,
): Promise<void> {
  const { kcat } = await clientTools();
  await createTopic(cluster.bootstrap);
  const load = new Load(kcat, cluster.bootstrap);
  try {
    await disturb();
  } finally {
    const count = await load.end();
    assert.ok(count > 0);
    await assertAllThere(cluster.bootstrap, count);
  }
}

Deno.test("kill -9 of each broker in turn loses no acknowledged record", async () => {
  await withThreeBrokers(async (cluster) => {
    await underLoad(cluster, async () => {
      for (const index of [0, 1, 2]) {
        await cluster.kill(index);
        cluster.start(index, ...again(cluster, index));
        await cluster.ready(index);
        await whole(cluster);
      }
    });
  });
});

Deno.test("a rolling restart loses nothing and ends every broker in good order", async () => {
  await withThreeBrokers(async (cluster) => {
    await underLoad(cluster, async () => {
      for (const index of [0, 1, 2]) {
        assert.equal(await cluster.stop(index), 0);
        cluster.start(index, ...again(cluster, index));
        await cluster.ready(index);
        await whole(cluster);
      }
    });
  });
});

Deno.test("committed offsets outlive the broker that coordinates the group", async () => {
  await withThreeBrokers(async (cluster) => {
    await underLoad(cluster, async () => {
      const consumer = client(cluster.bootstrap).consumer({
        groupId: "readers",
        sessionTimeout: 10_000,
      });
      let next = 0;
      let committed = 0;
      await consumer.connect();
      await consumer.subscribe({ topic: TOPIC, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        async eachMessage({ topic, partition, message }) {
          const offset = Number(message.offset);
          assert.ok(offset >= committed, "nothing is read again that was committed");
          next = offset + 1;
          if (next % 100 !== 0) return;
          await consumer.commitOffsets([{ topic, partition, offset: String(next) }]);
          committed = next;
        },
      });
      try {
        for (const index of [0, 1, 2]) {
          const before = committed;
          await eventually(
            "some commits",
            () => Promise.resolve(committed > before ? true : undefined),
            40_000,
          );
          await cluster.kill(index);
          cluster.start(index, ...again(cluster, index));
          await cluster.ready(index);
          await whole(cluster);
        }
        const before = committed;
        await eventually(
          "commits to go on",
          () => Promise.resolve(committed > before ? true : undefined),
          40_000,
        );
      } finally {
        await consumer.disconnect();
      }
    });
  }, ["--set", "group.initial.rebalance.delay.ms=0"]);
});

/** What one transaction writes, a line to each partition. */
const PARTITIONS = [0, 1, 2];

Deno.test("a transaction is all or nothing, whichever broker is killed", async () => {
  await withThreeBrokers(async (cluster) => {
    const topic = "ledger";
    const admin = client(cluster.bootstrap).admin();
    await admin.connect();
    const configEntries = [{ name: "min.insync.replicas", value: "2" }];
    await admin.createTopics({
      topics: [{ topic, numPartitions: PARTITIONS.length, replicationFactor: 3, configEntries }],
    });
    await admin.disconnect();
    const producer = client(cluster.bootstrap).producer({
      transactionalId: "ledger",
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    const committed: number[] = [];
    let isRunning = true;
    let next = 0;
    const running = (async () => {
      for (; isRunning; next++) {
        const transaction = await producer.transaction();
        // One partition at a time: KafkaJS loses track when leadership moves under several.
        for (const partition of PARTITIONS) {
          await transaction.send({ topic, messages: [{ partition, value: String(next) }] });
        }
        if (next % 5 === 4) await transaction.abort();
        else {
          await transaction.commit();
          committed.push(next);
        }
      }
    })();
    try {
      for (const index of [0, 1, 2]) {
        const before = committed.length;
        await eventually(
          "some commits",
          () => Promise.resolve(committed.length > before + 10 ? true : undefined),
          40_000,
        );
        await cluster.kill(index);
        cluster.start(index, ...again(cluster, index));
        await cluster.ready(index);
      }
    } finally {
      isRunning = false;
      await running;
      await producer.disconnect();
    }
    const isolation = ["-X", "isolation.level=read_committed"];
    for (const partition of PARTITIONS) {
      const records = await new Kcat(cluster.bootstrap)
        .consume(topic, ["-p", String(partition), ...isolation]);
      assert.deepEqual(valuesOf(records).map(Number), committed, `partition ${partition}`);
    }
  });
});
