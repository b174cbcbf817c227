import { DEFAULT_LIMITS, type ServerLimits } from "../server/limits.ts";

/**
 * What peers may take, from the broker's settings. Those on connections follow the settings while
 * the server runs; the others are as they were at the start.
 */
export function serverLimits(setting: (name: string) => string | null): ServerLimits {
  const number = (name: string) => Number(setting(name));
  return {
    ...DEFAULT_LIMITS,
    requestBytesMax: number("socket.request.max.bytes"),
    connectionIdleMsMax: idleMsMax(number("connections.max.idle.ms")),
    get connectionsMax() {
      return number("max.connections");
    },
    get connectionsPerIpMax() {
      return number("max.connections.per.ip");
    },
    get connectionsPerIpOverrides() {
      return overrides(setting("max.connections.per.ip.overrides") ?? "");
    },
  };
}

/** A negative time lets connections be idle for good. */
function idleMsMax(setting: number): number {
  return setting < 0 ? Infinity : setting;
}

/** `HOST:COUNT,HOST:COUNT`. The host may hold colons of its own. */
function overrides(text: string): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const part of text.split(",")) {
    const colon = part.lastIndexOf(":");
    if (colon > 0) limits.set(part.slice(0, colon).trim(), Number(part.slice(colon + 1)));
  }
  return limits;
}
