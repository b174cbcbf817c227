/**
 * `@platformatic/kafka`: admin, producer, and the single calls of its consumer (list offsets,
 * fetch) that need no group. It speaks newer versions of the protocol than KafkaJS: topic ids in
 * Fetch, and flexible versions throughout.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import {
  Admin,
  ConfigResourceTypes,
  ConfigSources,
  Consumer,
  type GenericError,
  IncrementalAlterConfigOperationTypes,
  type KafkaRecord,
  Producer,
  type RecordsBatch,
} from "@platformatic/kafka";
import { type BrokerUnderTest, restart, withBroker } from "./support/broker.ts";
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

type BufferProducer = Producer<Buffer, Buffer, Buffer, Buffer>;

/** The clients of one suite. */
interface Clients {
  readonly admin: Admin;
  readonly producer: BufferProducer;
  readonly consumer: Consumer;
  readonly bootstrap: string;
}

type FetchedPartition = Awaited<
  ReturnType<Consumer["fetch"]>
>["responses"][number]["partitions"][number];

type Behaviour = readonly [name: string, check: (clients: Clients) => Promise<void>];

const MAX_WAIT_MS = 1000;

function connectionOptions(bootstrap: string) {
  return { clientId: "suite", bootstrapBrokers: [bootstrap], retries: 10, retryDelay: 200 };
}

async function newTopic({ admin }: Clients, stem: string, partitions = 1): Promise<string> {
  const topic = uniqueTopic(stem);
  await admin.createTopics({ topics: [topic], partitions, replicas: 1 });
  await eventually(`${topic} to have leaders`, async () => {
    // The client keeps an error of a topic that is not there yet, hence the fresh look each time.
    const metadata = await admin.metadata({ topics: [topic], forceUpdate: true })
      .catch(() => undefined);
    const made = metadata?.topics.get(topic);
    return made?.partitions.every(({ leader }) => leader >= 0) ? true : undefined;
  });
  return topic;
}

/** One fetch of partition 0, as the broker answered it. */
async function fetchOnce(
  { consumer }: Clients,
  topic: string,
  fetchOffset: bigint,
  limits: { maxWaitTime?: number; partitionMaxBytes?: number; minBytes?: number } = {},
): Promise<FetchedPartition> {
  const metadata = await consumer.metadata({ topics: [topic] });
  const { id: topicId, partitions: [partition] } = metadata.topics.get(topic) ?? { partitions: [] };
  if (topicId === undefined || partition === undefined) throw new Error(`${topic} is unknown`);
  const { maxWaitTime = MAX_WAIT_MS, partitionMaxBytes = 1_048_576, minBytes = 1 } = limits;
  const ask = {
    partition: 0,
    currentLeaderEpoch: partition.leaderEpoch,
    fetchOffset,
    lastFetchedEpoch: -1,
    partitionMaxBytes,
  };
  const response = await consumer.fetch({
    node: partition.leader,
    maxWaitTime,
    minBytes,
    topics: [{ topicId, partitions: [ask] }],
  });
  const answer = response.responses[0]?.partitions[0];
  if (answer !== undefined) return answer;
  // A fetch session leaves out a partition that has nothing new.
  return { ...NOTHING_NEW, partitionIndex: 0 };
}

const NOTHING_NEW: Omit<FetchedPartition, "partitionIndex"> = {
  errorCode: 0,
  highWatermark: -1n,
  lastStableOffset: -1n,
  logStartOffset: -1n,
  abortedTransactions: null,
  preferredReadReplica: -1,
  records: [],
};

/** Fetches from offset 0 on until `count` records have come. */
async function fetchAll(clients: Clients, topic: string, count: number): Promise<PlainRecord[]> {
  const all: PlainRecord[] = [];
  for (let fetches = 0; all.length < count; fetches++) {
    if (fetches > 100) throw new Error(`${all.length} of ${count} records after 100 fetches`);
    const next = BigInt(all.length);
    const { records } = await fetchOnce(clients, topic, next);
    for (const batch of records ?? []) {
      for (const record of batch.records) {
        if (batch.firstOffset + BigInt(record.offsetDelta) >= next) all.push(plain(batch, record));
      }
    }
  }
  return all;
}

