/**
 * What the broker's worker may do: read and write its data, listen on its ports, talk to the cluster
 * ports of other brokers when there are to be others, nothing else.
 */
import { isLoopback } from "../../broker/cluster/cluster_keys.ts";
import { formatHostPort } from "../configuration/listener_list.ts";
import type { BrokerSettings, ClusterSettings } from "../configuration/settings.ts";

/** Deno's permissions of a worker, as far as the broker has any. */
export interface BrokerPermissions {
  readonly read: string[];
  readonly write: string[];
  /**
   * `host:port`, by address; the grant covers dialling too, but only to the broker itself and to
   * what {@link peerGrants} names.
   */
  readonly net: string[];
  readonly env: false;
  readonly run: false;
  readonly ffi: false;
  /** The free space of the data directory's file system, and nothing else of the system. */
  readonly sys: ["statfs"];
  readonly import: false;
}

/** The least that a broker with these settings can work with. */
export function brokerPermissions(
  settings: Pick<BrokerSettings, "dataDir" | "listeners" | "http" | "cluster">,
): BrokerPermissions {
  const addresses = [
    ...settings.listeners,
    ...(settings.http === undefined ? [] : [settings.http]),
  ];
  return {
    read: [settings.dataDir],
    write: [settings.dataDir],
    net: [
      ...new Set([
        ...addresses.map(formatHostPort),
        ...(settings.cluster === undefined ? [] : peerGrants(settings.cluster)),
      ]),
    ],
    env: false,
    run: false,
    ffi: false,
    sys: ["statfs"],
    import: false,
  };
}

/**
 * Where other brokers may be. They are found by and by, so their addresses can't be told before:
 *
 * - on loopback, all of 127.0.0.0/8 (or ::1), on any port;
 * - else any IPv4 address, on this broker's cluster port and on those of `--join`, and this
 *   broker's own address on any port, for others on the same machine. Brokers of one cluster on
 *   several machines therefore share one cluster port, or name each other's by `--join`.
 */
export function peerGrants({ listen, join }: Pick<ClusterSettings, "listen" | "join">): string[] {
  const seeds = join.map(formatHostPort);
  if (isLoopback(listen.host)) {
    return [listen.host.includes(":") ? `[${listen.host}]` : "127.0.0.0/8", ...seeds];
  }
  const ports = new Set([listen.port, ...join.map(({ port }) => port)]);
  return [listen.host, ...[...ports].map((port) => `0.0.0.0/0:${port}`), ...seeds];
}
