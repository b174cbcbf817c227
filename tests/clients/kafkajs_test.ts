/** KafkaJS 2.2.4: admin, producer, and the fetch below its consumer. Groups are elsewhere. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import kafkajs, { type Admin, type IHeaders, type Kafka, type Producer } from "kafkajs";
import { type BrokerUnderTest, restart, withBroker } from "./support/broker.ts";
import { KafkaJsFetcher, type KafkaJsMessage, registerCodecs } from "./support/kafkajs_fetch.ts";
import { eventually } from "./support/process.ts";
import {
  assertSameRecords,
  BAD_TOPIC_NAMES,
  CODECS,
  edgeRecords,
  LARGE_BYTES,
  noise,
  type PlainRecord,
  TOO_LARGE_BYTES,
  uniqueTopic,
} from "./support/records.ts";

const { CompressionTypes, ConfigResourceTypes, ConfigSource, logLevel } = kafkajs;

const COMPRESSION = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const;

/** The clients of one suite. */
interface Clients {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly producer: Producer;
  readonly fetcher: KafkaJsFetcher;
}

type Behaviour = readonly [name: string, check: (clients: Clients) => Promise<void>];

async function newTopic(admin: Admin, stem: string, numPartitions = 1): Promise<string> {
  const topic = uniqueTopic(stem);
  await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false });
  await eventually(`${topic} to be listed`, async () => {
    return (await admin.listTopics()).includes(topic) ? true : undefined;
  });
  // Answers when every partition has its leader; a producer that retries for the sake of one
  // partition would write to the others twice.
  await eventually(`${topic} to have leaders`, () => {
    return admin.fetchTopicOffsets(topic).catch(() => undefined);
  });
  return topic;
}

function toMessage(record: PlainRecord) {
  const headers: IHeaders = {};
  for (const [name, value] of record.headers) headers[name] = Buffer.from(value ?? []);
  return {
    key: record.key === null ? null : Buffer.from(record.key),
    value: record.value === null ? null : Buffer.from(record.value),
    headers,
    timestamp: `${record.timestampMs}`,
    partition: 0,
  };
}

function toRecord(message: KafkaJsMessage): PlainRecord {
  const headers = Object.entries(message.headers).flatMap(([name, values]) =>
    [values].flat().map((value): [string, Uint8Array] => [name, value as Uint8Array])
  );
  const { key, value, timestamp } = message;
  return { key, value, headers, timestampMs: Number(timestamp) };
}

async function sendNumbers(producer: Producer, topic: string, count: number): Promise<void> {
  const messages = Array.from({ length: count }, (_, i) => ({ value: `${i}`, partition: 0 }));
  await producer.send({ topic, messages });
}

function texts(messages: readonly KafkaJsMessage[]): string[] {
  return messages.map((message) => message.value?.toString() ?? "∅");
}

/** An error of KafkaJS that carries, at some depth, this name of a Kafka error. */
function ofType(type: string): (error: unknown) => boolean {
  return (error) => {
    for (let cause = error; cause instanceof Error; cause = cause.cause) {
      if ("type" in cause && cause.type === type) return true;
      const errors = "errors" in cause ? cause.errors : undefined;
      if (Array.isArray(errors) && errors.some(ofType(type))) return true;
    }
    return false;
  };
}