function plain(batch: RecordsBatch, record: KafkaRecord): PlainRecord {
  return {
    key: record.key,
    value: record.value,
    headers: record.headers.map(([name, value]) => [name?.toString() ?? "", value] as const),
    // With LogAppendTime (bit 3) the batch has one timestamp for all its records.
    timestampMs: Number(
      (batch.attributes & 8) === 0
        ? batch.firstTimestamp + record.timestampDelta
        : batch.maxTimestamp,
    ),
  };
}

/** Leaves out what this client can't send: it takes a null key or value for an absent one. */
function sendable(records: readonly PlainRecord[], topic: string) {
  return records.map(({ key, value, headers, timestampMs }) => ({
    topic,
    partition: 0,
    timestamp: BigInt(timestampMs),
    ...(key === null ? {} : { key: Buffer.from(key) }),
    ...(value === null ? {} : { value: Buffer.from(value) }),
    headers: new Map(
      headers.map(([name, content]) => [Buffer.from(name), Buffer.from(content ?? [])] as const),
    ),
  }));
}

async function sendNumbers(producer: BufferProducer, topic: string, from: number, to: number) {
  const messages = Array.from({ length: to - from }, (_, i) => {
    return { topic, partition: 0, value: Buffer.from(`${from + i}`) };
  });
  return await producer.send({ messages });
}

function texts(records: readonly PlainRecord[]): string[] {
  const decoder = new TextDecoder();
  return records.map(({ value }) => value === null ? "∅" : decoder.decode(value));
}

