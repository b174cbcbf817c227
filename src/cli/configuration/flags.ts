/** The flags of `jocko broker` that stand for configuration keys. Pure. */
import type { Setting } from "./setting.ts";

/** Configuration as the command line gives it; lists are in the order they were written. */
export interface ConfigurationFlags {
  readonly dataDir?: string | undefined;
  readonly listen?: readonly string[] | undefined;
  readonly advertise?: readonly string[] | undefined;
  readonly http?: string | undefined;
  readonly clusterListen?: string | undefined;
  readonly join?: readonly string[] | undefined;
  readonly expect?: string | undefined;
  readonly clusterKey?: string | undefined;
  readonly set?: readonly KeyValue[] | undefined;
}

/** One `--set`. */
export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/**
 * Reads the `KEY=VALUE` of a `--set`. The value may hold further `=`.
 * @throws {SyntaxError} when there is no `=`, or nothing before it
 */
export function parseKeyValue(text: string): KeyValue {
  const separator = text.indexOf("=");
  if (separator < 1) throw new SyntaxError(`${JSON.stringify(text)} is not KEY=VALUE`);
  return { key: text.slice(0, separator).trim(), value: text.slice(separator + 1).trim() };
}

/** The flags as settings; a flag of its own wins over a `--set` of the same key. */
export function flagSettings(flags: ConfigurationFlags): Setting[] {
  const settings: Setting[] = [];
  const add = (key: string, value: string, flag: string): void => {
    settings.push({ key, value, origin: { kind: "flag", flag } });
  };
  for (const { key, value } of flags.set ?? []) add(key, value, "--set");
  if (flags.dataDir !== undefined) add("log.dirs", flags.dataDir, "--data-dir");
  if (flags.listen !== undefined && flags.listen.length > 0) {
    add("listeners", flags.listen.join(","), "--listen");
  }
  if (flags.advertise !== undefined && flags.advertise.length > 0) {
    add("advertised.listeners", flags.advertise.join(","), "--advertise");
  }
  if (flags.http !== undefined) add("http.listener", flags.http, "--http");
  if (flags.clusterListen !== undefined) {
    add("cluster.listen", flags.clusterListen, "--cluster-listen");
  }
  if (flags.join !== undefined && flags.join.length > 0) {
    add("cluster.join", flags.join.join(","), "--join");
  }
  if (flags.expect !== undefined) add("cluster.expect", flags.expect, "--expect");
  if (flags.clusterKey !== undefined) add("cluster.key.file", flags.clusterKey, "--cluster-key");
  return settings;
}
