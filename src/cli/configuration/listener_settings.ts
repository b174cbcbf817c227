/** What `listeners` and its companions say, with the rules of Kafka between them. Pure. */
import { CLUSTER_LISTENER } from "../../broker/cluster/peers.ts";
import { formatHostPort, parseListener, splitList } from "./listener_list.ts";
import type { ConfigurationProblem, Setting } from "./setting.ts";
import type { ListenerAddress } from "./settings.ts";

/** Listeners as configured; hosts may still be names. */
export interface ListenerSettings {
  readonly listeners: readonly ListenerAddress[];
  readonly advertised: readonly ListenerAddress[] | undefined;
  readonly problems: readonly ConfigurationProblem[];
  /** One line each, for the operator. */
  readonly warnings: readonly string[];
}

/** Where a broker listens when nothing says otherwise: reachable from this machine alone. */
export const DEFAULT_LISTENER: ListenerAddress = {
  name: "PLAINTEXT",
  host: "127.0.0.1",
  port: 9092,
};

const PROTOCOLS = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
const WILDCARD_HOSTS = ["", "0.0.0.0", "::"];

/**
 * Reads the keys `listeners`, `advertised.listeners`, `listener.security.protocol.map`,
 * `controller.listener.names` and `inter.broker.listener.name` of `effective`.
 *
 * Listeners of a KRaft controller are left out: this broker needs none. A listener whose name is
 * not in the protocol map is refused when a map is given, as in Kafka; without a map, it speaks the
 * protocol that its name says, and otherwise plaintext.
 */
export function listenerSettings(effective: ReadonlyMap<string, Setting>): ListenerSettings {
  const reading = new ListenerReading(effective);
  const listeners = reading.listeners();
  const advertised = reading.advertised(listeners);
  reading.checkInterBrokerListener(listeners);
  return { listeners, advertised, problems: reading.problems, warnings: reading.warnings };
}

class ListenerReading {
  readonly problems: ConfigurationProblem[] = [];
  readonly warnings: string[] = [];
  readonly #controllerNames: ReadonlySet<string>;
  readonly #protocols: ReadonlyMap<string, string> | undefined;

  constructor(private readonly effective: ReadonlyMap<string, Setting>) {
    const names = effective.get("controller.listener.names")?.value ?? "";
    this.#controllerNames = new Set(splitList(names).map((name) => name.toUpperCase()));
    this.#protocols = this.#protocolMap();
  }

