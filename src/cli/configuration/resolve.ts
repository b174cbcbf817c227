/** Layers of settings become one value per key, checked against the definitions. Pure. */
import { type ConfigDefinition, isSensitive } from "../../metadata/config/definition.ts";
import { nearestName, parseConfigValue } from "../../metadata/config/parse.ts";
import type { ConfigurationProblem, Setting } from "./setting.ts";

/** The outcome of {@link resolveSettings}. */
export interface ResolvedSettings {
  /** The setting that counts, by key. Present also when it is among the problems. */
  readonly effective: ReadonlyMap<string, Setting>;
  readonly problems: readonly ConfigurationProblem[];
  /** Keys that were given and change nothing here, sorted. */
  readonly withoutEffect: readonly string[];
}

/** Names that suggest a secret, for values of keys that no definition vouches for. */
const SECRET_NAME = /password|secret|credential|token|jaas|key/i;

/**
 * Merges `layers`, lowest precedence first; within a layer the last one of a key counts.
 *
 * Every setting is checked, also one that a higher layer overrides: it is a mistake all the same,
 * and would come to light on the day the override goes.
 */
export function resolveSettings(
  layers: readonly (readonly Setting[])[],
  definitions: ReadonlyMap<string, ConfigDefinition>,
): ResolvedSettings {
  const effective = new Map<string, Setting>();
  const problems: ConfigurationProblem[] = [];
  const withoutEffect = new Set<string>();
  for (const setting of layers.flat()) {
    const definition = definitions.get(setting.key);
    if (definition === undefined) {
      problems.push(unknownKey(setting, definitions));
      continue;
    }
    effective.set(setting.key, setting);
    const parsed = parseConfigValue(definition, setting.value);
    if (!parsed.ok) {
      problems.push({
        setting,
        reason: `allowed: ${parsed.allowed}`,
        hideValue: isSensitive(definition),
      });
    }
    if (definition.effect === "accepted") withoutEffect.add(setting.key);
  }
  return { effective, problems, withoutEffect: [...withoutEffect].sort() };
}

function unknownKey(
  setting: Setting,
  definitions: ReadonlyMap<string, ConfigDefinition>,
): ConfigurationProblem {
  const nearest = nearestName(setting.key, definitions.keys());
  const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  return {
    setting,
    reason: `no such setting${hint}`,
    hideValue: SECRET_NAME.test(setting.key),
  };
}
