import type { SocketAddress } from "../../io/network.ts";

/** The port of brokers where none is named. */
const DEFAULT_PORT = 9092;

/**
 * `HOST:PORT[,...]` as addresses. An IPv6 address stands in brackets; `PLAINTEXT://` may go before.
 * @throws {SyntaxError} when it is none
 */
export function parseBrokers(text: string): SocketAddress[] {
  const addresses = text.split(",").map((part) => part.trim()).filter((part) => part !== "");
  if (addresses.length === 0) throw new SyntaxError("no broker is named");
  return addresses.map(parseAddress);
}

function parseAddress(text: string): SocketAddress {
  const [, scheme, rest] = /^(?:([A-Za-z_]+):\/\/)?(.*)$/.exec(text)!;
  if (scheme !== undefined && scheme.toUpperCase() !== "PLAINTEXT") {
    throw new SyntaxError(
      `${text} asks for ${scheme.toUpperCase()}: this version speaks PLAINTEXT only, ` +
        "without TLS and SASL",
    );
  }
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:[\]\s]+))(?::(\d+))?$/.exec(rest!);
  const port = match?.[3] === undefined ? DEFAULT_PORT : Number(match[3]);
  if (match === null || port < 1 || port > 65_535) {
    throw new SyntaxError(`${text} is no HOST:PORT`);
  }
  return { host: (match[1] ?? match[2])!, port };
}
