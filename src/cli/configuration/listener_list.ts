/** The texts of `listeners` and `advertised.listeners`: `NAME://host:port`, separated by commas. */
import { splitConfigList } from "../../metadata/config/parse.ts";
import type { ListenerAddress } from "./settings.ts";

/** A listener, or why the text is none. */
export type ParsedListener =
  | { readonly ok: true; readonly listener: ListenerAddress }
  | { readonly ok: false; readonly reason: string };

const SHAPE = "allowed: [NAME://][HOST]:PORT, such as PLAINTEXT://127.0.0.1:9092";

/**
 * Reads one `[NAME://]HOST:PORT`. The host may be empty, and IPv6 addresses stand in brackets.
 *
 * @param defaultName the name of a listener that is written without one
 */
export function parseListener(text: string, defaultName: string): ParsedListener {
  const separator = text.indexOf("://");
  const name = separator < 0 ? defaultName : text.slice(0, separator).toUpperCase();
  if (!/^[A-Z0-9_.-]+$/.test(name)) return { ok: false, reason: `no listener name; ${SHAPE}` };
  const address = parseHostPort(separator < 0 ? text : text.slice(separator + 3));
  if (address === undefined) {
    return { ok: false, reason: `${JSON.stringify(text)} is no address; ${SHAPE}` };
  }
  return { ok: true, listener: { name, ...address } };
}

/** Reads `host:port` or `[ipv6]:port`; undefined when the text is neither. The host may be empty. */
export function parseHostPort(text: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:/\s[\],]*)):(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const port = Number(match[3]);
  if (port > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? "", port };
}

/** The parts of a comma-separated list, trimmed, without empty ones. */
export function splitList(text: string): string[] {
  return splitConfigList(text).filter((part) => part !== "");
}

/** `host:port`, with brackets where IPv6 needs them. */
export function formatHostPort(address: { readonly host: string; readonly port: number }): string {
  const { host, port } = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `NAME://host:port`. */
export function formatListener(listener: ListenerAddress): string {
  return `${listener.name}://${formatHostPort(listener)}`;
}
