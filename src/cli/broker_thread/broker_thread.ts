/** The main thread's side of the broker's worker. */
import type { BrokerSettings } from "../configuration/settings.ts";
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
      this.#worker.terminate();
    };
    this.#worker.onmessage = ({ data: message }: MessageEvent<FromBroker>): void => {
      if (message.type === "ready") ready.resolve(message.ready);
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

  /** Ends the worker at once, whatever it is doing. */
  terminate(): void {
    this.#worker.terminate();
  }

  #tell(message: ToBroker): void {
    this.#worker.postMessage(message);
  }
}
