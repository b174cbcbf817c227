import assert from "node:assert/strict";
import {
  type FetchedPartition,
  Isolation,
  PartitionReader,
  type ReadRange,
  type RecordSink,
} from "../../../../src/client/consumer/partition_reader.ts";
import { BrokerError } from "../../../../src/client/errors.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { fetchApi } from "../../../../src/protocol/generated/apis/fetch.ts";
import { listOffsetsApi } from "../../../../src/protocol/generated/apis/list_offsets.ts";
import { buildBatch } from "../../../../src/protocol/records/batch_builder.ts";
import { scanBatches } from "../../../../src/protocol/records/batch_scan.ts";
import { readRecords } from "../../../../src/protocol/records/record_reader.ts";
import { DROP, FakeCluster, TOPIC_ID } from "../fake_cluster.ts";

/** Partitions with a batch of three records from each offset that 3 divides, up to `end`. */
class FakeLogs {
  start = 0;
  readonly ends: number[];
  /** Errors that the next fetches are answered with: of the whole, or of all partitions. */
  readonly failures: (typeof DROP | { readonly whole?: number; readonly each?: number })[] = [];
  readonly sessions: string[] = [];
  #known = new Map<number, number>();

  constructor(readonly cluster: FakeCluster, end: number) {
    this.ends = cluster.leaders.map(() => end);
    cluster.on(fetchApi, (request, _version, broker) => {
      this.sessions.push(`${broker.id}:${request.sessionId}/${request.sessionEpoch}`);
      if (request.sessionEpoch === 0) this.#known.clear();
      for (const { partition, fetchOffset } of request.topics.flatMap((t) => t.partitions)) {
        this.#known.set(partition, fetchOffset);
      }
      const failure = this.failures.shift();
      if (failure === DROP) return DROP;
      const partitions = [...this.#known].map(([partition, offset]) =>
        this.#partition(partition, offset, broker.id, failure?.each ?? 0)
      );
      return {
        throttleTimeMs: 0,
        errorCode: failure?.whole ?? 0,
        sessionId: 7,
        responses: [{ topic: "orders", topicId: TOPIC_ID, partitions }],
      };
    });
    cluster.on(listOffsetsApi, ({ topics }) => ({
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: 0,
          offset: this.start,
        })),
      })),
    }));
  }

  #partition(partitionIndex: number, offset: number, broker: number, failure: number) {
    const isLeader = this.cluster.leaders[partitionIndex] === broker;
    const isInside = offset >= this.start && offset <= this.ends[partitionIndex]!;
    const errorCode = failure !== 0
      ? failure
      : !isLeader
      ? ErrorCode.NOT_LEADER_OR_FOLLOWER
      : isInside
      ? 0
      : ErrorCode.OFFSET_OUT_OF_RANGE;
    const base = offset - offset % 3;
    const hasRecords = errorCode === 0 && offset < this.ends[partitionIndex]!;
    const values = [0, 1, 2].map((i) => ({ value: Uint8Array.of(base + i) }));
    return {
      partitionIndex,
      errorCode,
      highWatermark: this.ends[partitionIndex]!,
      abortedTransactions: null,
      records: hasRecords ? buildBatch(values, { baseOffset: base }) : null,
    };
  }
}

class CollectingSink implements RecordSink {
  readonly offsets: string[] = [];
  readonly skips: string[] = [];
  countMax = Infinity;
  waits: PromiseWithResolvers<void> | undefined;

  take({ partition, records, start, end }: FetchedPartition): boolean {
    scanBatches(records, (position) => {
      for (const { offset } of readRecords(records, position)) {
        if (offset >= start && offset < end) this.offsets.push(`${partition}:${offset}`);
      }
    });
    return this.offsets.length < this.countMax;
  }

  room(): Promise<void> | undefined {
    return this.waits?.promise;
  }

  skipped(topic: string, partition: number, from: number, logStart: number): void {
    this.skips.push(`${topic}-${partition} ${from} ${logStart}`);
  }
}

function reading(cluster: FakeCluster, ranges: readonly Partial<ReadRange>[]) {
  const sink = new CollectingSink();
  const client = cluster.client();
  const reader = new PartitionReader(
    client,
    ranges.map((range) => ({ topic: "orders", partition: 0, start: 0, end: 9, ...range })),
    { isolation: Isolation.committed, waitMsMax: 100, partitionMaxBytes: 1_000 },
    sink,
  );
  return { sink, client, reader };
}

const offsets = (partition: number, from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `${partition}:${from + i}`);

Deno.test("PartitionReader reads a range and stops, with one session for it", async () => {
  const cluster = new FakeCluster(1);
  const logs = new FakeLogs(cluster, 100);
  const { sink, client, reader } = reading(cluster, [{ start: 4, end: 11 }]);
  await cluster.drive(reader.run());
  assert.deepEqual(sink.offsets, offsets(0, 4, 11));
  assert.deepEqual(logs.sessions.slice(0, 3), ["1:0/0", "1:7/1", "1:7/2"]);
  client.close();
});

Deno.test("PartitionReader reads from the leaders of all partitions", async () => {
  const cluster = new FakeCluster(2, [1, 2]);
  new FakeLogs(cluster, 100);
  const { sink, client, reader } = reading(cluster, [{ partition: 0 }, { partition: 1, end: 6 }]);
  await cluster.drive(reader.run());
  const of = (partition: string) => sink.offsets.filter((text) => text.startsWith(partition));
  assert.deepEqual(of("0"), offsets(0, 0, 9));
  assert.deepEqual(of("1"), offsets(1, 0, 6));
  client.close();
});

