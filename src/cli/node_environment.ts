import type { Logger } from "../base/logger.ts";
import type { Ciphers } from "../io/ciphers.ts";
import type { Clock } from "../io/clock.ts";
import type { Datagrams } from "../io/datagrams.ts";
import type { Digests } from "../io/digests.ts";
import type { Disk } from "../io/disk.ts";
import type { Network } from "../io/network.ts";
import type { Random } from "../io/random.ts";
import type { Cleaner } from "../log/compaction/cleaning_job.ts";
import type { BrokerSettings } from "./configuration/settings.ts";

/** The world that a broker runs in. */
export interface NodeEnvironment {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly digests: Digests;
  /** AES-256-GCM, which every broker has. */
  readonly ciphers: Ciphers;
  /** ChaCha20-Poly1305, for streams between brokers that both have it. */
  readonly fastCiphers?: Ciphers | undefined;
  readonly network: Network;
  readonly datagrams: Datagrams;
  readonly logger: Logger;
  /** Starts what compacts off the event loop; left out, compaction is done on it. */
  readonly newCleaner?: () => Cleaner;
}

/** What a broker is told at start. */
export type NodeSettings = Pick<
  BrokerSettings,
  "listeners" | "advertised" | "dataDir" | "nodeId" | "staticConfig" | "cluster"
>;
