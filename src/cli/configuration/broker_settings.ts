/** From flags, environment and file to {@link BrokerSettings}, or to all that is wrong. */
import type { ConfigDefinition } from "../../metadata/config/definition.ts";
import { parseProperties } from "../../metadata/config/properties.ts";
import type { LocalMachine } from "../command_process.ts";
import { clusterSettings } from "./cluster_settings.ts";
import { environmentSettings } from "./environment.ts";
import { type ConfigurationFlags, flagSettings } from "./flags.ts";
import { parseHostPort, splitList } from "./listener_list.ts";
import { listenerSettings } from "./listener_settings.ts";
import { resolveSettings } from "./resolve.ts";
import {
  ConfigurationError,
  type ConfigurationProblem,
  describeOrigin,
  type Setting,
} from "./setting.ts";
import {
  type BrokerSettings,
  type ListenerAddress,
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LogLevel,
  type StaticConfigValue,
} from "./settings.ts";

/** Everything that the operator said. */
export interface ConfigurationInput {
  readonly flags: ConfigurationFlags & {
    readonly config?: string | undefined;
    readonly logFormat?: LogFormat | undefined;
    readonly logLevel?: LogLevel | undefined;
  };
  readonly environment: Readonly<Record<string, string>>;
  readonly definitions: ReadonlyMap<string, ConfigDefinition>;
}

/** Settings to start with, and what the operator ought to hear about them, one line each. */
export interface ConfigurationResult {
  readonly settings: BrokerSettings;
  readonly warnings: readonly string[];
}

const DEFAULT_DATA_DIR = "data";

/**
 * Resolves by the order flag, environment, file, default, and prepares the data directory.
 *
 * @throws {ConfigurationError} with every problem found
 */
export function resolveBrokerSettings(
  input: ConfigurationInput,
  machine: LocalMachine,
): ConfigurationResult {
  const { flags, environment, definitions } = input;
  const problems: ConfigurationProblem[] = [];
  const layers = [
    flags.config === undefined ? [] : fileSettings(flags.config, machine, problems),
    environmentSettings(environment, (key) => definitions.has(key)),
    flagSettings(flags),
  ];
  const { effective, problems: unfit, withoutEffect } = resolveSettings(layers, definitions);
  problems.push(...unfit);
  const listening = listenerSettings(effective);
  problems.push(...listening.problems);
  checkRoles(effective, problems);
  const log = logSettings(input, problems);
  const http = httpSettings(effective, machine, problems);
  const nodeId = nodeIdSetting(effective, problems);
  const listeners = bindableListeners(listening.listeners, effective, machine, problems);
  const cluster = clusterSettings({
    effective,
    machine,
    problems,
    bindableHost: (host, setting) => bindableHost(host, setting, machine, problems),
  });
  const dataDirText = dataDirSetting(effective, problems);
  if (problems.length > 0) throw new ConfigurationError(withoutRepeats(problems));

  const dataDir = prepareDataDir(dataDirText, effective, machine);
  const warnings = [...listening.warnings];
  if (withoutEffect.length > 0) {
    warnings.push(`accepted without effect: ${withoutEffect.join(", ")}`);
  }
  const { advertised } = listening;
  const staticConfig = staticConfigOf(effective);
  return {
    settings: { listeners, advertised, dataDir, http, nodeId, staticConfig, cluster, log },
    warnings,
  };
}

function fileSettings(
  path: string,
  machine: LocalMachine,
  problems: ConfigurationProblem[],
): Setting[] {
  let text: string;
  try {
    text = machine.readTextFile(path);
  } catch (error) {
    const setting: Setting = {
      key: "config",
      value: path,
      origin: { kind: "flag", flag: "--config" },
    };
    problems.push({ setting, reason: `can't be read: ${messageOf(error)}`, hideValue: false });
    return [];
  }
  const { entries, errors } = parseProperties(text);
  for (const { line, message } of errors) {
    const setting: Setting = { key: "config", value: path, origin: { kind: "file", path, line } };
    problems.push({ setting, reason: message, hideValue: false });
  }
  return entries.map(({ key, value, line }) => ({
    key,
    value,
    origin: { kind: "file", path, line },
  }));
}

function checkRoles(
  effective: ReadonlyMap<string, Setting>,
  problems: ConfigurationProblem[],
): void {
  const setting = effective.get("process.roles");
  if (setting === undefined || splitList(setting.value).includes("broker")) return;
  if (splitList(setting.value).length === 0) return;
  const reason = "a process here is always a broker; allowed: broker, or broker,controller";
  problems.push({ setting, reason, hideValue: false });
}

