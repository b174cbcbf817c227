/** What `cluster.listen` and its companions say, with the rules between them. */
import {
  clusterListenProblem,
  isLoopback,
  parseClusterKeys,
} from "../../broker/cluster/cluster_keys.ts";
import type { LocalMachine } from "../command_process.ts";
import { formatHostPort, parseHostPort, splitList } from "./listener_list.ts";
import type { ConfigurationProblem, Setting } from "./setting.ts";
import type { ClusterSettings } from "./settings.ts";

/** What the settings are read with. */
export interface ClusterReading {
  readonly effective: ReadonlyMap<string, Setting>;
  readonly machine: LocalMachine;
  /** Turns a name of this machine into an address; what it can't is among the problems. */
  readonly bindableHost: (host: string, setting: Setting) => string;
  readonly problems: ConfigurationProblem[];
}

const WILDCARD_HOSTS = ["", "0.0.0.0", "::"];

/** Undefined when the broker stays alone. */
export function clusterSettings(reading: ClusterReading): ClusterSettings | undefined {
  const { effective } = reading;
  const listening = given(effective, "cluster.listen");
  const joining = given(effective, "cluster.join");
  const expecting = given(effective, "cluster.expect");
  if (listening === undefined) {
    for (const setting of [joining, expecting]) {
      if (setting === undefined) continue;
      refuse(reading, setting, "needs a cluster port; allowed: together with --cluster-listen");
    }
    return undefined;
  }
  const listen = listenAddress(reading, listening);
  const join = joining === undefined ? [] : joinAddresses(reading, joining);
  const keys = clusterKeys(reading);
  if (listen !== undefined) {
    const problem = clusterListenProblem(listen.host, keys.length > 0);
    if (problem !== undefined) {
      refuse(reading, listening, `${problem}; allowed: with --cluster-key or JOCKO_CLUSTER_KEY`);
    }
  }
  const expect = expecting === undefined ? undefined : Number(expecting.value);
  if (expecting !== undefined && expect === 1 && join.length > 0) {
    const reason = "a broker that forms a cluster by itself has none to join; " +
      "allowed: --expect 1 without --join, or --join alone";
    refuse(reading, expecting, reason);
  }
  if (listen === undefined) return undefined;
  return { listen, join, expect: expect ?? (join.length > 0 ? undefined : 1), keys };
}

function given(effective: ReadonlyMap<string, Setting>, key: string): Setting | undefined {
  const setting = effective.get(key);
  return setting === undefined || setting.value.trim() === "" ? undefined : setting;
}

function listenAddress(reading: ClusterReading, setting: Setting) {
  const address = parseHostPort(setting.value.trim());
  if (address === undefined) {
    refuse(reading, setting, "allowed: HOST:PORT, such as 10.0.0.5:9093");
    return undefined;
  }
  const host = WILDCARD_HOSTS.includes(address.host)
    ? address.host
    : reading.bindableHost(address.host, setting);
  if (WILDCARD_HOSTS.includes(host)) {
    const reason = `other brokers are told this address, and can't connect to ` +
      `${formatHostPort(address)}; allowed: an address of this machine`;
    refuse(reading, setting, reason);
    return undefined;
  }
  if (host.includes(":") && !isLoopback(host)) {
    const reason = "rights can't be narrowed to a range of IPv6 addresses; " +
      "allowed: an IPv4 address, or [::1]";
    refuse(reading, setting, reason);
    return undefined;
  }
  return { host, port: address.port };
}

function joinAddresses(reading: ClusterReading, setting: Setting) {
  const addresses = [];
  for (const part of splitList(setting.value)) {
    const address = parseHostPort(part);
    if (address === undefined || address.host === "" || address.port === 0) {
      refuse(reading, setting, `${JSON.stringify(part)} is no address; allowed: HOST:PORT`);
    } else addresses.push(address);
  }
  return addresses;
}

function clusterKeys(reading: ClusterReading): readonly Uint8Array[] {
  const { effective, machine } = reading;
  const file = given(effective, "cluster.key.file");
  const key = given(effective, "cluster.key");
  if (file !== undefined && key !== undefined) {
    refuse(reading, file, "cluster.key is given too; allowed: one of the two");
    return [];
  }
  const setting = file ?? key;
  if (setting === undefined) return [];
  let text = setting.value;
  if (setting === file) {
    try {
      text = machine.readTextFile(file.value);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      refuse(reading, file, `can't be read: ${message}`);
      return [];
    }
  }
  try {
    return parseClusterKeys(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const hideValue = setting === key;
    reading.problems.push({ setting, reason: error.message, hideValue });
    return [];
  }
}

function refuse({ problems }: ClusterReading, setting: Setting, reason: string): void {
  problems.push({ setting, reason, hideValue: false });
}
