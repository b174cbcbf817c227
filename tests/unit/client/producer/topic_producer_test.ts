import assert from "node:assert/strict";
import type { RecordRanges } from "../../../../src/client/producer/batch_writer.ts";
import {
  type ProducerOptions,
  TopicProducer,
} from "../../../../src/client/producer/topic_producer.ts";
import { Codec } from "../../../../src/protocol/compression/codec.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { initProducerIdApi } from "../../../../src/protocol/generated/apis/init_producer_id.ts";
import { produceApi } from "../../../../src/protocol/generated/apis/produce.ts";
import type { ProduceRequest } from "../../../../src/protocol/generated/produce_request.ts";
import { baseSequence, producerId } from "../../../../src/protocol/records/batch_layout.ts";
import { readRecords } from "../../../../src/protocol/records/record_reader.ts";
import { DROP, type FakeBroker, FakeCluster, TOPIC_ID } from "../fake_cluster.ts";

const OPTIONS: ProducerOptions = {
  acks: -1,
  isIdempotent: true,
  codec: Codec.none,
  batchBytes: 200,
  lingerMs: 5,
  firstPartition: 0,
  deliveryTimeoutMs: 5_000,
};

function record(text: string): RecordRanges {
  const bytes = new TextEncoder().encode(text);
  return {
    bytes,
    keyStart: 0,
    keyLength: -1,
    valueStart: 0,
    valueLength: bytes.length,
    headers: [],
    timestamp: 1,
  };
}

/** Partitions that take batches in the order of their sequence numbers, each once. */
class FakeLog {
  readonly values: string[][];
  readonly #nextSequence: number[];
  requests = 0;
  /** All requests but the first wait for it. */
  held: Promise<void> = Promise.resolve();
  /** What the next requests are answered with in place of being taken. */
  readonly failures: (number | typeof DROP | "takenAndDropped")[] = [];

  constructor(readonly cluster: FakeCluster) {
    this.values = cluster.leaders.map(() => []);
    this.#nextSequence = cluster.leaders.map(() => 0);
    cluster.on(initProducerIdApi, () => ({
      throttleTimeMs: 0,
      errorCode: 0,
      producerId: 9,
      producerEpoch: 0,
    }));
    cluster.on(produceApi, async (request, _version, broker) => {
      this.requests++;
      if (this.requests > 1) await this.held;
      return this.#produce(request, broker);
    });
  }

  #produce({ topicData }: ProduceRequest, broker: FakeBroker) {
    const failure = this.failures.shift();
    if (failure === DROP) return DROP;
    const partitionResponses = topicData[0]!.partitionData.map(({ index, records }) => ({
      index,
      errorCode: typeof failure === "number" ? failure : this.#append(index, records!, broker),
      baseOffset: 0,
      recordErrors: [],
    }));
    if (failure === "takenAndDropped") return DROP;
    return { responses: [{ name: "orders", topicId: TOPIC_ID, partitionResponses }] };
  }

  #append(partition: number, batch: Uint8Array, broker: FakeBroker): number {
    if (this.cluster.leaders[partition] !== broker.id) return ErrorCode.NOT_LEADER_OR_FOLLOWER;
    const records = readRecords(batch);
    const sequence = baseSequence(batch, 0);
    if (producerId(batch, 0) >= 0) {
      const next = this.#nextSequence[partition]!;
      if (sequence < next) return ErrorCode.DUPLICATE_SEQUENCE_NUMBER;
      if (sequence > next) return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER;
      this.#nextSequence[partition] = next + records.length;
    }
    this.values[partition]!.push(...records.map(({ value }) => new TextDecoder().decode(value!)));
    return ErrorCode.NONE;
  }
}

async function opened(
  leaders: number[] = [1],
  options: Partial<ProducerOptions> = {},
): Promise<{ cluster: FakeCluster; log: FakeLog; producer: TopicProducer; close: () => void }> {
  const cluster = new FakeCluster(2, leaders);
  const log = new FakeLog(cluster);
  const client = cluster.client();
  const opening = TopicProducer.open(client, "orders", { ...OPTIONS, ...options });
  const producer = await cluster.drive(opening);
  const close = (): void => {
    producer.close();
    client.close();
  };
  return { cluster, log, producer, close };
}

const numbers = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `record ${i} ${"x".repeat(30)}`);

Deno.test("TopicProducer delivers everything in order, several batches under way", async () => {
  const { cluster, log, producer, close } = await opened();
  const values = numbers(50);
  for (const value of values) producer.append(0, record(value));
  await cluster.drive(producer.flush());
  assert.deepEqual(log.values, [values]);
  assert.equal(producer.progress.records, 50);
  assert(log.requests > 5);
  close();
});

Deno.test("TopicProducer sends a batch that is not full when its first record has waited", async () => {
  const { cluster, log, producer, close } = await opened();
  producer.append(0, record("alone"));
  await cluster.clock.advance(4);
  assert.equal(log.requests, 0);
  await cluster.clock.advance(1);
  assert.deepEqual(log.values, [["alone"]]);
  close();
});

Deno.test("TopicProducer keeps order and sends nothing twice when connections break", async () => {
  const { cluster, log, producer, close } = await opened();
  log.failures.push("takenAndDropped", DROP);
  const values = numbers(50);
  for (const value of values) producer.append(0, record(value));
  await cluster.drive(producer.flush());
  assert.deepEqual(log.values, [values]);
  close();
});

