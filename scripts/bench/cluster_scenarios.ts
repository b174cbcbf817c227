/**
 * Scenarios of a cluster of three: how long a partition is away when its leader dies or hands over,
 * and what an idle cluster costs.
 *
 * @module
 */

import { Cluster } from "./cluster.ts";
import { median, type Sample } from "./figures.ts";
import { withDirectory } from "./lifecycle_scenarios.ts";
import { type FailoverProbe } from "./loads.ts";
import { cpuSeconds } from "./process_stats.ts";
import { pause } from "./processes.ts";
import { type Bench, type FreshScenario } from "./scenarios.ts";
import { isNotReady, type PartitionPlace, WireConnection } from "./wire.ts";

/** Metric names, which targets look up. */
export const FAILOVER_P99 = "failover p99";
export const MOVE_P99 = "planned move p99";
export const CLUSTER_IDLE_CPU = "CPU per idle broker";

const RECORD_INTERVAL_MS = 5;
const POLL_MS = 20;
const STATE_TIMEOUT_MS = 60_000;
/** A silence after a kill has ended by then. */
const FAILOVER_WATCH_MS = 4000;
const MOVE_WATCH_MS = 1000;
const IDLE_SETTLE_MS = 20_000;
const IDLE_MS = 20_000;
const PARTITIONS_PER_TOPIC = 100;

/**
 * A Java producer with stock settings (acks=all, idempotent) writes to one partition while its
 * leader is killed, started again, and given its leadership back, over and over.
 */
export function failoverScenario(): FreshScenario {
  return onCluster("cluster-failover", measureFailovers);
}

async function measureFailovers(bench: Bench, cluster: Cluster): Promise<Sample[]> {
  const topic = bench.freshTopic();
  await createReplicated(cluster, topic, 1);
  const preferred = await healthy(cluster, topic);
  const probe = await bench.clients.failoverProbe(cluster.bootstrap, topic, RECORD_INTERVAL_MS);
  const failovers: number[] = [];
  const moves: number[] = [];
  const steady: number[] = [];
  try {
    for (let kill = 0; kill < bench.sizes.leaderKills; kill++) {
      steady.push(await watch(probe, MOVE_WATCH_MS, () => Promise.resolve()));
      const leader = cluster.indexOf((await healthy(cluster, topic)).leaderPort);
      failovers.push(await watch(probe, FAILOVER_WATCH_MS, () => cluster.kill(leader)));
      cluster.spawn(leader);
      await cluster.answers(leader);
      const { leaderId } = await healthy(cluster, topic);
      if (leaderId === preferred.leaderId) continue;
      moves.push(await watch(probe, MOVE_WATCH_MS, () => electPreferred(cluster, topic)));
      bench.note(`kill ${kill + 1}: away ${failovers.at(-1)} ms, moved back in ${moves.at(-1)} ms`);
    }
  } finally {
    await probe.close();
  }
  return [
    { metric: FAILOVER_P99, unit: "ms", value: percentile(failovers, 0.99) },
    { metric: "failover p50", unit: "ms", value: median(failovers) },
    { metric: "failover max", unit: "ms", value: Math.max(...failovers) },
    { metric: MOVE_P99, unit: "ms", value: percentile(moves, 0.99) },
    { metric: "planned move p50", unit: "ms", value: median(moves) },
    { metric: "without any change, p99", unit: "ms", value: percentile(steady, 0.99) },
  ];
}

/** The longest silence of the probe from just before `change` until `watchMs` after it. */
async function watch(
  probe: FailoverProbe,
  watchMs: number,
  change: () => Promise<void>,
): Promise<number> {
  await probe.longestMs();
  await change();
  await pause(watchMs);
  return Math.round(await probe.longestMs());
}

/** A cluster with many partitions that nobody uses. */
export function clusterIdleScenario(): FreshScenario {
  return onCluster("cluster-idle", measureIdle);
}

async function measureIdle(bench: Bench, cluster: Cluster): Promise<Sample[]> {
  const count = Math.ceil(bench.sizes.clusterPartitions / PARTITIONS_PER_TOPIC);
  for (let i = 0; i < count; i++) {
    const topic = bench.freshTopic();
    await createReplicated(cluster, topic, PARTITIONS_PER_TOPIC);
    await healthy(cluster, topic);
  }
  await pause(IDLE_SETTLE_MS);
  const before = cluster.pids.map(cpuSeconds);
  const startMs = performance.now();
  await pause(IDLE_MS);
  const seconds = (performance.now() - startMs) / 1000;
  const shares = cluster.pids.map((pid, i) => (cpuSeconds(pid) - before[i]!) / seconds * 100);
  return [
    { metric: CLUSTER_IDLE_CPU, unit: "%", value: Math.max(...shares) },
    { metric: "CPU per idle broker, median", unit: "%", value: median(shares) },
  ];
}

/** A scenario on a cluster of its own. */
function onCluster(
  name: string,
  measure: (bench: Bench, cluster: Cluster) => Promise<Sample[]>,
): FreshScenario {
  return {
    names: [name],
    run: (bench, kind) =>
      withDirectory(bench, async (directory) => {
        const cluster = await Cluster.start(kind, directory);
        try {
          return new Map([[name, await measure(bench, cluster)]]);
        } finally {
          await cluster.stop();
        }
      }),
  };
}

/** Asks every broker that runs in turn, until one gives an answer that counts. */
async function askAny<T>(
  cluster: Cluster,
  ask: (connection: WireConnection) => Promise<T | undefined>,
): Promise<T> {
  const deadlineMs = performance.now() + STATE_TIMEOUT_MS;
  for (let turn = 0; performance.now() < deadlineMs; turn++) {
    const place = cluster.places[turn % cluster.places.length]!;
    if (place.process === undefined) continue;
    const connection = await WireConnection.open(place.listen);
    try {
      const answer = await ask(connection);
      if (answer !== undefined) return answer;
    } finally {
      connection.close();
    }
    await pause(POLL_MS);
  }
  throw new Error("the cluster did not get there in time");
}

async function createReplicated(cluster: Cluster, topic: string, partitions: number) {
  const replicas = cluster.places.length;
  const configs = { "min.insync.replicas": "2" };
  await askAny(cluster, async (connection) => {
    const codes = await connection.createTopics([{ name: topic, partitions, configs, replicas }]);
    const code = codes.get(topic) ?? -1;
    if (code !== 0 && !isNotReady(code)) throw new Error(`CreateTopics failed with ${code}`);
    return code === 0 ? true : undefined;
  });
}

/** Waits until every partition of the topic has all its replicas in sync; gives the first one. */
function healthy(cluster: Cluster, topic: string): Promise<PartitionPlace> {
  return askAny(cluster, async (connection) => {
    const places = await connection.places(topic);
    const isWhole = ({ leaderPort, inSync }: PartitionPlace) =>
      leaderPort > 0 && inSync === cluster.places.length;
    return places.length > 0 && places.every(isWhole) ? places[0] : undefined;
  });
}

async function electPreferred(cluster: Cluster, topic: string): Promise<void> {
  await askAny(cluster, async (connection) => {
    const code = await connection.electPreferred(topic, 0);
    if (code !== 0 && !isNotReady(code)) throw new Error(`ElectLeaders failed with ${code}`);
    return code === 0 ? true : undefined;
  });
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}
