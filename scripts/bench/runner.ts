/**
 * Runs scenarios on one broker or on several in turn.
 *
 * Under load the brokers stay up from one scenario to the next, all of them at once, so that each
 * is warm when its turn comes; an idle one takes no part in the measurement but a percent or two of
 * a core. Runs alternate (A B C, A B C, ...), so that a slow minute of the machine meets them all.
 *
 * @module
 */

import { statfsSync } from "node:fs";
import { type BrokerKind, type RunningBroker, startBroker } from "./brokers.ts";
import { FigureSet, formatNumber } from "./figures.ts";
import {
  type Bench,
  type FreshScenario,
  type Outcome,
  type Selection,
  type ServedScenario,
} from "./scenarios.ts";

const MIN_FREE_BYTES = 15e9;

/** What came of a session. */
export interface SessionResult {
  /** One set per kind of broker, in the order they were given. */
  readonly figures: readonly FigureSet[];
  /** What each scenario that could not be finished failed with. Its earlier runs are kept. */
  readonly failures: readonly string[];
}

/**
 * Runs everything chosen, `runs` times. A scenario that fails is given up, and the next one begins;
 * a broker that does not start ends the session.
 */
export async function runSelection(
  bench: Bench,
  kinds: readonly BrokerKind[],
  selection: Selection,
  runs: number,
): Promise<SessionResult> {
  const figures = new Map(kinds.map((kind) => [kind, new FigureSet(kind.name)]));
  const failures: string[] = [];
  const attempt: Attempt = async (names, work) => {
    try {
      await work();
    } catch (error) {
      const failure = `${names.join(", ")}: ${error instanceof Error ? error.message : error}`;
      failures.push(failure);
      bench.note(`FAILED ${failure}`);
    }
  };
  if (selection.served.length > 0) {
    await runServed(bench, figures, selection.served, runs, attempt);
  }
  for (const scenario of selection.fresh) {
    await attempt(scenario.names, () => runFresh(bench, figures, scenario, runs));
  }
  return { figures: [...figures.values()], failures };
}

/** Does the work of the scenarios of these names, and files its failure. */
type Attempt = (names: readonly string[], work: () => Promise<void>) => Promise<void>;

async function runServed(
  bench: Bench,
  figures: ReadonlyMap<BrokerKind, FigureSet>,
  scenarios: readonly ServedScenario[],
  runs: number,
  attempt: Attempt,
): Promise<void> {
  const lasting = new Map<BrokerKind, RunningBroker>();
  try {
    for (const kind of figures.keys()) {
      if (kind.hasTopics) lasting.set(kind, await startBroker(kind, bench.freshDirectory()));
    }
    for (const scenario of scenarios) {
      await attempt(scenario.names, () => runOneServed(bench, figures, lasting, scenario, runs));
    }
  } finally {
    for (const broker of lasting.values()) await broker.process?.stop();
  }
}

/** Adds the yardstick to the brokers that last, for this scenario and with its partitions. */
async function runOneServed(
  bench: Bench,
  figures: ReadonlyMap<BrokerKind, FigureSet>,
  lasting: ReadonlyMap<BrokerKind, RunningBroker>,
  scenario: ServedScenario,
  runs: number,
): Promise<void> {
  const brokers = new Map(lasting);
  const directory = bench.freshDirectory();
  try {
    for (const kind of figures.keys()) {
      if (kind.hasTopics || !scenario.onYardstick) continue;
      brokers.set(kind, await startBroker(kind, directory, scenario.partitions));
    }
    await alternate(bench, figures, brokers, scenario, runs);
  } finally {
    for (const [kind, broker] of brokers) {
      if (!lasting.has(kind)) await broker.process?.stop();
    }
    await Deno.remove(directory, { recursive: true }).catch(ignoreNotFound);
  }
}

async function alternate(
  bench: Bench,
  figures: ReadonlyMap<BrokerKind, FigureSet>,
  brokers: ReadonlyMap<BrokerKind, RunningBroker>,
  scenario: ServedScenario,
  runs: number,
): Promise<void> {
  for (let run = 0; run <= runs; run++) {
    for (const [kind, broker] of brokers) {
      requireFreeSpace(bench);
      const warmup = run === 0;
      const outcome = await scenario.run(bench, broker, warmup, kind.hasTopics);
      const title = warmup ? "warm-up" : `run ${run}/${runs}`;
      record(bench, figures, kind, outcome, title, warmup);
    }
  }
}

async function runFresh(
  bench: Bench,
  figures: ReadonlyMap<BrokerKind, FigureSet>,
  scenario: FreshScenario,
  runs: number,
): Promise<void> {
  for (let run = 1; run <= runs; run++) {
    for (const kind of figures.keys()) {
      if (!kind.ownsProcess || !kind.hasTopics) continue;
      requireFreeSpace(bench);
      const outcome = await scenario.run(bench, kind);
      record(bench, figures, kind, outcome, `run ${run}/${runs}`, false);
    }
  }
}

function record(
  bench: Bench,
  figures: ReadonlyMap<BrokerKind, FigureSet>,
  kind: BrokerKind,
  outcome: Outcome,
  title: string,
  warmup: boolean,
): void {
  for (const [scenario, samples] of outcome) {
    if (!warmup) figures.get(kind)?.add(scenario, samples);
    const text = samples.map(({ metric, unit, value }) =>
      `${metric} ${formatNumber(value)} ${unit}`
    );
    bench.note(`${scenario}  ${kind.name}  ${title}: ${text.join(", ")}`);
  }
}

/** A disk that fills up would end as a slow broker or a crashed one, and say nothing of either. */
function requireFreeSpace(bench: Bench): void {
  const { bavail, bsize } = statfsSync(bench.scratchDirectory);
  if (bavail * bsize < MIN_FREE_BYTES) {
    throw new Error(`less than ${MIN_FREE_BYTES / 1e9} GB free below ${bench.scratchDirectory}`);
  }
}

function ignoreNotFound(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
