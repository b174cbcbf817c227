/**
 * Scenarios under load: throughput, fixed rate, fsync per acknowledgement.
 *
 * @module
 */

import { type RunningBroker } from "./brokers.ts";
import { type Sample } from "./figures.ts";
import { type LoadResult, type ProduceLoad, writeLineFile } from "./loads.ts";
import { cpuSeconds } from "./process_stats.ts";
import { type Bench, type Outcome, type ServedScenario } from "./scenarios.ts";
import { withTopic } from "./topics.ts";

const BYTES_PER_GB = 1e9;
const BYTES_PER_MB = 1e6;

/** Metric names, which targets look up. */
export const THROUGHPUT = "throughput";
export const RECORD_RATE = "records";
export const BROKER_CPU = "broker CPU";
export const CLIENT_CPU = "client CPU";
export const LATENCY_P99 = "latency p99";

const LATENCY_RECORDS_PER_SECOND = 10_000;
const LATENCY_RECORD_BYTES = 1000;
const LATENCY_WARMUP_SECONDS = 5;
const FLUSH_RECORD_BYTES = 1000;

/** "1k" for 1000 bytes, "100" for 100. */
function sizeName(recordBytes: number): string {
  return recordBytes % 1000 === 0 ? `${recordBytes / 1000}k` : String(recordBytes);
}

/** How many records a pass sends: small records are dearer, so they get half the bytes. */
function recordsOfPass(bench: Bench, recordBytes: number, warmup: boolean): number {
  const bytes = warmup ? bench.sizes.warmupBytes : bench.sizes.passBytes;
  return Math.round(bytes / (recordBytes < 1000 ? 2 : 1) / recordBytes);
}

/** Runs a load and adds what the broker's process used meanwhile. */
async function measured(
  broker: RunningBroker,
  load: () => Promise<LoadResult>,
): Promise<Sample[]> {
  const pid = broker.process?.pid;
  const cpuBefore = pid === undefined ? 0 : cpuSeconds(pid);
  const { records, bytes, seconds, clientCpuSeconds } = await load();
  const samples: Sample[] = [
    { metric: THROUGHPUT, unit: "MB/s", value: bytes / BYTES_PER_MB / seconds },
    { metric: RECORD_RATE, unit: "records/s", value: records / seconds },
    { metric: CLIENT_CPU, unit: "s/GB", value: clientCpuSeconds / (bytes / BYTES_PER_GB) },
  ];
  if (pid !== undefined) {
    const used = cpuSeconds(pid) - cpuBefore;
    samples.push({ metric: BROKER_CPU, unit: "s/GB", value: used / (bytes / BYTES_PER_GB) });
  }
  return samples;
}

function produceLoad(bench: Bench, topic: string, recordBytes: number): ProduceLoad {
  return {
    topic,
    recordBytes,
    records: 0,
    throughput: -1,
    warmupRecords: 0,
    properties: [`acks=${bench.acks}`, ...bench.producerProperties],
  };
}

/**
 * Writes a topic with ProducerPerformance, then reads it back: twice with assigned partitions, where
 * the first reading warms the consumer, and once with ConsumerPerformance, which joins a group. Each
 * figure has its name; nothing is read whose name is not chosen, and nothing from a yardstick.
 * Undefined when no name is chosen.
 */
export function throughputScenario(
  recordBytes: number,
  partitions: number,
  isChosen: (name: string) => boolean,
): ServedScenario | undefined {
  const shape = `${sizeName(recordBytes)}-${partitions}p`;
  const names = ["produce", "consume", "group"].map((load) => `${load}-${shape}`).filter(isChosen);
  if (names.length === 0) return undefined;
  return {
    names,
    partitions,
    onYardstick: names.includes(`produce-${shape}`),
    async run(bench, broker, warmup, hasTopics): Promise<Outcome> {
      const records = recordsOfPass(bench, recordBytes, warmup);
      const topic = bench.freshTopic();
      const load = { ...produceLoad(bench, topic, recordBytes), records };
      const outcome = new Map<string, Sample[]>();
      const file = (name: string, samples: Sample[]) => {
        if (names.includes(name)) outcome.set(name, samples);
      };
      const work = async () => {
        const produce = () => bench.clients.produce(broker.bootstrap, load);
        file(`produce-${shape}`, await measured(broker, produce));
        if (hasTopics && names.includes(`consume-${shape}`)) {
          file(`consume-${shape}`, await readAssigned(bench, broker, load, partitions));
        }
        if (hasTopics && names.includes(`group-${shape}`)) {
          const consume = () => bench.clients.consumeInGroup(broker.bootstrap, load);
          file(`group-${shape}`, await measured(broker, consume));
        }
      };
      if (hasTopics) await withTopic(broker, { name: topic, partitions, configs: {} }, work);
      else await work();
      return outcome;
    },
  };
}

