/** The main thread's side of the broker's worker. */
import type { BrokerSettings } from "../configuration/settings.ts";
import { cleanerPermissions } from "../cleaner_thread/permissions.ts";
import type { ServeCleaner } from "../cleaner_thread/messages.ts";
import type { BrokerReady } from "../running_broker.ts";
import { type BrokerFailure, describeFailure, type FromBroker, type ToBroker } from "./messages.ts";
import { brokerPermissions } from "./permissions.ts";

/** How a broker's life ended. */
export type BrokerEnd =
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly failure: BrokerFailure };

/** A broker that runs, or comes up, in a worker with the rights of {@link brokerPermissions}. */
export class BrokerThread {
  /** Undefined when the broker ended before it was ready. */
  readonly ready: Promise<BrokerReady | undefined>;
  readonly ended: Promise<BrokerEnd>;
  readonly #worker: Worker;
  readonly #cleaners: Worker[] = [];

  /** @param module what the worker runs; another one in tests */
  constructor(settings: BrokerSettings, module = new URL("../broker_worker.ts", import.meta.url)) {
    this.#worker = new Worker(module, {
      type: "module",
      name: "broker",
      deno: { permissions: { ...brokerPermissions(settings) } },
    });
    const ready = Promise.withResolvers<BrokerReady | undefined>();
    const ended = Promise.withResolvers<BrokerEnd>();
    const end = (how: BrokerEnd): void => {
      ready.resolve(undefined);
      ended.resolve(how);
      this.terminate();
    };
    this.#worker.onmessage = ({ data: message }: MessageEvent<FromBroker>): void => {
      if (message.type === "ready") ready.resolve(message.ready);
      else if (message.type === "cleaner") this.#startCleaner(settings, message.port, end);
      else if (message.type === "stopped") end({ kind: "stopped" });
      else end({ kind: "failed", failure: message.failure });
    };
    this.#worker.onmessageerror = (): void => {
      end({ kind: "failed", failure: describeFailure("a message of the broker can't be read") });
    };
    this.#worker.onerror = (event): void => {
      // Unhandled here, it would end the process before the failure is logged.
      event.preventDefault();
      end({ kind: "failed", failure: describeFailure(event.error ?? event.message) });
    };
    this.ready = ready.promise;
    this.ended = ended.promise;
    this.#tell({ type: "start", settings });
  }

  /** Asks the broker to drain and end. */
  stop(): void {
    this.#tell({ type: "stop" });
  }

  /** Gives the broker other settings from file, environment and flags; those it can change. */
  reload(staticConfig: BrokerSettings["staticConfig"]): void {
    this.#tell({ type: "reload", staticConfig });
  }

  /** Ends the worker at once, whatever it is doing, and those that compact for it. */
  terminate(): void {
    this.#worker.terminate();
    for (const cleaner of this.#cleaners) cleaner.terminate();
  }

  #startCleaner(
    settings: BrokerSettings,
    port: MessagePort,
    end: (how: BrokerEnd) => void,
  ): void {
    const cleaner = new Worker(new URL("../cleaner_worker.ts", import.meta.url), {
      type: "module",
      name: "cleaner",
      deno: { permissions: { ...cleanerPermissions(settings) } },
    });
    this.#cleaners.push(cleaner);
    cleaner.onerror = (event): void => {
      event.preventDefault();
      end({ kind: "failed", failure: describeFailure(event.error ?? event.message) });
    };
    const request: ServeCleaner = { dataDir: settings.dataDir, port };
    cleaner.postMessage(request, [port]);
  }

  #tell(message: ToBroker): void {
    this.#worker.postMessage(message);
  }
}
