/**
 * What the broker's worker runs. Its rights are those of `broker_thread/permissions.ts`; imports of
 * this module are static, because a confined worker may read no source file later.
 */
import { DenoClock } from "../host/deno_clock.ts";
import { type BrokerChannel, serveBroker } from "./broker_thread/serve_broker.ts";
import { standardStreams } from "./deno_process.ts";
import { EventLog } from "./event_log.ts";
import { startBroker } from "./start_broker.ts";

serveBroker(
  globalThis as unknown as BrokerChannel,
  startBroker,
  ({ log }) => new EventLog((line) => standardStreams.writeError(line), new DenoClock(), log),
);