/** Reads what a produce load has written. */
async function readAssigned(
  bench: Bench,
  broker: RunningBroker,
  { topic, records }: ProduceLoad,
  partitions: number,
): Promise<Sample[]> {
  const consumer = await bench.clients.consumer(broker.bootstrap, topic, partitions, records);
  await consumer.pass();
  const samples = await measured(broker, () => consumer.pass());
  await consumer.close();
  return samples;
}

/** Pipes lines through kcat, that is librdkafka, which costs the machine less than a JVM. */
export function kcatScenario(recordBytes: number): ServedScenario {
  const name = `kcat-${sizeName(recordBytes)}-1p`;
  return {
    names: [name],
    partitions: 1,
    onYardstick: true,
    async run(bench, broker, warmup, hasTopics) {
      const topic = bench.freshTopic();
      const bytes = recordsOfPass(bench, recordBytes, warmup) * recordBytes;
      const lines = await writeLineFile(bench.scratchDirectory, recordBytes, bytes);
      const work = () => measured(broker, () => bench.clients.kcat(broker.bootstrap, topic, lines));
      const samples = hasTopics
        ? await withTopic(broker, { name: topic, partitions: 1, configs: {} }, work)
        : await work();
      return new Map([[name, samples]]);
    },
  };
}

/** 10,000 records of 1000 bytes per second to one partition: how long until acknowledged. */
export function latencyScenario(): ServedScenario {
  return {
    names: ["latency"],
    partitions: 1,
    onYardstick: false,
    async run(bench, broker, warmup) {
      const topic = bench.freshTopic();
      const seconds = warmup ? LATENCY_WARMUP_SECONDS : bench.sizes.latencySeconds;
      const load = {
        ...produceLoad(bench, topic, LATENCY_RECORD_BYTES),
        records: LATENCY_RECORDS_PER_SECOND * (LATENCY_WARMUP_SECONDS + seconds),
        throughput: LATENCY_RECORDS_PER_SECOND,
        warmupRecords: LATENCY_RECORDS_PER_SECOND * LATENCY_WARMUP_SECONDS,
      };
      const samples = await withTopic(
        broker,
        { name: topic, partitions: 1, configs: {} },
        async () => {
          const { latencies } = await bench.clients.produce(broker.bootstrap, load);
          return latencies;
        },
      );
      return new Map([["latency", [
        { metric: "latency p50", unit: "ms", value: samples.p50 },
        { metric: "latency p95", unit: "ms", value: samples.p95 },
        { metric: LATENCY_P99, unit: "ms", value: samples.p99 },
        { metric: "latency p99.9", unit: "ms", value: samples.p999 },
      ]]]);
    },
  };
}

/**
 * Full speed into one partition of a topic with `flush.messages=1`, where no record is acknowledged
 * before it is on the disk. With one producer only the requests it has in flight can share an
 * fsync; with many, as a busy topic has, group commit shows.
 */
export function flushScenario(producers: number): ServedScenario {
  const name = `flush-${producers}`;
  return {
    names: [name],
    partitions: 1,
    onYardstick: false,
    async run(bench, broker, warmup) {
      const topic = bench.freshTopic();
      const records = Math.round(bench.sizes.flushRecords / (warmup ? 4 : 1));
      const load = { ...produceLoad(bench, topic, FLUSH_RECORD_BYTES), records };
      const configs = { "flush.messages": "1" };
      return await withTopic(broker, { name: topic, partitions: 1, configs }, async () => {
        const client = await bench.clients.parallelProducers(broker.bootstrap, load, producers);
        const samples = await measured(broker, () => client.pass());
        await client.close();
        return new Map([[name, samples]]);
      });
    },
  };
}
