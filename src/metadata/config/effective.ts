/**
 * Which value of a configuration key counts. For a topic: its own, then those of the broker
 * settings behind it, dynamic before static; then the default. Pure.
 */
import { BROKER_CONFIG_OF } from "./broker_configs.ts";
import type { ConfigDefinition } from "./definition.ts";
import { parseConfigValue, splitConfigList } from "./parse.ts";
import {
  type BrokerSynonym,
  TOPIC_CONFIG_OF,
  type TopicConfigDefinition,
  type TopicConfigName,
} from "./topic_configs.ts";

/** Where a value comes from, as DescribeConfigs numbers it. */
export const ConfigSource = {
  TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
  BROKER_LOGGER: 6,
  CLIENT_METRICS: 7,
  GROUP: 8,
} as const;

/** Texts by key. */
export type ConfigMap = ReadonlyMap<string, string>;

/** The settings of one broker, in their canonical spelling. */
export interface BrokerConfigLayers {
  /** Altered at run time, for this broker. */
  readonly dynamicBroker: ConfigMap;
  /** Altered at run time, for all brokers. */
  readonly dynamicDefault: ConfigMap;
  /** From file, environment and flags. */
  readonly static: ConfigMap;
}

/** A name by which a value can be set, the value there, and where "there" is. */
export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}

/** The value of a key that counts. */
export interface EffectiveConfig {
  readonly definition: ConfigDefinition;
  readonly value: string | null;
  readonly source: number;
  /** All values there are, the one that counts first. */
  readonly synonyms: readonly ConfigSynonym[];
}

const NO_CONFIGS: ConfigMap = new Map();

/** Layers without any setting: defaults only. */
export const DEFAULT_LAYERS: BrokerConfigLayers = {
  dynamicBroker: NO_CONFIGS,
  dynamicDefault: NO_CONFIGS,
  static: NO_CONFIGS,
};

/**
 * Settings in their canonical spelling, as {@link BrokerConfigLayers} wants them. Keys that are
 * unknown and values that don't parse are left out: whoever accepted them has judged them.
 */
export function canonicalBrokerConfigs(entries: Iterable<readonly [string, string]>): ConfigMap {
  const canonical = new Map<string, string>();
  for (const [name, text] of entries) {
    const definition = BROKER_CONFIG_OF.get(name);
    const parsed = definition === undefined ? undefined : parseConfigValue(definition, text);
    if (parsed?.ok === true) canonical.set(name, parsed.text);
  }
  return canonical;
}

/** A topic key, with all that DescribeConfigs tells of it. */
export function effectiveTopicConfig(
  definition: TopicConfigDefinition,
  overrides: ConfigMap,
  layers: BrokerConfigLayers,
): EffectiveConfig {
  const synonyms: ConfigSynonym[] = [];
  const override = overrides.get(definition.name);
  if (override !== undefined) {
    synonyms.push({ name: definition.name, value: override, source: ConfigSource.TOPIC });
  }
  const names = definition.synonyms.map(({ name }) => name);
  pushSynonyms(synonyms, names, layers);
  const value = effectiveTopicText(definition.name as TopicConfigName, overrides, layers);
  return { definition, value, source: synonyms[0]?.source ?? ConfigSource.DEFAULT, synonyms };
}

/** A broker key, with all that DescribeConfigs tells of it. */
export function effectiveBrokerConfig(
  definition: ConfigDefinition,
  layers: BrokerConfigLayers,
): EffectiveConfig {
  const synonyms: ConfigSynonym[] = [];
  pushSynonyms(synonyms, [definition.name], layers);
  const first = synonyms[0];
  return {
    definition,
    value: first?.value ?? definition.defaultValue,
    source: first?.source ?? ConfigSource.DEFAULT,
    synonyms,
  };
}

/** A key that has one place to be set besides its default: of a group, of a subscription. */
export function effectiveOwnConfig(
  definition: ConfigDefinition,
  own: ConfigMap,
  ownSource: number,
): EffectiveConfig {
  const { name, defaultValue } = definition;
  const value = own.get(name);
  const fallback = { name, value: defaultValue, source: ConfigSource.DEFAULT };
  const synonyms = value === undefined
    ? [fallback]
    : [{ name, value, source: ownSource }, fallback];
  return {
    definition,
    value: value ?? defaultValue,
    source: value === undefined ? ConfigSource.DEFAULT : ownSource,
    synonyms,
  };
}

function pushSynonyms(
  into: ConfigSynonym[],
  names: readonly string[],
  layers: BrokerConfigLayers,
): void {
  const push = (map: ConfigMap, source: number): void => {
    for (const name of names) {
      const value = map.get(name);
      if (value !== undefined) into.push({ name, value, source });
    }
  };
  push(layers.dynamicBroker, ConfigSource.DYNAMIC_BROKER);
  push(layers.dynamicDefault, ConfigSource.DYNAMIC_DEFAULT_BROKER);
  push(layers.static, ConfigSource.STATIC_BROKER);
  for (const name of names) {
    const value = BROKER_CONFIG_OF.get(name)?.defaultValue ?? null;
    if (value !== null) into.push({ name, value, source: ConfigSource.DEFAULT });
  }
}

/** The text of a topic key that counts. A few map lookups. */
export function effectiveTopicText(
  name: TopicConfigName,
  overrides: ConfigMap | undefined,
  layers: BrokerConfigLayers,
): string {
  const override = overrides?.get(name);
  if (override !== undefined) return override;
  const definition = TOPIC_CONFIG_OF.get(name)!;
  return textInLayer(definition.synonyms, layers.dynamicBroker) ??
    textInLayer(definition.synonyms, layers.dynamicDefault) ??
    textInLayer(definition.synonyms, layers.static) ??
    definition.defaultValue!;
}

/** As {@link effectiveTopicText}. "No limit" of int64 comes out as 2^63. */
export function effectiveTopicNumber(
  name: TopicConfigName,
  overrides: ConfigMap | undefined,
  layers: BrokerConfigLayers,
): number {
  return Number(effectiveTopicText(name, overrides, layers));
}

/** As {@link effectiveTopicText}. */
export function effectiveTopicBoolean(
  name: TopicConfigName,
  overrides: ConfigMap | undefined,
  layers: BrokerConfigLayers,
): boolean {
  return effectiveTopicText(name, overrides, layers) === "true";
}

/** As {@link effectiveTopicText}. */
export function effectiveTopicList(
  name: TopicConfigName,
  overrides: ConfigMap | undefined,
  layers: BrokerConfigLayers,
): readonly string[] {
  return splitConfigList(effectiveTopicText(name, overrides, layers));
}

/** The text of a broker key that counts; null when nothing is set and there is no default. */
export function effectiveBrokerText(name: string, layers: BrokerConfigLayers): string | null {
  return layers.dynamicBroker.get(name) ?? layers.dynamicDefault.get(name) ??
    layers.static.get(name) ?? BROKER_CONFIG_OF.get(name)?.defaultValue ?? null;
}

function textInLayer(synonyms: readonly BrokerSynonym[], layer: ConfigMap): string | undefined {
  if (layer.size === 0) return undefined;
  for (const { name, factor } of synonyms) {
    const text = layer.get(name);
    if (text !== undefined) return inTopicUnit(text, factor);
  }
  return undefined;
}

/** Hours and minutes become milliseconds; anything below zero means "never" in every unit. */
function inTopicUnit(text: string, factor: number): string {
  if (factor === 1) return text;
  const amount = Number(text);
  return amount < 0 ? "-1" : String(amount * factor);
}
