/**
 * The selection of scenarios by name.
 *
 * @module
 */

import { clusterIdleScenario, failoverScenario } from "./cluster_scenarios.ts";
import { groupsScenario, membersScenario } from "./group_scenarios.ts";
import { memoryScenario, startScenario } from "./lifecycle_scenarios.ts";
import {
  flushScenario,
  kcatScenario,
  latencyScenario,
  throughputScenario,
} from "./load_scenarios.ts";
import { connectionsScenario, partitionsScenario } from "./scale_scenarios.ts";
import { type Selection, type ServedScenario } from "./scenarios.ts";

/** Names and sizes that were asked for. */
export interface ScenarioChoice {
  /** Names or beginnings of names; none for all but those that need a consumer group or a
   * cluster. */
  readonly names: readonly string[];
  readonly recordBytes: readonly number[];
  readonly partitions: readonly number[];
}

const FLUSH_PRODUCERS: readonly number[] = [1, 4, 16];

/**
 * The chosen scenarios. "produce" stands for every name that begins with "produce-".
 *
 * @throws RangeError when a name chooses nothing
 */
export function selectScenarios(choice: ScenarioChoice): Selection {
  const served: ServedScenario[] = [];
  const isChosen = (name: string) => matchesAny(name, choice.names);
  for (const recordBytes of choice.recordBytes) {
    for (const partitions of choice.partitions) {
      const scenario = throughputScenario(recordBytes, partitions, isChosen);
      if (scenario !== undefined) served.push(scenario);
    }
  }
  const others = [
    ...choice.recordBytes.map(kcatScenario),
    latencyScenario(),
    ...FLUSH_PRODUCERS.map(flushScenario),
  ];
  served.push(...others.filter(({ names }) => names.some(isChosen)));
  const fresh = [
    startScenario(),
    memoryScenario(),
    connectionsScenario(),
    partitionsScenario(),
    membersScenario(),
    groupsScenario(),
    failoverScenario(),
    clusterIdleScenario(),
  ].filter(({ names }) => names.some(isChosen));
  const offered = [...served, ...fresh].flatMap(({ names }) => names);
  for (const name of choice.names) {
    if (!offered.some((candidate) => matchesAny(candidate, [name]))) {
      throw new RangeError(`no scenario is called ${name}`);
    }
  }
  return { served, fresh };
}

function matchesAny(name: string, chosen: readonly string[]): boolean {
  if (chosen.length === 0) return !/^(group|cluster)-/.test(name);
  return chosen.some((choice) => name === choice || name.startsWith(`${choice}-`));
}
