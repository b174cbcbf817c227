/** Transactions of KafkaJS 2.2.4, which speaks the first generation of the protocol. */
import assert from "node:assert/strict";
import kafkajs, { type Kafka } from "kafkajs";
import { restart, withBroker } from "../support/broker.ts";
import { eventually } from "../support/process.ts";
import { uniqueTopic } from "../support/records.ts";

const { logLevel } = kafkajs;

/** Values of the records that are committed, in order; reads until as many have come. */
async function committedValues(kafka: Kafka, topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: uniqueTopic("reader"), readUncommitted: false });
  const values: string[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage({ message }) {
        values.push(String(message.value));
        return Promise.resolve();
      },
    });
    await eventually(
      `${count} committed records`,
      () => Promise.resolve(values.length >= count ? true : undefined),
    );
  } finally {
    await consumer.disconnect();
  }
  return values;
}

Deno.test("KafkaJS commits and aborts, sends offsets, is fenced, and outlives a crash", async (t) => {
  await withBroker(async (broker) => {
    const kafka = new kafkajs.Kafka({
      brokers: [broker.bootstrap],
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 50, retries: 20 },
    });
    const admin = kafka.admin();
    await admin.connect();
    const topic = uniqueTopic("kafkajs-txn");
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    const transactionalId = uniqueTopic("id");
    const options = { transactionalId, idempotent: true, maxInFlightRequests: 1 };
    const producer = kafka.producer(options);
    await producer.connect();

    await t.step("commit and abort", async () => {
      for (const outcome of ["commit", "abort", "commit"] as const) {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [{ value: `${outcome} 1` }] });
        await transaction.send({ topic, messages: [{ value: `${outcome} 2` }] });
        await transaction[outcome]();
      }
      const values = await committedValues(kafka, topic, 4);
      assert.deepEqual(values, ["commit 1", "commit 2", "commit 1", "commit 2"]);
    });

    await t.step("offsets in a transaction", async () => {
      const consumerGroupId = uniqueTopic("group");
      const offsetNow = async () => {
        const [found] = await admin.fetchOffsets({ groupId: consumerGroupId, topics: [topic] });
        return found?.partitions[0]?.offset;
      };
      for (const [outcome, offset, seen] of [["commit", "3", "3"], ["abort", "9", "3"]] as const) {
        const transaction = await producer.transaction();
        await transaction.sendOffsets({
          consumerGroupId,
          topics: [{ topic, partitions: [{ partition: 0, offset }] }],
        });
        await transaction[outcome]();
        assert.equal(await offsetNow(), seen);
      }
    });

    await t.step("a transaction over a crash of the broker", async () => {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: "before" }] });
      await restart(broker, "SIGKILL");
      await transaction.send({ topic, messages: [{ value: "after" }] });
      await transaction.commit();
      const values = await committedValues(kafka, topic, 6);
      assert.deepEqual(values.slice(4), ["before", "after"]);
    });

    await t.step("a second producer with the id", async () => {
      const first = await producer.transaction();
      await first.send({ topic, messages: [{ value: "lost" }] });
      const second = kafka.producer({ ...options, retry: { retries: 20 } });
      await second.connect();
      const transaction = await second.transaction();
      await transaction.send({ topic, messages: [{ value: "kept" }] });
      await assert.rejects(first.commit(), /fenced|epoch/i);
      await transaction.commit();
      await second.disconnect();
      assert.equal((await committedValues(kafka, topic, 7)).at(-1), "kept");
    });

    await producer.disconnect();
    await admin.disconnect();
  });
});
