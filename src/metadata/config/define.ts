/** The vocabulary of the tables in this folder: one call per key. */
import type { ConfigConstraint, ConfigDefinition, ConfigType, ConfigValue } from "./definition.ts";

/** What sets a key apart: a constraint, when it can change, whether it has an effect. */
export type ConfigTrait = Partial<
  Pick<ConfigDefinition, "valid" | "update" | "effect" | "sensitive" | "internal">
>;

/** A definition that keeps its name as a type. */
export type NamedDefinition<Name extends string> = ConfigDefinition & { readonly name: Name };

/** The largest int64: Kafka's way to say "no limit". */
export const LONG_MAX = "9223372036854775807";
/** The largest int32. */
export const INT_MAX = "2147483647";

/** The key changes what this broker does. */
export const APPLIED: ConfigTrait = { effect: "applied" };
/** The key can be altered at run time, for one broker or for all. */
export const CLUSTER_WIDE: ConfigTrait = { update: "cluster-wide" };
/** The key can be altered at run time, for one broker at a time. */
export const PER_BROKER: ConfigTrait = { update: "per-broker" };
/** Left out of listings. */
export const INTERNAL: ConfigTrait = { internal: true };

type Definer = <const Name extends string>(
  name: Name,
  defaultValue: string | number | boolean | null,
  documentation: string,
  ...traits: readonly ConfigTrait[]
) => NamedDefinition<Name>;

/** Without traits, a key is read-only and has no effect. */
function definer(type: ConfigType): Definer {
  return (name, defaultValue, documentation, ...traits) => ({
    name,
    type,
    defaultValue: defaultValue === null ? null : String(defaultValue),
    documentation,
    update: "read-only",
    effect: "accepted",
    ...Object.assign({}, ...traits) as ConfigTrait,
  });
}

export const boolean: Definer = definer("boolean");
export const string: Definer = definer("string");
export const int: Definer = definer("int");
export const short: Definer = definer("short");
export const long: Definer = definer("long");
export const double: Definer = definer("double");
export const list: Definer = definer("list");
export const javaClass: Definer = definer("class");
export const password: Definer = definer("password");

/** Numbers from `min` on. */
export function atLeast(min: number): ConfigTrait {
  return valid({
    allowed: `${min} or more`,
    accepts: (value) => typeof value === "number" && value >= min,
  });
}

/** Numbers from `min` to `max`, both included. */
export function between(min: number, max: number): ConfigTrait {
  return valid({
    allowed: `${min} to ${max}`,
    accepts: (value) => typeof value === "number" && value >= min && value <= max,
  });
}

/** One of a few words, as they are written. */
export function oneOf(...words: readonly string[]): ConfigTrait {
  return valid({
    allowed: words.join(", "),
    accepts: (value) => typeof value === "string" && words.includes(value),
  });
}

/** One of a few words, upper or lower case. */
export function oneOfAnyCase(...words: readonly string[]): ConfigTrait {
  const lower = words.map((word) => word.toLowerCase());
  return valid({
    allowed: `${words.join(", ")}, in upper or lower case`,
    accepts: (value) => typeof value === "string" && lower.includes(value.toLowerCase()),
  });
}

/** A list of words out of a few; it may be empty. */
export function someOf(...words: readonly string[]): ConfigTrait {
  return valid({
    allowed: `a list of ${words.join(", ")}`,
    accepts: (value) => isWords(value) && value.every((word) => words.includes(word)),
  });
}

/** A list of words out of a few, with at least one. */
export function oneOrMoreOf(...words: readonly string[]): ConfigTrait {
  return valid({
    allowed: `a list of one or more of ${words.join(", ")}`,
    accepts: (value) =>
      isWords(value) && value.length > 0 && value.every((word) => words.includes(word)),
  });
}

/** A constraint of its own kind. */
export function valid(constraint: ConfigConstraint): ConfigTrait {
  return { valid: constraint };
}

function isWords(value: ConfigValue): value is readonly string[] {
  return Array.isArray(value);
}
