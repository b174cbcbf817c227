/**
 * Scenarios of great numbers: idle connections, and partitions that come back after a crash.
 *
 * @module
 */

import { type BrokerKind, type RunningBroker, startBroker } from "./brokers.ts";
import { type Sample } from "./figures.ts";
import { connectWhenListening, processOf, withDirectory } from "./lifecycle_scenarios.ts";
import { memoryOf } from "./process_stats.ts";
import { pause } from "./processes.ts";
import { type Bench, type FreshScenario } from "./scenarios.ts";
import { awaitLeaders, makeTopics, produceUntilAcknowledged, withConnection } from "./topics.ts";
import { type NewTopic, singleRecordBatch, WireConnection } from "./wire.ts";

/** Metric names, which targets look up. */
export const CONNECTION_MEMORY = "resident per connection";
export const READY_AFTER_CRASH = "ready after kill -9";

const BYTES_PER_MB = 1e6;
const BYTES_PER_KB = 1e3;
const SETTLE_MS = 5000;
/** Below the 50 that Kafka lets wait for its accept; beyond it, TCP would add seconds. */
const DIALS_AT_ONCE = 32;
const PARTITIONS_PER_TOPIC = 1000;

/** Many connections that each asked for ApiVersions once and then stay silent. */
export function connectionsScenario(): FreshScenario {
  return {
    names: ["connections"],
    run: (bench, kind) =>
      withDirectory(bench, async (directory) => {
        const broker = await startBroker(kind, directory);
        try {
          return new Map([["connections", await measureConnections(bench, broker)]]);
        } finally {
          await processOf(broker).stop();
        }
      }),
  };
}

async function measureConnections(bench: Bench, broker: RunningBroker): Promise<Sample[]> {
  const { pid } = processOf(broker);
  const count = bench.sizes.connections;
  const open: WireConnection[] = [];
  try {
    // The first few pay for code and pools that are there once, however many follow.
    await openConnections(broker, DIALS_AT_ONCE, open);
    await pause(SETTLE_MS);
    const before = memoryOf(pid).residentBytes;
    const startMs = performance.now();
    await openConnections(broker, count, open);
    const seconds = (performance.now() - startMs) / 1000;
    await pause(SETTLE_MS);
    const grown = memoryOf(pid).residentBytes - before;
    return [
      { metric: CONNECTION_MEMORY, unit: "KB", value: grown / count / BYTES_PER_KB },
      { metric: "time to connect all", unit: "s", value: seconds },
    ];
  } finally {
    for (const connection of open) connection.close();
  }
}

async function openConnections(
  broker: RunningBroker,
  count: number,
  open: WireConnection[],
): Promise<void> {
  for (let opened = 0; opened < count; opened += DIALS_AT_ONCE) {
    const dials = Math.min(DIALS_AT_ONCE, count - opened);
    await Promise.all(Array.from({ length: dials }, async () => {
      const connection = await WireConnection.open(broker.bootstrap);
      open.push(connection);
      await connection.apiVersions();
    }));
  }
}

/**
 * Makes many partitions with a record in each, kills the broker, and times from its start until all
 * of them have a leader and each topic acknowledges a record in its first and last partition.
 */
export function partitionsScenario(): FreshScenario {
  return {
    names: ["partitions"],
    run: (bench, kind) =>
      withDirectory(bench, async (directory) => {
        const topics = manyTopics(bench);
        const createSeconds = await fillAndCrash(kind, directory, topics);
        const { readySeconds, residentBytes } = await recover(kind, directory, topics);
        const samples: Sample[] = [
          { metric: READY_AFTER_CRASH, unit: "s", value: readySeconds },
          { metric: "time to create", unit: "s", value: createSeconds },
          { metric: "resident, recovered", unit: "MB", value: residentBytes / BYTES_PER_MB },
        ];
        return new Map([["partitions", samples]]);
      }),
  };
}

function manyTopics(bench: Bench): NewTopic[] {
  const count = Math.ceil(bench.sizes.partitions / PARTITIONS_PER_TOPIC);
  const partitions = Math.round(bench.sizes.partitions / count);
  return Array.from({ length: count }, () => ({
    name: bench.freshTopic(),
    partitions,
    configs: {},
  }));
}

/** Gives the seconds that creation took. */
async function fillAndCrash(
  kind: BrokerKind,
  directory: string,
  topics: readonly NewTopic[],
): Promise<number> {
  const broker = await startBroker(kind, directory);
  try {
    return await withConnection(broker, async (connection) => {
      const startMs = performance.now();
      for (const topic of topics) await makeTopics(connection, [topic]);
      const createSeconds = (performance.now() - startMs) / 1000;
      for (const { name, partitions } of topics) {
        const all = Array.from({ length: partitions }, (_, partition) => partition);
        await produceUntilAcknowledged(connection, name, all, oneRecord());
      }
      return createSeconds;
    });
  } finally {
    await processOf(broker).kill();
  }
}

async function recover(
  kind: BrokerKind,
  directory: string,
  topics: readonly NewTopic[],
): Promise<{ readySeconds: number; residentBytes: number }> {
  const startMs = performance.now();
  const broker = kind.spawn(directory, 1);
  try {
    const connection = await connectWhenListening(broker);
    await awaitLeaders(connection, topics);
    for (const { name, partitions } of topics) {
      await produceUntilAcknowledged(connection, name, [0, partitions - 1], oneRecord());
    }
    const readySeconds = (performance.now() - startMs) / 1000;
    connection.close();
    return { readySeconds, residentBytes: memoryOf(processOf(broker).pid).residentBytes };
  } finally {
    await processOf(broker).stop();
  }
}

function oneRecord(): Uint8Array {
  return singleRecordBatch(new Uint8Array(100), Date.now());
}