/** Logging has flags and two variables of its own: it is no setting of the broker. */
function logSettings(
  { flags, environment }: ConfigurationInput,
  problems: ConfigurationProblem[],
): BrokerSettings["log"] {
  function choose<T extends string>(
    flag: T | undefined,
    variable: string,
    allowed: readonly T[],
    otherwise: T,
  ): T {
    const text = environment[variable];
    const match = allowed.find((choice) => choice === text?.toLowerCase());
    if (text !== undefined && match === undefined) {
      const origin = { kind: "environment", variable } as const;
      const setting: Setting = { key: variable, value: text, origin };
      problems.push({ setting, reason: `allowed: ${allowed.join(", ")}`, hideValue: false });
    }
    return flag ?? match ?? otherwise;
  }
  return {
    format: choose(flags.logFormat, "JOCKO_LOG_FORMAT", LOG_FORMATS, "text"),
    level: choose(flags.logLevel, "JOCKO_LOG_LEVEL", LOG_LEVELS, "info"),
  };
}

function httpSettings(
  effective: ReadonlyMap<string, Setting>,
  machine: LocalMachine,
  problems: ConfigurationProblem[],
): BrokerSettings["http"] {
  const setting = effective.get("http.listener");
  if (setting === undefined || setting.value.trim() === "") return undefined;
  const address = parseHostPort(setting.value.trim());
  if (address === undefined) {
    const reason = "allowed: HOST:PORT, such as 127.0.0.1:9464";
    problems.push({ setting, reason, hideValue: false });
    return undefined;
  }
  return { host: bindableHost(address.host, setting, machine, problems), port: address.port };
}

function nodeIdSetting(
  effective: ReadonlyMap<string, Setting>,
  problems: ConfigurationProblem[],
): number | undefined {
  const node = effective.get("node.id");
  const broker = effective.get("broker.id");
  if (node !== undefined && broker !== undefined && Number(node.value) !== Number(broker.value)) {
    const reason = `differs from node.id = ${node.value} (${describeOrigin(node.origin)}); ` +
      "allowed: the same, or one of the two";
    problems.push({ setting: broker, reason, hideValue: false });
  }
  const id = Number((node ?? broker)?.value ?? -1);
  return Number.isInteger(id) && id >= 0 ? id : undefined;
}

function bindableListeners(
  listeners: readonly ListenerAddress[],
  effective: ReadonlyMap<string, Setting>,
  machine: LocalMachine,
  problems: ConfigurationProblem[],
): ListenerAddress[] {
  const setting = effective.get("listeners");
  if (setting === undefined) return [...listeners];
  return listeners.map((listener) => ({
    ...listener,
    host: bindableHost(listener.host, setting, machine, problems),
  }));
}

/** Host names become addresses here, because the broker's rights to listen are by address. */
function bindableHost(
  host: string,
  setting: Setting,
  machine: LocalMachine,
  problems: ConfigurationProblem[],
): string {
  if (host === "") return "0.0.0.0";
  if (host.includes(":") || /^\d{1,3}(\.\d{1,3}){3}$/.test(host)) return host;
  try {
    return machine.resolveBindHost(host);
  } catch (error) {
    const reason = `${host} is no address of this machine (${messageOf(error)}); ` +
      "allowed: an IP address or name of this machine";
    problems.push({ setting, reason, hideValue: false });
    return host;
  }
}

function dataDirSetting(
  effective: ReadonlyMap<string, Setting>,
  problems: ConfigurationProblem[],
): string {
  const setting = dataDirSource(effective);
  if (setting === undefined) return DEFAULT_DATA_DIR;
  const { origin } = setting;
  // A directory that has its own flag may hold a comma; a list of directories may not.
  const directories = origin.kind === "flag" && origin.flag === "--data-dir"
    ? [setting.value]
    : splitList(setting.value);
  const [directory, ...others] = directories;
  if (directory === undefined || directory === "" || others.length > 0) {
    problems.push({ setting, reason: "allowed: exactly one directory", hideValue: false });
    return DEFAULT_DATA_DIR;
  }
  return directory;
}

function dataDirSource(effective: ReadonlyMap<string, Setting>): Setting | undefined {
  return effective.get("log.dirs") ?? effective.get("log.dir");
}

function prepareDataDir(
  path: string,
  effective: ReadonlyMap<string, Setting>,
  machine: LocalMachine,
): string {
  try {
    return machine.prepareDirectory(path);
  } catch (error) {
    const setting = dataDirSource(effective) ??
      { key: "log.dirs", value: path, origin: { kind: "default" } };
    const reason = `can't be made or opened: ${messageOf(error)}`;
    throw new ConfigurationError([{ setting, reason, hideValue: false }]);
  }
}

function staticConfigOf(
  effective: ReadonlyMap<string, Setting>,
): Readonly<Record<string, StaticConfigValue>> {
  const entries = [...effective].map(([key, { value, origin }]) =>
    [key, { value, origin: describeOrigin(origin) }] as const
  );
  return Object.fromEntries(entries);
}

/** A value may break the constraint of its definition and a rule between settings alike. */
function withoutRepeats(problems: readonly ConfigurationProblem[]): ConfigurationProblem[] {
  const seen = new Set<string>();
  return problems.filter(({ setting, reason }) => {
    const identity = `${setting.key}\n${describeOrigin(setting.origin)}\n${reason}`;
    return seen.has(identity) ? false : seen.add(identity) !== undefined;
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
