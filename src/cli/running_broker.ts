import type { Logger } from "../base/logger.ts";
import type { Cleaner } from "../log/compaction/cleaning_job.ts";
import type { BrokerSettings, ListenerAddress } from "./configuration/settings.ts";

/** What a broker says of itself once it serves. Plain data. */
export interface BrokerReady {
  /** As bound: the chosen port in place of 0. */
  readonly listeners: readonly ListenerAddress[];
  readonly http: { readonly host: string; readonly port: number } | undefined;
  readonly clusterId: string;
  readonly nodeId: number;
}

/** A broker that accepts connections. */
export interface RunningBroker {
  readonly ready: BrokerReady;
  /** Resolves when the broker has stopped; rejects when it can't go on. */
  readonly ended: Promise<void>;
  /** Serves by these settings from file, environment and flags from now on. */
  reload(staticConfig: BrokerSettings["staticConfig"]): void;
  /** Drains, closes and makes durable what must be; {@link ended} tells when that is done. */
  stop(): void;
}

/** What a broker that starts may ask of whoever started it. */
export interface BrokerHost {
  /** Settles when the broker is not wanted any more, also while it starts. */
  readonly stopAsked: Promise<void>;
  /** Starts a thread that compacts. */
  readonly newCleaner: () => Cleaner;
}

/**
 * Brings a broker up. It runs inside the confined worker: what `settings` doesn't name, it can't
 * reach.
 *
 * @returns undefined when it was stopped while it waited for its cluster
 * @throws when the broker can't start: a port is taken, the data directory is in use or damaged
 */
export type StartBroker = (
  settings: BrokerSettings,
  logger: Logger,
  host: BrokerHost,
) => Promise<RunningBroker | undefined>;
