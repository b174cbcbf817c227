/** What changes when the configuration of a broker that runs is read again. Pure. */
import type { ConfigDefinition } from "../../metadata/config/definition.ts";
import type { BrokerSettings } from "./settings.ts";

/** The outcome of {@link planReload}. Names of settings are sorted. */
export interface ReloadPlan {
  /** What the broker is to serve with: new values of `applied`, all others as they were. */
  readonly staticConfig: BrokerSettings["staticConfig"];
  readonly applied: readonly string[];
  /** Settings that are another now, and count at the next start. */
  readonly needRestart: readonly string[];
}

/**
 * Kafka changes these while a broker runs, and so does AlterConfigs with some of them here; the file
 * does not. Listeners are opened at the start. A controller tells the cluster
 * the `min.insync.replicas` that it was started with, and brokers must not differ about it.
 */
const AT_START = new Set([
  "listeners",
  "listener.security.protocol.map",
  "min.insync.replicas",
  "num.replica.fetchers",
]);

/** Compares what a broker serves with and what its configuration says now. */
export function planReload(
  current: BrokerSettings["staticConfig"],
  next: BrokerSettings["staticConfig"],
  definitions: ReadonlyMap<string, ConfigDefinition>,
): ReloadPlan {
  const applied: string[] = [];
  const needRestart: string[] = [];
  const staticConfig = { ...current };
  const names = new Set([...Object.keys(current), ...Object.keys(next)]);
  for (const name of [...names].sort()) {
    const definition = definitions.get(name);
    const value = next[name];
    if (definition?.effect !== "applied" || value?.value === current[name]?.value) continue;
    if (definition.update === "read-only" || AT_START.has(name)) {
      needRestart.push(name);
      continue;
    }
    applied.push(name);
    if (value === undefined) delete staticConfig[name];
    else staticConfig[name] = value;
  }
  return { staticConfig, applied, needRestart };
}
