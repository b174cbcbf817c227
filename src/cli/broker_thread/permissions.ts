/** What the broker's worker may do: read and write its data, listen on its ports, nothing else. */
import { formatHostPort } from "../configuration/listener_list.ts";
import type { BrokerSettings } from "../configuration/settings.ts";

/** Deno's permissions of a worker, as far as the broker has any. */
export interface BrokerPermissions {
  readonly read: string[];
  readonly write: string[];
  /** `host:port`, by address; the grant covers dialling too, but only to the broker itself. */
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
  settings: Pick<BrokerSettings, "dataDir" | "listeners" | "http">,
): BrokerPermissions {
  const addresses = [
    ...settings.listeners,
    ...(settings.http === undefined ? [] : [settings.http]),
  ];
  return {
    read: [settings.dataDir],
    write: [settings.dataDir],
    net: [...new Set(addresses.map(formatHostPort))],
    env: false,
    run: false,
    ffi: false,
    sys: ["statfs"],
    import: false,
  };
}
