/** The worker's side: starts the broker that the main thread asks for and reports on it. */
import { invariant } from "../../base/invariant.ts";
import type { Logger } from "../../base/logger.ts";
import type { Cleaner } from "../../log/compaction/cleaning_job.ts";
import { PortCleaner } from "../cleaner_thread/port_cleaner.ts";
import type { BrokerSettings } from "../configuration/settings.ts";
import type { RunningBroker, StartBroker } from "../running_broker.ts";
import { describeFailure, type FromBroker, type ToBroker } from "./messages.ts";

/** The end of a message channel that the worker holds: its global scope, or a stand-in. */
export interface BrokerChannel {
  postMessage(message: FromBroker, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToBroker>) => void) | null;
}

/** Serves one broker's life over `channel`. */
export function serveBroker(
  channel: BrokerChannel,
  start: StartBroker,
  createLogger: (settings: BrokerSettings) => Logger,
): void {
  let running: Promise<RunningBroker | undefined> | undefined;
  const stopAsked = Promise.withResolvers<void>();
  channel.onmessage = ({ data: message }): void => {
    if (message.type === "stop") {
      invariant(running !== undefined, "a broker is told to stop before it is told to start");
      stopAsked.resolve();
      // A start that fails is reported by the life below.
      running.then((broker) => broker?.stop(), () => undefined);
      return;
    }
    if (message.type === "reload") {
      invariant(running !== undefined, "a broker is told to reload before it is told to start");
      running.then((broker) => broker?.reload(message.staticConfig), () => undefined);
      return;
    }
    invariant(running === undefined, "a worker serves one broker");
    const logger = createLogger(message.settings);
    const host = { stopAsked: stopAsked.promise, newCleaner: () => newCleaner(channel) };
    running = start(message.settings, logger, host);
    live(running, (report) => channel.postMessage(report));
  };
}

/** A worker may not start another: its rights reach no source file. So the main thread does. */
function newCleaner(channel: BrokerChannel): Cleaner {
  const { port1, port2 } = new MessageChannel();
  channel.postMessage({ type: "cleaner", port: port1 }, [port1]);
  return new PortCleaner(port2);
}

async function live(
  starting: Promise<RunningBroker | undefined>,
  report: (message: FromBroker) => void,
): Promise<void> {
  try {
    const broker = await starting;
    if (broker !== undefined) {
      report({ type: "ready", ready: broker.ready });
      await broker.ended;
    }
    report({ type: "stopped" });
  } catch (error) {
    report({ type: "failed", failure: describeFailure(error) });
  }
}
