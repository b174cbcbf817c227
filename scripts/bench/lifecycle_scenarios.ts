/**
 * Scenarios on brokers of their own: how soon they serve, and what memory they hold.
 *
 * @module
 */

import { type BrokerKind, type RunningBroker, startBroker, tryToConnect } from "./brokers.ts";
import { type Sample } from "./figures.ts";
import { memoryOf } from "./process_stats.ts";
import { pause, Process } from "./processes.ts";
import { type Bench, type FreshScenario } from "./scenarios.ts";
import { makeTopics, produceUntilAcknowledged, syncDisk, withConnection } from "./topics.ts";
import { singleRecordBatch, type WireConnection } from "./wire.ts";

/** Metric names, which targets look up. */
export const FIRST_START = "first start to first record";
export const IDLE_MEMORY = "resident, idle";
export const LOADED_MEMORY = "resident, after the load";

const BYTES_PER_MB = 1e6;
const START_TIMEOUT_MS = 120_000;
const CONNECT_POLL_MS = 2;
const SETTLE_MS = 10_000;
const MEMORY_RECORD_BYTES = 1000;
const MEMORY_PARTITIONS = 6;

/** Stops the broker, whatever happened, and removes its directory. */
export async function withDirectory<T>(
  bench: Bench,
  work: (directory: string) => Promise<T>,
): Promise<T> {
  const directory = bench.freshDirectory();
  await Deno.mkdir(directory, { recursive: true });
  try {
    return await work(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
    await syncDisk();
  }
}

/** The process of a broker that this benchmark started. */
export function processOf(broker: RunningBroker): Process {
  if (broker.process === undefined) throw new Error("this broker was started by somebody else");
  return broker.process;
}

/** Dials again and again until somebody listens. Throws when the process ends or time is up. */
export async function connectWhenListening(broker: RunningBroker): Promise<WireConnection> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const connection = await tryToConnect(broker.bootstrap);
    if (connection !== undefined) return connection;
    if (processOf(broker).hasEnded) throw new Error(`${processOf(broker).title} has ended`);
    if (performance.now() > deadlineMs) throw new Error("nobody listens");
    await pause(CONNECT_POLL_MS);
  }
}

/**
 * From the start of the process to the first acknowledged record: on a new directory, where the
 * topic is made as well, and again after an orderly stop. What a broker asks for before its first
 * start (Kafka's formatting) is not counted.
 */
export function startScenario(): FreshScenario {
  return {
    names: ["start"],
    run: (bench, kind) =>
      withDirectory(bench, async (directory) => {
        await kind.prepare(directory);
        const firstMs = await timeToFirstRecord(kind, directory);
        const againMs = await timeToFirstRecord(kind, directory);
        const samples: Sample[] = [
          { metric: FIRST_START, unit: "ms", value: firstMs },
          { metric: "restart to first record", unit: "ms", value: againMs },
        ];
        return new Map([["start", samples]]);
      }),
  };
}

async function timeToFirstRecord(kind: BrokerKind, directory: string): Promise<number> {
  const batch = singleRecordBatch(new Uint8Array(100), Date.now());
  const startMs = performance.now();
  const broker = kind.spawn(directory, 1);
  try {
    const connection = await connectWhenListening(broker);
    await makeTopics(connection, [{ name: "first", partitions: 1, configs: {} }]);
    await produceUntilAcknowledged(connection, "first", [0], batch);
    const elapsedMs = performance.now() - startMs;
    connection.close();
    return elapsedMs;
  } finally {
    await processOf(broker).stop();
  }
}

/** Resident memory of a broker that nobody uses, and of one that has taken a load. */
export function memoryScenario(): FreshScenario {
  return {
    names: ["memory"],
    run: (bench, kind) =>
      withDirectory(bench, async (directory) => {
        const broker = await startBroker(kind, directory);
        try {
          return new Map([["memory", await measureMemory(bench, broker)]]);
        } finally {
          await processOf(broker).stop();
        }
      }),
  };
}

async function measureMemory(bench: Bench, broker: RunningBroker): Promise<Sample[]> {
  const { pid } = processOf(broker);
  const topic = bench.freshTopic();
  await pause(SETTLE_MS);
  const idle = memoryOf(pid);
  await withConnection(
    broker,
    (connection) =>
      makeTopics(connection, [{ name: topic, partitions: MEMORY_PARTITIONS, configs: {} }]),
  );
  await bench.clients.produce(broker.bootstrap, {
    topic,
    records: Math.round(bench.sizes.memoryBytes / MEMORY_RECORD_BYTES),
    recordBytes: MEMORY_RECORD_BYTES,
    throughput: -1,
    warmupRecords: 0,
    properties: [`acks=${bench.acks}`, ...bench.producerProperties],
  });
  await pause(SETTLE_MS);
  const loaded = memoryOf(pid);
  return [
    { metric: IDLE_MEMORY, unit: "MB", value: idle.residentBytes / BYTES_PER_MB },
    { metric: LOADED_MEMORY, unit: "MB", value: loaded.residentBytes / BYTES_PER_MB },
    { metric: "resident, peak", unit: "MB", value: loaded.peakResidentBytes / BYTES_PER_MB },
  ];
}
