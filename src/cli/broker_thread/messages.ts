/** What the main thread and the broker's worker tell each other. All of it is plain data. */
import type { BrokerSettings, StaticConfigValue } from "../configuration/settings.ts";
import type { BrokerReady } from "../running_broker.ts";

/**
 * From the main thread. `start` comes first and once; `stop` at most once after it, and `reload` any
 * number of times in between, with all settings that are to count from then on.
 */
export type ToBroker =
  | { readonly type: "start"; readonly settings: BrokerSettings }
  | {
    readonly type: "reload";
    readonly staticConfig: Readonly<Record<string, StaticConfigValue>>;
  }
  | { readonly type: "stop" };

/**
 * From the worker: `ready` at most once, then `stopped` or `failed`, which is the last. `cleaner`
 * asks for a thread that compacts and works for the other end of the port.
 */
export type FromBroker =
  | { readonly type: "cleaner"; readonly port: MessagePort }
  | { readonly type: "ready"; readonly ready: BrokerReady }
  | { readonly type: "stopped" }
  | { readonly type: "failed"; readonly failure: BrokerFailure };

/** An error, as far as it crosses threads. */
export interface BrokerFailure {
  readonly message: string;
  readonly stack: string | undefined;
}

/** Flattens whatever was thrown. */
export function describeFailure(thrown: unknown): BrokerFailure {
  if (!(thrown instanceof Error)) return { message: String(thrown), stack: undefined };
  const message = thrown.name === "Error" ? thrown.message : `${thrown.name}: ${thrown.message}`;
  return { message, stack: thrown.stack };
}