const ADMIN: readonly Behaviour[] = [
  ["creates, lists, describes and deletes topics", async ({ admin }) => {
    const topic = uniqueTopic("admin");
    const configEntries = [{ name: "retention.ms", value: "123000" }];
    const made = await admin.createTopics({ topics: [{ topic, numPartitions: 3, configEntries }] });
    assert.equal(made, true);
    assert.ok((await admin.listTopics()).includes(topic));
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    assert.equal(topics[0]?.partitions.length, 3);
    assert.ok(topics[0].partitions.every(({ leader, isr }) => isr.includes(leader)));
    await admin.deleteTopics({ topics: [topic] });
    await eventually("the topic to be gone", async () => {
      return (await admin.listTopics()).includes(topic) ? undefined : true;
    });
  }],
  ["creating twice says false, validateOnly makes nothing", async ({ admin }) => {
    const topic = await newTopic(admin, "twice");
    assert.equal(await admin.createTopics({ topics: [{ topic }] }), false);
    const other = uniqueTopic("validated");
    await admin.createTopics({
      topics: [{ topic: other }],
      validateOnly: true,
      waitForLeaders: false,
    });
    assert.ok(!(await admin.listTopics()).includes(other));
  }],
  ["bad names, partitions and configs are refused", async ({ admin }) => {
    for (const topic of BAD_TOPIC_NAMES) {
      const making = admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
      await assert.rejects(making, ofType("INVALID_TOPIC_EXCEPTION"), topic);
    }
    const topic = uniqueTopic("bad");
    await assert.rejects(
      admin.createTopics({ topics: [{ topic, numPartitions: 0 }] }),
      ofType("INVALID_PARTITIONS"),
    );
    const configEntries = [{ name: "retention.ms", value: "soon" }];
    await assert.rejects(
      admin.createTopics({ topics: [{ topic, configEntries }] }),
      ofType("INVALID_CONFIG"),
    );
  }],
  ["unknown topics are errors", async ({ admin }) => {
    const unknown = ofType("UNKNOWN_TOPIC_OR_PARTITION");
    await assert.rejects(admin.deleteTopics({ topics: [uniqueTopic("none")] }), unknown);
  }],
  ["adds partitions", async ({ admin }) => {
    const topic = await newTopic(admin, "grow");
    await admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    await eventually("four partitions", async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]?.partitions.length === 4 ? true : undefined;
    });
    const fewer = admin.createPartitions({ topicPartitions: [{ topic, count: 2 }] });
    await assert.rejects(fewer, ofType("INVALID_PARTITIONS"));
  }],
  ["describes the cluster", async ({ admin }) => {
    const { brokers, controller, clusterId } = await admin.describeCluster();
    assert.equal(brokers.length, 1);
    assert.equal(controller, brokers[0]?.nodeId);
    assert.ok(clusterId.length > 10);
  }],
  ["describes configs and alters them the legacy way", async ({ admin }) => {
    const name = await newTopic(admin, "configs");
    const type = ConfigResourceTypes.TOPIC;
    const describe = async (configName: string) => {
      const query = { resources: [{ type, name }], includeSynonyms: true };
      const [resource] = (await admin.describeConfigs(query)).resources;
      return resource?.configEntries.find((entry) => entry.configName === configName);
    };
    assert.equal((await describe("retention.ms"))?.configSource, ConfigSource.DEFAULT_CONFIG);
    const alter = (configEntries: { name: string; value: string }[]) =>
      admin.alterConfigs({ validateOnly: false, resources: [{ type, name, configEntries }] });
    await alter([{ name: "retention.ms", value: "111" }, { name: "segment.ms", value: "99999" }]);
    await eventually("the new value", async () => {
      return (await describe("retention.ms"))?.configValue === "111" ? true : undefined;
    });
    assert.equal((await describe("retention.ms"))?.configSource, ConfigSource.TOPIC_CONFIG);
    // The legacy call replaces: what it leaves out goes back to the default.
    await alter([{ name: "segment.ms", value: "88888" }]);
    await eventually("the default", async () => {
      return (await describe("retention.ms"))?.configValue === "604800000" ? true : undefined;
    });
    assert.equal((await describe("segment.ms"))?.configValue, "88888");
    const bad = alter([{ name: "retention.ms", value: "soon" }]);
    await assert.rejects(bad, ofType("INVALID_CONFIG"));
  }],
  ["lists offsets, also by time, and deletes records", async ({ admin, producer }) => {
    const topic = await newTopic(admin, "offsets");
    const baseMs = 1_767_225_600_000;
    const messages = Array.from({ length: 100 }, (_, i) => {
      return { value: `${i}`, partition: 0, timestamp: `${baseMs + i * 1000}` };
    });
    await producer.send({ topic, messages });
    const [offsets] = await admin.fetchTopicOffsets(topic);
    assert.deepEqual(offsets, { partition: 0, offset: "100", high: "100", low: "0" });
    const at = await admin.fetchTopicOffsetsByTimestamp(topic, baseMs + 41_500);
    assert.deepEqual(at, [{ partition: 0, offset: "42" }]);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: "30" }] });
    assert.equal((await admin.fetchTopicOffsets(topic))[0]?.low, "30");
    const beyond = [{ partition: 0, offset: "101" }];
    await assert.rejects(admin.deleteTopicRecords({ topic, partitions: beyond }));
  }],
  ["says that ACLs are off", async ({ admin }) => {
    const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } =
      kafkajs;
    const describing = admin.describeAcls({
      resourceType: AclResourceTypes.ANY,
      resourcePatternType: ResourcePatternTypes.ANY,
      permissionType: AclPermissionTypes.ANY,
      operation: AclOperationTypes.ANY,
    });
    await assert.rejects(describing, ofType("SECURITY_DISABLED"));
  }],
];