  listeners(): ListenerAddress[] {
    const setting = this.effective.get("listeners");
    if (setting === undefined) return [DEFAULT_LISTENER];
    const problemsBefore = this.problems.length;
    const found = this.#parse(setting);
    const controllers = found.filter((listener) => this.#controllerNames.has(listener.name));
    if (controllers.length > 0) {
      const names = controllers.map((listener) => listener.name).join(", ");
      this.warnings.push(`listener ${names} is left out: there is no separate controller here`);
    }
    const kept = found.filter((listener) => !this.#controllerNames.has(listener.name));
    if (kept.length === 0 && this.problems.length === problemsBefore) {
      this.#refuse(setting, "no listener for clients; allowed: at least one [NAME://][HOST]:PORT");
    }
    this.#refuseRepeats(setting, kept);
    for (const listener of kept) this.#checkProtocol(setting, listener.name);
    if (kept.some(({ name }) => name === CLUSTER_LISTENER)) {
      // What comes in by that name is obeyed as another broker's word.
      const reason = `${CLUSTER_LISTENER} is the name of the port for other brokers ` +
        "(--cluster-listen); allowed: another name";
      this.#refuse(setting, reason);
    }
    return kept.map((listener) =>
      listener.host === "" ? { ...listener, host: "0.0.0.0" } : listener
    );
  }

  advertised(listeners: readonly ListenerAddress[]): ListenerAddress[] | undefined {
    const setting = this.effective.get("advertised.listeners");
    if (setting === undefined || setting.value.trim() === "") return undefined;
    const onlyName = listeners.length === 1 ? listeners[0]?.name : undefined;
    const kept: ListenerAddress[] = [];
    for (const listener of this.#parse(setting, onlyName)) {
      if (this.#controllerNames.has(listener.name)) continue;
      if (!listeners.some(({ name }) => name === listener.name)) {
        const names = listeners.map(({ name }) => name).join(", ");
        this.#refuse(setting, `${listener.name} is no listener; allowed: ${names}`);
      } else if (WILDCARD_HOSTS.includes(listener.host) || listener.port === 0) {
        const address = formatHostPort(listener);
        this.#refuse(setting, `clients can't connect to ${address}; allowed: a host and a port`);
      }
      kept.push(listener);
    }
    this.#refuseRepeats(setting, kept, { names: true, addresses: false });
    return kept.length === 0 ? undefined : kept;
  }

  checkInterBrokerListener(listeners: readonly ListenerAddress[]): void {
    const setting = this.effective.get("inter.broker.listener.name");
    if (setting === undefined || setting.value === "") return;
    if (listeners.some(({ name }) => name === setting.value.toUpperCase())) return;
    const names = listeners.map(({ name }) => name).join(", ");
    this.#refuse(setting, `no such listener; allowed: ${names}`);
  }

  #parse(setting: Setting, defaultName = "PLAINTEXT"): ListenerAddress[] {
    const found: ListenerAddress[] = [];
    for (const part of splitList(setting.value)) {
      const parsed = parseListener(part, defaultName);
      if (parsed.ok) found.push(parsed.listener);
      else this.#refuse(setting, parsed.reason);
    }
    return found;
  }

  #protocolMap(): ReadonlyMap<string, string> | undefined {
    const setting = this.effective.get("listener.security.protocol.map");
    if (setting === undefined) return undefined;
    const map = new Map<string, string>();
    for (const part of splitList(setting.value)) {
      const [name = "", protocol = "", ...rest] = part.split(":").map((word) => word.trim());
      if (name === "" || rest.length > 0 || !PROTOCOLS.includes(protocol.toUpperCase())) {
        const allowed = PROTOCOLS.join(", ");
        this.#refuse(setting, `${JSON.stringify(part)}: allowed: NAME:PROTOCOL, with ${allowed}`);
      }
      map.set(name.toUpperCase(), protocol.toUpperCase());
    }
    return map;
  }

  #checkProtocol(setting: Setting, name: string): void {
    const mapped = this.#protocols?.get(name);
    if (this.#protocols !== undefined && mapped === undefined) {
      const reason = `listener ${name} has no entry in listener.security.protocol.map; ` +
        `allowed: ${[...this.#protocols.keys()].join(", ")}`;
      this.#refuse(setting, reason);
      return;
    }
    const protocol = mapped ?? (PROTOCOLS.includes(name) ? name : "PLAINTEXT");
    if (protocol !== "PLAINTEXT" && PROTOCOLS.includes(protocol)) {
      const reason = `listener ${name} asks for ${protocol}, which is not there yet; ` +
        "allowed: PLAINTEXT";
      this.#refuse(setting, reason);
    }
  }

  #refuseRepeats(
    setting: Setting,
    listeners: readonly ListenerAddress[],
    unique = { names: true, addresses: true },
  ): void {
    const seen = new Set<string>();
    for (const listener of listeners) {
      const address = formatHostPort(listener);
      if (unique.names && seen.has(listener.name)) {
        this.#refuse(setting, `listener ${listener.name} is there twice; allowed: once`);
      }
      if (unique.addresses && listener.port !== 0 && seen.has(address)) {
        this.#refuse(setting, `${address} is there twice; allowed: once`);
      }
      seen.add(listener.name).add(address);
    }
  }

  #refuse(setting: Setting, reason: string): void {
    this.problems.push({ setting, reason, hideValue: false });
  }
}
