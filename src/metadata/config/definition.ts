/** What a value of a configuration key looks like, as Kafka's `ConfigDef.Type` has it. */
export type ConfigType =
  | "boolean"
  | "string"
  | "int"
  | "short"
  | "long"
  | "double"
  | "list"
  | "class"
  | "password";

/**
 * A value that was parsed by its type. A `long` is the nearest double: 2^63-1, Kafka's "no limit",
 * is `2 ** 63`.
 */
export type ConfigValue = boolean | number | string | readonly string[];

/** What a value must satisfy beyond its type. */
export interface ConfigConstraint {
  /** What is allowed, in words that can stand after "allowed: ". */
  readonly allowed: string;
  accepts(value: ConfigValue): boolean;
}

/** When a broker setting can change: at start only, on one broker, or for the whole cluster. */
export type ConfigUpdate = "read-only" | "per-broker" | "cluster-wide";

/** A configuration key: its type, its default, and what it does here. */
export interface ConfigDefinition {
  readonly name: string;
  readonly type: ConfigType;
  /** As text; null when there is none. */
  readonly defaultValue: string | null;
  /** One or two sentences, with units. */
  readonly documentation: string;
  readonly valid?: ConfigConstraint;
  /** Of interest for broker settings; those of topics and groups can always change. */
  readonly update: ConfigUpdate;
  /** The value is a secret and is never shown. A `password` is one without saying so. */
  readonly sensitive?: boolean;
  /** Kept out of listings: Kafka has it for its own tests. */
  readonly internal?: boolean;
  /** "accepted": the key is known, so that configuration made for Kafka works, and does nothing. */
  readonly effect: "applied" | "accepted";
}

/** Whether the value must never leave the broker. */
export function isSensitive(definition: ConfigDefinition): boolean {
  return definition.type === "password" || definition.sensitive === true;
}
