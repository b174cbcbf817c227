/**
 * What the broker is held to, and whether the figures meet it.
 *
 * @module
 */

import { type FigureSet, formatNumber } from "./figures.ts";
import { CLUSTER_IDLE_CPU, FAILOVER_P99, MOVE_P99 } from "./cluster_scenarios.ts";
import { GROUPS_LOADED, HEARTBEAT_CPU, REBALANCE } from "./group_scenarios.ts";
import { BROKER_CPU, LATENCY_P99, THROUGHPUT } from "./load_scenarios.ts";
import { FIRST_START, IDLE_MEMORY, LOADED_MEMORY } from "./lifecycle_scenarios.ts";
import { CONNECTION_MEMORY, READY_AFTER_CRASH } from "./scale_scenarios.ts";

/** One target and how it was met. */
export interface Verdict {
  readonly scenario: string;
  readonly target: string;
  /** The measured figure, in words. */
  readonly measured: string;
  readonly met: boolean;
}

/** The medians of all who took part. */
export interface Contest {
  readonly jocko: FigureSet;
  readonly kafka: FigureSet;
  /** Missing when no yardstick was given. */
  readonly limit: FigureSet | undefined;
}

const MAX_CPU_RATIO = 0.5;
const MIN_LIMIT_RATIO = 0.7;
const MIN_FLUSH_RATIO = 5;
const MAX_START_RATIO = 0.1;

/** Targets that stand on their own: scenario, metric, bound, unit. */
const BOUNDS: readonly (readonly [string, string, number, string])[] = [
  ["memory", IDLE_MEMORY, 100, "MB"],
  ["memory", LOADED_MEMORY, 300, "MB"],
  ["connections", CONNECTION_MEMORY, 12, "KB"],
  ["partitions", READY_AFTER_CRASH, 3, "s"],
  ["members", REBALANCE, 3, "s"],
  ["members", HEARTBEAT_CPU, 5, "%"],
  ["groups", GROUPS_LOADED, 2, "s"],
  ["cluster-failover", FAILOVER_P99, 2000, "ms"],
  ["cluster-failover", MOVE_P99, 100, "ms"],
  ["cluster-idle", CLUSTER_IDLE_CPU, 10, "%"],
];

/** Verdicts on every target whose scenario ran. */
export function judge(contest: Contest): Verdict[] {
  const { jocko, kafka, limit } = contest;
  const verdicts: Verdict[] = [];
  const ratio = (scenario: string, metric: string, rival: FigureSet, bound: Bound) => {
    const verdict = judgeRatio(jocko, rival, scenario, metric, bound);
    if (verdict !== undefined) verdicts.push(verdict);
  };
  for (const scenario of new Set(jocko.all().map((figure) => figure.scenario))) {
    if (/^(produce|consume)-/.test(scenario)) {
      ratio(scenario, THROUGHPUT, kafka, { atLeast: 1 });
      ratio(scenario, BROKER_CPU, kafka, { atMost: MAX_CPU_RATIO });
    }
    if (/^(produce|kcat)-/.test(scenario) && limit !== undefined) {
      ratio(scenario, THROUGHPUT, limit, { atLeast: MIN_LIMIT_RATIO });
    }
    if (/^flush-/.test(scenario)) ratio(scenario, THROUGHPUT, kafka, { atLeast: MIN_FLUSH_RATIO });
  }
  ratio("latency", LATENCY_P99, kafka, { atMost: 1 });
  ratio("start", FIRST_START, kafka, { atMost: MAX_START_RATIO });
  for (const [scenario, metric, bound, unit] of BOUNDS) {
    const value = jocko.median(scenario, metric);
    if (value === undefined) continue;
    verdicts.push({
      scenario,
      target: `${metric} <= ${bound} ${unit}`,
      measured: `${formatNumber(value)} ${unit}`,
      met: value <= bound,
    });
  }
  return verdicts;
}

type Bound = { readonly atLeast: number } | { readonly atMost: number };

function judgeRatio(
  jocko: FigureSet,
  rival: FigureSet,
  scenario: string,
  metric: string,
  bound: Bound,
): Verdict | undefined {
  const ours = jocko.median(scenario, metric);
  const theirs = rival.median(scenario, metric);
  if (ours === undefined || theirs === undefined) return undefined;
  const ratio = ours / theirs;
  const sign = "atLeast" in bound ? ">=" : "<=";
  const factor = "atLeast" in bound ? bound.atLeast : bound.atMost;
  const unit = jocko.get(scenario, metric)?.unit ?? "";
  return {
    scenario,
    target: `${metric} ${sign} ${factor} x ${rival.broker}`,
    measured: `${formatNumber(ours)} to ${formatNumber(theirs)} ${unit}: ${formatNumber(ratio)} x`,
    met: "atLeast" in bound ? ratio >= factor : ratio <= factor,
  };
}
