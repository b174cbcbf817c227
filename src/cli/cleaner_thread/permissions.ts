/** What the thread that compacts may do: read and write the data, and nothing else. */
import type { BrokerSettings } from "../configuration/settings.ts";

/** Deno's permissions of a worker, as far as a cleaner has any. */
export interface CleanerPermissions {
  readonly read: string[];
  readonly write: string[];
  readonly net: false;
  readonly env: false;
  readonly run: false;
  readonly ffi: false;
  readonly sys: false;
  readonly import: false;
}

/** The least that a cleaner can work with. */
export function cleanerPermissions(
  { dataDir }: Pick<BrokerSettings, "dataDir">,
): CleanerPermissions {
  return {
    read: [dataDir],
    write: [dataDir],
    net: false,
    env: false,
    run: false,
    ffi: false,
    sys: false,
    import: false,
  };
}