const RECORDS: readonly Behaviour[] = [
  ...CODECS.map((codec): Behaviour => [
    `edge records keep every byte, ${codec}`,
    async ({ admin, producer, fetcher }) => {
      const topic = await newTopic(admin, "edges");
      const sent = edgeRecords();
      const compression = COMPRESSION[codec];
      const [answer] = await producer.send({ topic, compression, messages: sent.map(toMessage) });
      assert.equal(answer?.baseOffset, "0");
      const read = await fetcher.fetchAll(topic, sent.length);
      assertSameRecords(read.map(toRecord), sent);
    },
  ]),
  ...[0, 1, -1].map((acks): Behaviour => [
    `acks=${acks} writes`,
    async ({ admin, producer, fetcher }) => {
      const topic = await newTopic(admin, "acks");
      const messages = Array.from({ length: 100 }, (_, i) => ({ value: `${i}`, partition: 0 }));
      await producer.send({ topic, acks, messages });
      const read = await fetcher.fetchAll(topic, 100);
      assert.deepEqual(texts(read), messages.map(({ value }) => value));
    },
  ]),
  ["an idempotent producer writes each record once", async ({ kafka, admin, fetcher }) => {
    const topic = await newTopic(admin, "idempotent");
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    for (let round = 0; round < 10; round++) {
      const messages = [0, 1, 2].map((i) => ({ value: `${round * 3 + i}`, partition: 0 }));
      await producer.send({ topic, messages });
    }
    await producer.disconnect();
    const expected = Array.from({ length: 30 }, (_, i) => `${i}`);
    assert.deepEqual(texts(await fetcher.fetchAll(topic, 30)), expected);
  }],
  ["a large record fits, a larger one is refused", async ({ admin, producer, fetcher }) => {
    const topic = await newTopic(admin, "large");
    const value = Buffer.from(noise(LARGE_BYTES));
    await producer.send({ topic, messages: [{ value, partition: 0 }] });
    const [message] = await fetcher.fetchAll(topic, 1);
    assert.ok(message?.value?.equals(value));
    const tooLarge = Buffer.from(noise(TOO_LARGE_BYTES));
    const sending = producer.send({ topic, messages: [{ value: tooLarge, partition: 0 }] });
    await assert.rejects(sending, ofType("MESSAGE_TOO_LARGE"));
  }],
  ["keys and explicit partitions find their partition", async ({ admin, producer }) => {
    const topic = await newTopic(admin, "partitions", 4);
    const messages = [0, 1, 2, 3].map((partition) => ({ value: "x", partition }));
    await producer.send({ topic, messages });
    const offsets = await admin.fetchTopicOffsets(topic);
    assert.deepEqual(offsets.map(({ high }) => high), ["1", "1", "1", "1"]);
  }],
  ["producing makes the topic", async ({ producer, fetcher }) => {
    const topic = uniqueTopic("auto");
    await sendNumbers(producer, topic, 5);
    assert.equal((await fetcher.fetchAll(topic, 5)).length, 5);
  }],
  ["fetch starts at an offset, and waits at the end", async ({ admin, producer, fetcher }) => {
    const topic = await newTopic(admin, "fetch");
    await sendNumbers(producer, topic, 50);
    await sendNumbers(producer, topic, 50);
    const second = await fetcher.fetch({ topic, fetchOffset: "60" });
    assert.equal(second[0]?.offset, "50", "the whole batch that holds the offset");
    assert.deepEqual(await fetcher.fetch({ topic, fetchOffset: "100", maxWaitTime: 50 }), []);
    const waiting = fetcher.fetch({ topic, fetchOffset: "100", maxWaitTime: 10_000 });
    await sendNumbers(producer, topic, 1);
    assert.deepEqual(texts(await waiting), ["0"]);
    const limited = await fetcher.fetch({ topic, fetchOffset: "0", maxBytes: 1 });
    assert.equal(limited.length, 50, "a whole batch although the limit is below it");
    const outOfRange = fetcher.fetch({ topic, fetchOffset: "102" });
    await assert.rejects(outOfRange, ofType("OFFSET_OUT_OF_RANGE"));
  }],
];

