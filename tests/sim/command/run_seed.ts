import { crashRun } from "../../unit/log/crash_scenario.ts";
import { brokerOnBadDisk } from "../broker_on_bad_disk.ts";
import { brokerLaunch, CLUSTER_PORT, type ClusterWish } from "../cluster/launch.ts";
import { Run, RunFailure } from "../cluster/run.ts";
import { brokerConfig, drawPlan, growthPlan } from "../cluster/settings.ts";
import { InvariantViolation } from "../checkers/violation.ts";
import { SeededRandom } from "../world/seeded_random.ts";
import type { Scenario, SimulateOptions } from "./options.ts";

/** Changing calls of the disk, at most, before a crash of the log scenario. */
const CRASH_AFTER_MAX = 400;

/** What became of a seed; plain data, to be sent between workers. */
export type SeedOutcome =
  | {
    readonly kind: "sound";
    readonly seed: number;
    readonly scenario: Scenario;
    readonly simulatedMs: number;
    readonly hash: string;
    readonly summary: string;
  }
  | {
    readonly kind: "failed";
    readonly seed: number;
    readonly scenario: Scenario;
    /** Name of the invariant, or of the error. */
    readonly what: string;
    readonly message: string;
    readonly trace: readonly string[];
    readonly atMs: number;
  };

/** Runs one seed of one scenario. Never throws. */
export async function runSeed(
  seed: number,
  scenario: Scenario,
  options: SimulateOptions,
): Promise<SeedOutcome> {
  try {
    if (scenario === "log") return await logSeed(seed);
    if (scenario === "broker") return await brokerSeed(seed);
    return await worldSeed(seed, scenario, options);
  } catch (error) {
    const failure = error instanceof RunFailure ? error : undefined;
    const reason: unknown = failure?.reason ?? error;
    return {
      kind: "failed",
      seed,
      scenario,
      what: reason instanceof InvariantViolation ? reason.invariant : nameOf(reason),
      message: messageOf(reason),
      trace: failure?.trace ?? [],
      atMs: failure?.atMs ?? 0,
    };
  }
}

/** The run of a cluster that grows from one broker, and shrinks. */
export function growthRun(seed: number): Run {
  const plan = growthPlan(new SeededRandom(seed, "plan"));
  const first = "10.0.0.1";
  const wish = (host: string): ClusterWish => ({
    expect: host === first ? 1 : undefined,
    join: host === first ? [] : [{ host: first, port: CLUSTER_PORT }],
    keys: [],
  });
  return new Run(seed, plan, brokerLaunch(brokerConfig(plan), wish));
}

/** Pulls the plan of a seed out of it, and the run that it makes. */
export function clusterRun(
  seed: number,
  options: Pick<SimulateOptions, "nodes" | "faults" | "timeMs">,
) {
  const random = new SeededRandom(seed, "plan");
  const plan = drawPlan(random, options);
  const key = new Uint8Array(32);
  random.fill(key);
  const keys = random.chance(0.3) ? [key] : [];
  const hosts = Array.from({ length: plan.nodes }, (_, i) => `10.0.0.${i + 1}`);
  const wish = (host: string): ClusterWish | undefined => {
    if (plan.nodes === 1) return undefined;
    const isFounder = hosts.includes(host);
    // Founders know the first of them; those that come later know all of these.
    const known = isFounder ? hosts.slice(0, 1) : hosts;
    const join = known.filter((each) => each !== host).map((each) => ({
      host: each,
      port: CLUSTER_PORT,
    }));
    return { expect: isFounder ? plan.nodes : undefined, join, keys };
  };
  return new Run(seed, plan, brokerLaunch(brokerConfig(plan), wish));
}

async function worldSeed(
  seed: number,
  scenario: "cluster" | "growth",
  options: SimulateOptions,
): Promise<SeedOutcome> {
  const run = scenario === "growth" ? growthRun(seed) : clusterRun(seed, options);
  const result = await run.run();
  const { plan } = result;
  const summary =
    `${plan.durability}, ${plan.workload}, ${plan.faults.join("+")}: ${result.faults} faults, ` +
    `${result.acknowledgedRecords} records, ${result.committedTransactions} transactions, ` +
    `${result.events} events`;
  const { simulatedMs, hash } = result;
  return { kind: "sound", seed, scenario, simulatedMs, hash, summary };
}

async function logSeed(seed: number): Promise<SeedOutcome> {
  const crashAfter = 1 + Math.abs(Math.imul(seed, 2_654_435_761) % CRASH_AFTER_MAX);
  for (const kind of ["process", "power"] as const) await crashRun({ seed, crashAfter, kind });
  return { kind: "sound", seed, scenario: "log", simulatedMs: 0, hash: "", summary: "log" };
}

async function brokerSeed(seed: number): Promise<SeedOutcome> {
  for (const kind of ["process", "power"] as const) await brokerOnBadDisk(seed, kind);
  return { kind: "sound", seed, scenario: "broker", simulatedMs: 0, hash: "", summary: "broker" };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : "error";
}

function messageOf(error: unknown): string {
  if (error instanceof InvariantViolation) return error.message;
  return error instanceof Error ? error.stack ?? error.message : String(error);
}