function numbers(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${i}`);
}

/** An error of the client that carries this name of a Kafka error. */
function withId(apiId: string): (error: unknown) => boolean {
  return (error) => (error as GenericError).findBy?.("apiId", apiId) !== null;
}

const ADMIN: readonly Behaviour[] = [
  ["creates, lists, describes and deletes topics", async ({ admin }) => {
    const topic = uniqueTopic("admin");
    const configs = [{ name: "retention.ms", value: "123000" }];
    const [made] = await admin.createTopics({
      topics: [topic],
      partitions: 3,
      replicas: 1,
      configs,
    });
    assert.equal(made?.partitions, 3);
    assert.equal(made.configuration["retention.ms"], "123000");
    await eventually("the topic in the list", async () => {
      return (await admin.listTopics()).includes(topic) ? true : undefined;
    });
    const described = (await admin.metadata({ topics: [topic], forceUpdate: true })).topics.get(
      topic,
    );
    assert.equal(described?.partitionsCount, 3);
    assert.equal(described.id, made.id);
    await admin.deleteTopics({ topics: [topic] });
    await eventually("the topic to be gone", async () => {
      return (await admin.listTopics()).includes(topic) ? undefined : true;
    });
  }],
  ["an existing topic, bad names and counts are refused", async (clients) => {
    const { admin } = clients;
    const topic = await newTopic(clients, "exists");
    await assert.rejects(admin.createTopics({ topics: [topic] }), withId("TOPIC_ALREADY_EXISTS"));
    for (const name of BAD_TOPIC_NAMES) {
      const making = admin.createTopics({ topics: [name], partitions: 1, replicas: 1 });
      await assert.rejects(making, withId("INVALID_TOPIC_EXCEPTION"), name);
    }
    const deleting = admin.deleteTopics({ topics: [uniqueTopic("none")] });
    await assert.rejects(deleting, withId("UNKNOWN_TOPIC_OR_PARTITION"));
  }],
  ["adds partitions", async (clients) => {
    const { admin } = clients;
    const topic = await newTopic(clients, "grow");
    await admin.createPartitions({ topics: [{ name: topic, count: 3, assignments: null }] });
    await eventually("three partitions", async () => {
      const metadata = await admin.metadata({ topics: [topic], forceUpdate: true });
      return metadata.topics.get(topic)?.partitionsCount === 3 ? true : undefined;
    });
    const fewer = { name: topic, count: 2, assignments: null };
    const shrinking = admin.createPartitions({ topics: [fewer] });
    await assert.rejects(shrinking, withId("INVALID_PARTITIONS"));
  }],
  ["describes configs with synonyms and documentation", async (clients) => {
    const topic = await newTopic(clients, "configs");
    const [described] = await clients.admin.describeConfigs({
      resources: [{ resourceType: ConfigResourceTypes.TOPIC, resourceName: topic }],
      includeSynonyms: true,
      includeDocumentation: true,
    });
    const config = described?.configs.find(({ name }) => name === "max.message.bytes");
    assert.equal(config?.value, "1048588");
    assert.equal(config.configSource, ConfigSources.DEFAULT_CONFIG);
    assert.ok((config.documentation ?? "").length > 10);
    assert.equal(config.synonyms.at(-1)?.name, "message.max.bytes");
  }],
  ["alters configs, the legacy and the incremental way", alterConfigs],
  ["lists offsets and deletes records", async (clients) => {
    const { admin, producer, consumer } = clients;
    const topic = await newTopic(clients, "offsets");
    const messages = Array.from({ length: 100 }, (_, i) => ({
      topic,
      partition: 0,
      value: Buffer.from(`${i}`),
      timestamp: 1_767_225_600_000n + BigInt(i) * 1000n,
    }));
    await producer.send({ messages, compression: "lz4" });
    const offsetAt = async (timestamp: bigint) => {
      const partitions = [{ partitionIndex: 0, timestamp }];
      const [listed] = await admin.listOffsets({ topics: [{ name: topic, partitions }] });
      return listed?.partitions[0]?.offset;
    };
    assert.equal(await offsetAt(-1n), 100n);
    assert.equal(await offsetAt(-2n), 0n);
    assert.equal(await offsetAt(-3n), 99n);
    assert.equal(await offsetAt(1_767_225_600_000n + 41_500n), 42n);
    const deleted = await admin.deleteRecords({
      topics: [{ name: topic, partitions: [{ partition: 0, offset: 30n }] }],
    });
    assert.equal(deleted[0]?.partitions[0]?.lowWatermark, 30n);
    assert.equal(await offsetAt(-2n), 30n);
    const offsets = await consumer.listOffsets({ topics: [topic] });
    assert.deepEqual(offsets.get(topic), [100n]);
  }],
  ["describes log dirs", async (clients) => {
    const topic = await newTopic(clients, "log-dirs");
    await sendNumbers(clients.producer, topic, 0, 10);
    const topics = [{ name: topic, partitions: [0] }];
    const [broker] = await clients.admin.describeLogDirs({ topics });
    const found = broker?.results.flatMap(({ topics }) => topics) ?? [];
    assert.equal(found[0]?.name, topic);
    assert.ok((found[0].partitions[0]?.partitionSize ?? 0n) > 50n);
  }],
];

async function alterConfigs(clients: Clients): Promise<void> {
  const { admin } = clients;
  const resource = {
    resourceType: ConfigResourceTypes.TOPIC,
    resourceName: await newTopic(clients, "alter"),
  };
  const expectValue = (name: string, value: string) =>
    eventually(`${name}=${value}`, async () => {
      const [described] = await admin.describeConfigs({ resources: [resource] });
      const config = described?.configs.find((entry) => entry.name === name);
      return config?.value === value ? true : undefined;
    });
  await admin.alterConfigs({
    resources: [{ ...resource, configs: [{ name: "retention.ms", value: "111" }] }],
  });
  await expectValue("retention.ms", "111");
  const { SET, APPEND, DELETE } = IncrementalAlterConfigOperationTypes;
  await admin.incrementalAlterConfigs({
    resources: [{
      ...resource,
      configs: [
        { name: "segment.ms", configOperation: SET, value: "99999" },
        { name: "cleanup.policy", configOperation: APPEND, value: "compact" },
        { name: "retention.ms", configOperation: DELETE },
      ],
    }],
  });
  await expectValue("segment.ms", "99999");
  await expectValue("cleanup.policy", "delete,compact");
  await expectValue("retention.ms", "604800000");
  const bad = { name: "segment.ms", configOperation: SET, value: "soon" };
  const altering = admin.incrementalAlterConfigs({ resources: [{ ...resource, configs: [bad] }] });
  await assert.rejects(altering, withId("INVALID_CONFIG"));
}

const RECORDS: readonly Behaviour[] = [
  ...CODECS.map((compression): Behaviour => [
    `edge records keep every byte, ${compression}`,
    async (clients) => {
      const topic = await newTopic(clients, "edges");
      const sent = edgeRecords();
      const { offsets } = await clients.producer.send({
        messages: sendable(sent, topic),
        compression,
      });
      assert.deepEqual(offsets, [{ topic, partition: 0, offset: 0n }]);
      assertSameRecords(await fetchAll(clients, topic, sent.length), sent);
    },
  ]),
  ...[0, 1, -1].map((acks): Behaviour => [`acks=${acks} writes`, async (clients) => {
    const topic = await newTopic(clients, "acks");
    const messages = numbers(100).map((text) => {
      return { topic, partition: 0, value: Buffer.from(text) };
    });
    await clients.producer.send({ messages, acks });
    assert.deepEqual(texts(await fetchAll(clients, topic, 100)), numbers(100));
  }]),
  ["an idempotent producer writes each record once", async (clients) => {
    const topic = await newTopic(clients, "idempotent");
    const options = connectionOptions(clients.bootstrap);
    const producer = new Producer({ ...options, idempotent: true });
    for (let i = 0; i < 10; i++) await sendNumbers(producer, topic, i * 3, i * 3 + 3);
    await producer.close();
    assert.deepEqual(texts(await fetchAll(clients, topic, 30)), numbers(30));
  }],
  ["a large record fits, a larger one is refused", async (clients) => {
    const topic = await newTopic(clients, "large");
    const value = Buffer.from(noise(LARGE_BYTES));
    await clients.producer.send({ messages: [{ topic, partition: 0, value }] });
    const [record] = await fetchAll(clients, topic, 1);
    assert.ok(record?.value !== null && value.equals(record?.value ?? Buffer.alloc(0)));
    const tooLarge = { topic, partition: 0, value: Buffer.from(noise(TOO_LARGE_BYTES)) };
    const sending = clients.producer.send({ messages: [tooLarge] });
    await assert.rejects(sending, withId("MESSAGE_TOO_LARGE"));
  }],
  ["fetch starts at an offset, and waits at the end", async (clients) => {
    const topic = await newTopic(clients, "fetch");
    await sendNumbers(clients.producer, topic, 0, 50);
    await sendNumbers(clients.producer, topic, 50, 100);
    const middle = await fetchOnce(clients, topic, 60n);
    assert.equal(middle.records?.[0]?.firstOffset, 50n, "the whole batch that holds the offset");
    assert.equal(middle.highWatermark, 100n);
    assert.equal(middle.lastStableOffset, 100n);
    const end = await fetchOnce(clients, topic, 100n, { maxWaitTime: 50 });
    assert.deepEqual(end.records ?? [], []);
    const waiting = fetchOnce(clients, topic, 100n, { maxWaitTime: 10_000 });
    await sendNumbers(clients.producer, topic, 100, 101);
    assert.equal((await waiting).records?.[0]?.firstOffset, 100n);
    const limited = await fetchOnce(clients, topic, 0n, { partitionMaxBytes: 1 });
    assert.equal(limited.records?.[0]?.records.length, 50, "a whole batch over the limit");
    await assert.rejects(fetchOnce(clients, topic, 102n), withId("OFFSET_OUT_OF_RANGE"));
  }],
];

async function goesOnAfterCrash(broker: BrokerUnderTest, clients: Clients): Promise<void> {
  const topic = await newTopic(clients, "crash");
  await sendNumbers(clients.producer, topic, 0, 100);
  await restart(broker, "SIGKILL");
  await eventually("the producer to get through", async () => {
    const sending = sendNumbers(clients.producer, topic, 100, 101);
    return await sending.then(() => true, () => undefined);
  });
  const records = texts(await fetchAll(clients, topic, 101));
  assert.deepEqual(records, numbers(101));
}

Deno.test("@platformatic/kafka works as with Kafka", async (t) => {
  await withBroker(async (broker) => {
    const options = connectionOptions(broker.bootstrap);
    const clients: Clients = {
      admin: new Admin(options),
      producer: new Producer(options),
      consumer: new Consumer({ ...options, groupId: uniqueTopic("unused") }),
      bootstrap: broker.bootstrap,
    };
    for (const [name, check] of [...ADMIN, ...RECORDS]) {
      await t.step(name, () => check(clients));
    }
    await t.step({
      name: "records persist over a crash, and the clients go on",
      ignore: !broker.canRestart,
      fn: () => goesOnAfterCrash(broker, clients),
    });
    await clients.admin.close();
    await clients.producer.close();
    await clients.consumer.close(true);
  });
});