Deno.test("PartitionReader reads nothing where a range is empty", async () => {
  const cluster = new FakeCluster(1);
  const logs = new FakeLogs(cluster, 100);
  const { client, reader } = reading(cluster, [{ start: 5, end: 5 }]);
  await cluster.drive(reader.run());
  assert.deepEqual(logs.sessions, []);
  client.close();
});

Deno.test("PartitionReader goes on where it was after connections break", async () => {
  const cluster = new FakeCluster(1);
  const logs = new FakeLogs(cluster, 100);
  logs.failures.push({}, DROP, {}, DROP);
  const { sink, client, reader } = reading(cluster, [{ end: 15 }]);
  await cluster.drive(reader.run());
  assert.deepEqual(sink.offsets, offsets(0, 0, 15));
  client.close();
});

Deno.test("PartitionReader follows leaders that move, and loses nothing of the others", async () => {
  const cluster = new FakeCluster(2, [1, 1]);
  new FakeLogs(cluster, 100);
  const { sink, client, reader } = reading(cluster, [{ partition: 0 }, { partition: 1 }]);
  const run = reader.run();
  await cluster.clock.advance(0);
  cluster.leaders = [2, 1];
  await cluster.drive(run);
  const of = (partition: string) => sink.offsets.filter((text) => text.startsWith(partition));
  assert.deepEqual(of("0"), offsets(0, 0, 9));
  assert.deepEqual(of("1"), offsets(1, 0, 9));
  client.close();
});

Deno.test("PartitionReader delivers other partitions before it throws for one", async () => {
  const cluster = new FakeCluster(1, [1, 1]);
  new FakeLogs(cluster, 6);
  const { sink, client, reader } = reading(cluster, [
    { partition: 0, start: 3, end: 6 },
    { partition: 1, start: 50, end: 60 },
  ]);
  await assert.rejects(
    cluster.drive(reader.run()),
    (error) =>
      error instanceof BrokerError && error.codeName === "OFFSET_OUT_OF_RANGE" &&
      error.message.startsWith("partition orders-1: it has no offset 50"),
  );
  assert.deepEqual(sink.offsets, offsets(0, 3, 6));
  client.close();
});

Deno.test("PartitionReader skips what retention has taken, and says so", async () => {
  const cluster = new FakeCluster(1);
  const logs = new FakeLogs(cluster, 100);
  logs.start = 6;
  const { sink, client, reader } = reading(cluster, [{ start: 1 }]);
  await cluster.drive(reader.run());
  assert.deepEqual(sink.skips, ["orders-0 1 6"]);
  assert.deepEqual(sink.offsets, offsets(0, 6, 9));
  client.close();
});

Deno.test("PartitionReader begins a new session when the broker has forgotten the old one", async () => {
  const cluster = new FakeCluster(1);
  const logs = new FakeLogs(cluster, 100);
  logs.failures.push({}, { whole: ErrorCode.FETCH_SESSION_ID_NOT_FOUND });
  const { sink, client, reader } = reading(cluster, [{}]);
  await cluster.drive(reader.run());
  assert.deepEqual(sink.offsets, offsets(0, 0, 9));
  assert.equal(logs.sessions.filter((text) => text === "1:0/0").length, 2);
  client.close();
});

Deno.test("PartitionReader gives up when errors last longer than an operation may", async () => {
  const cluster = new FakeCluster(1);
  const logs = new FakeLogs(cluster, 100);
  for (let i = 0; i < 200; i++) logs.failures.push({ each: ErrorCode.KAFKA_STORAGE_ERROR });
  const { client, reader } = reading(cluster, [{}]);
  const startMs = cluster.clock.nowMs;
  await assert.rejects(cluster.drive(reader.run()), /KAFKA_STORAGE_ERROR/);
  const elapsedMs = cluster.clock.nowMs - startMs;
  assert(elapsedMs >= 5_000 && elapsedMs < 6_000, `${elapsedMs} ms`);
  client.close();
});

Deno.test("PartitionReader ends when the sink has had enough, and when it is told to stop", async () => {
  const cluster = new FakeCluster(1);
  new FakeLogs(cluster, 100);
  const first = reading(cluster, [{ end: Infinity }]);
  first.sink.countMax = 6;
  await cluster.drive(first.reader.run());
  assert.deepEqual(first.sink.offsets, offsets(0, 0, 6));
  first.client.close();

  const second = reading(cluster, [{ end: Infinity }]);
  second.reader.stop();
  await cluster.drive(second.reader.run());
  assert.deepEqual(second.sink.offsets, []);
  second.client.close();
});

Deno.test("PartitionReader asks for nothing more while the sink has no room", async () => {
  const cluster = new FakeCluster(1);
  const logs = new FakeLogs(cluster, 100);
  const { sink, client, reader } = reading(cluster, [{ end: 9 }]);
  sink.waits = Promise.withResolvers<void>();
  const run = reader.run();
  await cluster.clock.advance(50);
  assert.equal(logs.sessions.length, 1);
  assert.deepEqual(sink.offsets, offsets(0, 0, 3), "what had come is dealt with");
  sink.waits.resolve();
  sink.waits = undefined;
  await cluster.drive(run);
  assert.deepEqual(sink.offsets, offsets(0, 0, 9));
  client.close();
});
