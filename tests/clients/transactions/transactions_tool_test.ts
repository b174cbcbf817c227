/** Kafka's `kafka-transactions` on transactions that are open, over and hanging. */
import assert from "node:assert/strict";
import kafkajs from "kafkajs";
import { clientTools } from "../../../scripts/client_tools.ts";
import { withBroker } from "../support/broker.ts";
import { KafkaTools } from "../support/kafka_tools.ts";
import { uniqueTopic } from "../support/records.ts";

const { logLevel } = kafkajs;

Deno.test("kafka-transactions lists, describes, finds and aborts", async (t) => {
  await clientTools();
  await withBroker(async (broker) => {
    const kafka = new kafkajs.Kafka({ brokers: [broker.bootstrap], logLevel: logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    const topic = uniqueTopic("tool");
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    const transactionalId = uniqueTopic("open");
    const producer = kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [{ value: "x" }] });
    const tools = await KafkaTools.start();
    const ask = (...args: string[]) =>
      tools.mustRun("kafka-transactions", ["--bootstrap-server", broker.bootstrap, ...args]);
    try {
      await t.step("list", async () => {
        assert.match(await ask("list"), new RegExp(`${transactionalId}\\s.*Ongoing`));
        const filtered = await ask("list", "--duration-filter", "3600000");
        assert.doesNotMatch(filtered, new RegExp(transactionalId));
      });
      await t.step("describe", async () => {
        const text = await ask("describe", "--transactional-id", transactionalId);
        assert.match(text, /Ongoing/);
        assert.match(text, new RegExp(`${topic}-0`));
      });
      await t.step("describe-producers", async () => {
        const text = await ask("describe-producers", "--topic", topic, "--partition", "0");
        assert.match(text, /CurrentTransactionStartOffset/);
        assert.match(text, /\s0\s*$/m);
      });
      await t.step("find-hanging", async () => {
        const text = await ask("find-hanging", "--topic", topic, "--max-transaction-timeout", "15");
        assert.doesNotMatch(text, new RegExp(`${topic}\\s`), "an open transaction is not hanging");
      });
      await t.step("abort", async () => {
        const where = ["--topic", topic, "--partition", "0"];
        await ask("abort", ...where, "--start-offset", "0");
        const text = await ask("describe-producers", ...where);
        assert.match(text, /None\s*$/m);
      });
    } finally {
      await tools.stop();
      await transaction.abort();
      await producer.disconnect();
      await admin.disconnect();
    }
  });
});