async function connect(kafka: Kafka, bootstrap: string): Promise<Clients> {
  const admin = kafka.admin();
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await admin.connect();
  await producer.connect();
  return { kafka, admin, producer, fetcher: await KafkaJsFetcher.connect(bootstrap) };
}

async function disconnect({ admin, producer, fetcher }: Clients): Promise<void> {
  await admin.disconnect();
  await producer.disconnect();
  await fetcher.disconnect();
}

async function goesOnAfterCrash(broker: BrokerUnderTest, clients: Clients): Promise<void> {
  const topic = await newTopic(clients.admin, "crash");
  // Connecting has the retries of the client, apart from those of the producer.
  const retry = { retries: 100, initialRetryTime: 100, maxRetryTime: 1000 };
  const kafka = new kafkajs.Kafka({
    brokers: [broker.bootstrap],
    logLevel: logLevel.NOTHING,
    retry,
  });
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry });
  await producer.connect();
  await sendNumbers(producer, topic, 10);
  const sending = async () => {
    for (let i = 10; i < 20; i++) {
      await producer.send({ topic, messages: [{ value: `${i}`, partition: 0 }] });
    }
  };
  await Promise.all([restart(broker, "SIGKILL"), sending()]);
  await producer.disconnect();
  const expected = Array.from({ length: 20 }, (_, i) => `${i}`);
  const fetcher = await KafkaJsFetcher.connect(broker.bootstrap);
  assert.deepEqual(texts(await fetcher.fetchAll(topic, 20)), expected);
  assert.deepEqual(await fetcher.fetch({ topic, fetchOffset: "20", maxWaitTime: 50 }), []);
  await fetcher.disconnect();
}

Deno.test("KafkaJS works as with Kafka", async (t) => {
  registerCodecs();
  await withBroker(async (broker) => {
    const kafka = new kafkajs.Kafka({
      brokers: [broker.bootstrap],
      logLevel: logLevel.NOTHING,
      retry: { retries: 12, initialRetryTime: 50, maxRetryTime: 500 },
    });
    const clients = await connect(kafka, broker.bootstrap);
    for (const [name, check] of [...ADMIN, ...RECORDS]) {
      await t.step(name, () => check(clients));
    }
    await t.step({
      name: "an idempotent producer goes on after a crash, each record once, in order",
      ignore: !broker.canRestart,
      fn: () => goesOnAfterCrash(broker, clients),
    });
    await disconnect(clients);
  });
});
