/** Whether a set of configuration values can stand, for each kind of resource. Pure. */
import { ErrorCode } from "../protocol/error_codes.ts";
import {
  type BrokerConfigLayers,
  type ConfigMap,
  effectiveBrokerText,
  effectiveTopicNumber,
} from "./config/effective.ts";
import type { ConfigDefinition } from "./config/definition.ts";
import { nearestName, parseConfigValue } from "./config/parse.ts";
import { TOPIC_CONFIG_OF } from "./config/topic_configs.ts";
import { type Refusal, refuse } from "./decision.ts";

/** Kafka's limit on a value, in characters. */
const VALUE_CHARS_MAX = 32_767;

/** The value in canonical spelling, or why it is refused. */
export function checkConfigValue(
  definitions: ReadonlyMap<string, ConfigDefinition>,
  kind: string,
  name: string,
  text: string,
): { readonly text: string } | Refusal {
  const definition = definitions.get(name);
  if (definition === undefined) {
    const nearest = nearestName(name, definitions.keys());
    const hint = nearest === undefined ? "" : ` Did you mean '${nearest}'?`;
    return refuse(ErrorCode.INVALID_CONFIG, `Unknown ${kind} config name: '${name}'.${hint}`);
  }
  if (text.length > VALUE_CHARS_MAX) {
    return refuse(
      ErrorCode.INVALID_CONFIG,
      `The value of '${name}' has ${text.length} characters; at most ${VALUE_CHARS_MAX} are allowed.`,
    );
  }
  const parsed = parseConfigValue(definition, text);
  if (!parsed.ok) {
    const shown = definition.type === "password" ? "" : ` '${text}'`;
    return refuse(
      ErrorCode.INVALID_CONFIG,
      `Invalid value${shown} for '${name}'. Allowed: ${parsed.allowed}.`,
    );
  }
  return { text: parsed.text };
}

/**
 * The configuration of a new topic in canonical spelling, or why it is refused.
 */
export function checkNewTopicConfigs(
  configs: readonly { readonly name: string; readonly value: string | null }[],
  layers: BrokerConfigLayers,
): ReadonlyMap<string, string> | Refusal {
  const checked = new Map<string, string>();
  for (const { name, value } of configs) {
    if (value === null) {
      return refuse(ErrorCode.INVALID_CONFIG, `The topic config '${name}' has no value.`);
    }
    const result = checkConfigValue(TOPIC_CONFIG_OF, "topic", name, value);
    if ("errorCode" in result) return result;
    checked.set(name, result.text);
  }
  return checkTopicRules(checked, layers) ?? checked;
}

/** The rules between the settings of a topic. Undefined when they are kept. */
export function checkTopicRules(
  overrides: ConfigMap,
  layers: BrokerConfigLayers,
): Refusal | undefined {
  const minLagMs = effectiveTopicNumber("min.compaction.lag.ms", overrides, layers);
  const maxLagMs = effectiveTopicNumber("max.compaction.lag.ms", overrides, layers);
  if (minLagMs > maxLagMs) {
    return refuse(
      ErrorCode.INVALID_CONFIG,
      `min.compaction.lag.ms (${minLagMs}) is greater than max.compaction.lag.ms (${maxLagMs}).`,
    );
  }
  if (overrides.get("remote.storage.enable") === "true") {
    return refuse(ErrorCode.INVALID_CONFIG, "This cluster has no remote storage.");
  }
  return undefined;
}

/** Group settings that broker settings bound. */
const GROUP_BOUNDS = [
  ["consumer.session.timeout.ms", "group.consumer.min.session.timeout.ms", "min"],
  ["consumer.session.timeout.ms", "group.consumer.max.session.timeout.ms", "max"],
  ["consumer.heartbeat.interval.ms", "group.consumer.min.heartbeat.interval.ms", "min"],
  ["consumer.heartbeat.interval.ms", "group.consumer.max.heartbeat.interval.ms", "max"],
  ["share.session.timeout.ms", "group.share.min.session.timeout.ms", "min"],
  ["share.session.timeout.ms", "group.share.max.session.timeout.ms", "max"],
  ["share.heartbeat.interval.ms", "group.share.min.heartbeat.interval.ms", "min"],
  ["share.heartbeat.interval.ms", "group.share.max.heartbeat.interval.ms", "max"],
  ["share.record.lock.duration.ms", "group.share.min.record.lock.duration.ms", "min"],
  ["share.record.lock.duration.ms", "group.share.max.record.lock.duration.ms", "max"],
  ["streams.session.timeout.ms", "group.streams.min.session.timeout.ms", "min"],
  ["streams.session.timeout.ms", "group.streams.max.session.timeout.ms", "max"],
  ["streams.heartbeat.interval.ms", "group.streams.min.heartbeat.interval.ms", "min"],
  ["streams.heartbeat.interval.ms", "group.streams.max.heartbeat.interval.ms", "max"],
  ["streams.num.standby.replicas", "group.streams.max.standby.replicas", "max"],
] as const;

/** The bounds that broker settings put on those of a group. Undefined when they are kept. */
export function checkGroupRules(
  configs: ConfigMap,
  layers: BrokerConfigLayers,
): Refusal | undefined {
  for (const [name, boundName, side] of GROUP_BOUNDS) {
    const text = configs.get(name);
    if (text === undefined) continue;
    const value = Number(text);
    const bound = Number(effectiveBrokerText(boundName, layers));
    if (side === "min" ? value < bound : value > bound) {
      const relation = side === "min" ? "less" : "greater";
      return refuse(
        ErrorCode.INVALID_CONFIG,
        `${name} (${value}) is ${relation} than ${boundName} (${bound}).`,
      );
    }
  }
  return undefined;
}