Deno.test("TopicProducer keeps order when one batch of several under way is refused", async () => {
  const { cluster, log, producer, close } = await opened();
  log.failures.push(ErrorCode.NOT_ENOUGH_REPLICAS);
  const values = numbers(30);
  for (const value of values) producer.append(0, record(value));
  await cluster.drive(producer.flush());
  assert.deepEqual(log.values, [values]);
  close();
});

Deno.test("TopicProducer sends nothing again before all that is under way is answered", async () => {
  const { cluster, log, producer, close } = await opened();
  const held = Promise.withResolvers<void>();
  log.failures.push(ErrorCode.NOT_ENOUGH_REPLICAS);
  log.held = held.promise;
  const values = numbers(8);
  for (const value of values) producer.append(0, record(value));
  await cluster.clock.advance(20);
  const { arrived } = cluster.broker(1);
  await cluster.clock.advance(500);
  assert.equal(log.requests, 2, "one was refused, the next is held");
  assert.equal(cluster.broker(1).arrived, arrived);
  held.resolve();
  await cluster.drive(producer.flush());
  assert.deepEqual(log.values, [values]);
  close();
});

Deno.test("TopicProducer follows a leader that moves", async () => {
  const { cluster, log, producer, close } = await opened();
  const values = numbers(30);
  for (const value of values.slice(0, 10)) producer.append(0, record(value));
  await cluster.drive(producer.flush());
  cluster.leaders = [2];
  for (const value of values.slice(10)) producer.append(0, record(value));
  await cluster.drive(producer.flush());
  assert.deepEqual(log.values, [values]);
  assert(cluster.broker(2).count(produceApi) > 0);
  close();
});

Deno.test("TopicProducer waits for a partition that has no leader, and holds up no other", async () => {
  const { cluster, log, producer, close } = await opened([1, -1]);
  producer.append(0, record("here"));
  producer.append(1, record("there"));
  await cluster.clock.advance(300);
  assert.deepEqual(log.values, [["here"], []]);
  cluster.leaders = [1, 2];
  await cluster.drive(producer.flush());
  assert.deepEqual(log.values, [["here"], ["there"]]);
  close();
});

Deno.test("TopicProducer.flush() rejects with what was refused for good, and so does append()", async () => {
  const { cluster, log, producer, close } = await opened();
  log.failures.push(ErrorCode.MESSAGE_TOO_LARGE);
  producer.append(0, record("x"));
  await assert.rejects(cluster.drive(producer.flush()), /orders-0: .*\(MESSAGE_TOO_LARGE\)/);
  assert.throws(() => producer.append(0, record("y")), /MESSAGE_TOO_LARGE/);
  await assert.rejects(cluster.drive(producer.room()), /MESSAGE_TOO_LARGE/);
  close();
});

Deno.test("TopicProducer gives up when delivery takes longer than it may", async () => {
  const { cluster, log, producer, close } = await opened();
  for (let i = 0; i < 200; i++) log.failures.push(ErrorCode.NOT_ENOUGH_REPLICAS);
  producer.append(0, record("x"));
  const startMs = cluster.clock.nowMs;
  await assert.rejects(cluster.drive(producer.flush()), /NOT_ENOUGH_REPLICAS/);
  const elapsedMs = cluster.clock.nowMs - startMs;
  assert(elapsedMs >= 5_000 && elapsedMs < 6_000, `${elapsedMs} ms`);
  close();
});

Deno.test("TopicProducer moves records without a key from partition to partition", async () => {
  const { cluster, log, producer, close } = await opened([1, 1, 1], { firstPartition: 4 });
  for (const value of numbers(12)) {
    producer.append(producer.partitionFor(new Uint8Array(0), 0, -1), record(value));
  }
  await cluster.drive(producer.flush());
  assert(log.values.every((values) => values.length === 4 || values.length > 2));
  assert.equal(log.values[1]![0], numbers(1)[0], "the first partition is 4 modulo 3");
  const key = new TextEncoder().encode("abc");
  assert.equal(producer.partitionFor(key, 0, key.length), (479470107 & 0x7fffffff) % 3);
  assert.throws(() => producer.append(3, record("x")), /the topic has 3 partitions, from 0 on/);
  close();
});

Deno.test("TopicProducer waits for nobody with acks 0, and takes no producer id", async () => {
  const cluster = new FakeCluster(1);
  const seen: number[] = [];
  cluster.on(produceApi, ({ acks, topicData }) => {
    seen.push(acks, baseSequence(topicData[0]!.partitionData[0]!.records!, 0));
    return DROP;
  });
  const client = cluster.client();
  const options = { ...OPTIONS, acks: 0, isIdempotent: false } as const;
  const producer = await cluster.drive(TopicProducer.open(client, "orders", options));
  producer.append(0, record("x"));
  await cluster.drive(producer.flush());
  await cluster.clock.advance(10);
  assert.deepEqual(seen, [0, -1]);
  assert.equal(producer.progress.records, 1);
  producer.close();
  client.close();
});

Deno.test("TopicProducer.open() waits for a topic that brokers make, and not for ever", async () => {
  const cluster = new FakeCluster(1);
  cluster.hasTopic = false;
  const client = cluster.client();
  const opening = TopicProducer.open(client, "orders", { ...OPTIONS, isIdempotent: false });
  await cluster.clock.advance(500);
  cluster.hasTopic = true;
  const producer = await cluster.drive(opening);
  assert.equal(producer.partitionCount, 1);
  producer.close();
  cluster.hasTopic = false;
  await assert.rejects(
    cluster.drive(TopicProducer.open(client, "orders", { ...OPTIONS, isIdempotent: false })),
    /topic orders: no such topic/,
  );
  client.close();
});
