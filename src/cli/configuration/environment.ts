/**
 * Settings from environment variables, by the mapping of Apache Kafka's container image:
 * `KAFKA_LOG_RETENTION_MS` is `log.retention.ms`, with `___` for a dash and `__` for an underscore.
 * `JOCKO_` maps alike and wins over `KAFKA_`.
 */
import type { Setting } from "./setting.ts";

/** In rising order of precedence. */
const PREFIXES = ["KAFKA_", "JOCKO_"] as const;

/**
 * Variables that share the prefix and configure something other than the broker: the JVM and shell
 * scripts of Kafka's distribution and images, tools around this project, and what Kubernetes adds
 * for a service called `kafka` or `jocko` (`KAFKA_PORT=tcp://...`, `KAFKA_SERVICE_HOST`).
 */
const NOT_SETTINGS: readonly RegExp[] = [
  /^KAFKA_(HEAP_OPTS|OPTS|GC_LOG_OPTS|JVM_PERFORMANCE_OPTS|DEBUG|DEBUG_SUSPEND_FLAG)$/,
  /^KAFKA_(JMX|LOG4J|CLASSPATH|JAVA|SSL_[A-Z]+_FILENAME$|TOOLS_LOG4J)/,
  /^KAFKA_(VERSION|HOME|BOOTSTRAP.*|MESSAGES|LIBS|USER|GROUP|MODE|CLUSTER_ID)$/,
  /^(KAFKA|JOCKO)_(.+_)?SERVICE_(HOST|PORT)(_.+)?$/,
  /^(KAFKA|JOCKO)_(.+_)?PORT(_\d+_(TCP|UDP)(_.+)?)?$/,
  /^JOCKO_(BIN|HOME|VERSION|BOOTSTRAP.*|COMPILE_.+|TEST_.+|TESTS?|CACHE_.+|BENCH_.+|KAFKA_.+)$/,
  /^JOCKO_(BROKERS|CONTEXTS)$/,
  /^JOCKO_LOG_(FORMAT|LEVEL)$/,
];

/** The key that a variable's name, its prefix cut off, stands for. */
export function keyOfVariable(name: string): string {
  return name.toLowerCase().replace(
    /_{1,3}/g,
    (underscores) => underscores.length === 3 ? "-" : underscores.length === 2 ? "_" : ".",
  );
}

/**
 * The settings among `environment`, lowest precedence first, otherwise ordered by name.
 *
 * @param isKnown tells settings from the variables that merely look like one
 */
export function environmentSettings(
  environment: Readonly<Record<string, string>>,
  isKnown: (key: string) => boolean,
): Setting[] {
  const settings: Setting[] = [];
  for (const prefix of PREFIXES) {
    for (const variable of Object.keys(environment).sort()) {
      if (!variable.startsWith(prefix) || variable.length === prefix.length) continue;
      const key = keyOfVariable(variable.slice(prefix.length));
      if (!isKnown(key) && NOT_SETTINGS.some((pattern) => pattern.test(variable))) continue;
      settings.push({
        key,
        value: environment[variable] ?? "",
        origin: { kind: "environment", variable },
      });
    }
  }
  return settings;
}
