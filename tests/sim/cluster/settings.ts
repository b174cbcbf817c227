import type { FaultKind } from "../faults/fault.ts";
import type { SeededRandom } from "../world/seeded_random.ts";

/** When an acknowledged record is durable. */
export type Durability =
  /** Once it was flushed on every in-sync replica: it survives loss of power. */
  | "flushed"
  /** Once it is in the page cache of every in-sync replica: it survives the death of processes. */
  | "written";

/** Faults that a record in the page cache does not survive. */
const POWER_FAULTS: readonly FaultKind[] = ["power"];
/** Faults that take what a disk holds. */
export const LOSING_FAULTS: readonly FaultKind[] = ["wipe", "bitRot"];

/** Faults that an operator at work has to live with. */
const GENTLE_FAULTS: readonly FaultKind[] = [
  "pause",
  "flaky",
  "slowNetwork",
  "reset",
  "halfOpen",
  "slowDisk",
  "clockJump",
];

/** How often one of several faults is part of a run: runs with few kinds reach further (swarms). */
const KIND_CHANCE = 0.5;

/** Who is at work: with few clients more can go wrong in the same time. */
export type WorkloadKind = "everything" | "records" | "metadata";
const WORKLOADS: readonly WorkloadKind[] = ["everything", "everything", "records", "metadata"];

/** Runs from this length on are about what builds up slowly, and go at a slower pace. */
const LONG_RUN_MS = 600_000;

interface Pace {
  readonly faultIntervalMs: number;
  readonly thinkMs: number;
}

const FAST_PACES: readonly Pace[] = [
  { faultIntervalMs: 1500, thinkMs: 150 },
  { faultIntervalMs: 1500, thinkMs: 1000 },
  { faultIntervalMs: 4000, thinkMs: 400 },
  { faultIntervalMs: 10_000, thinkMs: 150 },
  { faultIntervalMs: 10_000, thinkMs: 2000 },
];
const SLOW_PACES: readonly Pace[] = [
  { faultIntervalMs: 15_000, thinkMs: 10_000 },
  { faultIntervalMs: 60_000, thinkMs: 10_000 },
  { faultIntervalMs: 30_000, thinkMs: 30_000 },
];

/** What a run is made of, apart from its seed. */
export interface RunPlan {
  readonly nodes: number;
  readonly durability: Durability;
  readonly faults: readonly FaultKind[];
  readonly faultIntervalMs: number;
  /** Mean pause of a client between two actions. */
  readonly thinkMs: number;
  readonly workload: WorkloadKind;
  /** What happens besides the workload. */
  readonly script: "trouble" | "growth";
  /** For so long things go wrong. */
  readonly troubleMs: number;
}

/** What the seed decides of a run. `faults` are those that may be drawn. */
export function drawPlan(
  random: SeededRandom,
  options: {
    readonly nodes: number;
    readonly faults: readonly FaultKind[];
    readonly timeMs: number;
  },
): RunPlan {
  const durability = random.chance(0.5) ? "flushed" : "written";
  const possible = options.faults.filter((kind) =>
    durability === "flushed" || !POWER_FAULTS.includes(kind)
  );
  const drawn = possible.filter(() => random.chance(KIND_CHANCE));
  return {
    nodes: options.nodes,
    durability,
    faults: drawn.length > 0 ? drawn : possible,
    ...random.pick(options.timeMs < LONG_RUN_MS ? FAST_PACES : SLOW_PACES),
    workload: random.pick(WORKLOADS),
    script: "trouble",
    troubleMs: options.timeMs,
  };
}

/** A cluster that grows, with the sizes that brokers choose by themselves. */
export function growthPlan(random: SeededRandom): RunPlan {
  return {
    nodes: 1,
    durability: random.chance(0.5) ? "flushed" : "written",
    faults: GENTLE_FAULTS.filter(() => random.chance(KIND_CHANCE)),
    faultIntervalMs: 3000,
    thinkMs: random.pick([150, 600]),
    workload: "everything",
    script: "growth",
    troubleMs: 0,
  };
}

/** Kafka's settings of every broker. */
export function brokerConfig(
  { nodes, durability, troubleMs, script }: RunPlan,
): Readonly<Record<string, string>> {
  const replicas = String(Math.min(3, nodes));
  const inSync = String(Math.min(2, nodes));
  return {
    "offsets.topic.num.partitions": "2",
    "transaction.state.log.num.partitions": "2",
    ...(script === "growth" ? {} : {
      "offsets.topic.replication.factor": replicas,
      "transaction.state.log.replication.factor": replicas,
      "transaction.state.log.min.isr": inSync,
      "default.replication.factor": replicas,
      "min.insync.replicas": inSync,
    }),
    "group.initial.rebalance.delay.ms": "0",
    "log.segment.bytes": "1048576",
    // So little that snapshots are made, and sent, all the time.
    "metadata.log.max.record.bytes.between.snapshots": "20000",
    ...(troubleMs < LONG_RUN_MS ? {} : { "replica.fetch.wait.max.ms": "2000" }),
    ...(durability === "flushed" ? { "log.flush.interval.messages": "1" } : {}),
  };
}
