import type { Logger } from "../../src/base/logger.ts";
import { Accepted, CLOSE_CONNECTION, type Route, route } from "../../src/handlers/route.ts";
import { DenoClock } from "../../src/host/deno_clock.ts";
import { DenoNetwork } from "../../src/host/deno_network.ts";
import type { SocketAddress } from "../../src/io/network.ts";
import { DEFAULT_LIMITS } from "../../src/server/limits.ts";
import { Server } from "../../src/server/server.ts";
import { FUZZED_APIS, type FuzzedApi } from "./fuzz_frames.ts";
import { defaultMessage } from "./random_message.ts";

/** A server in this process that answers every API with defaults, in every way there is. */
export class FuzzTarget {
  readonly address: SocketAddress;
  /** Errors that the server logged: a peer can cause none. */
  readonly errors: string[] = [];
  readonly #server: Server;

  constructor() {
    const logger: Logger = {
      debug() {},
      info() {},
      warn() {},
      error: (event, fields) => void this.errors.push(`${event}: ${describe(fields)}`),
    };
    this.#server = new Server({
      network: new DenoNetwork(),
      clock: new DenoClock(),
      logger,
      routes: FUZZED_APIS.map(defaultRoute),
      limits: { ...DEFAULT_LIMITS, bufferedBytesMax: 64 * 1024 * 1024, frameTimeoutMs: 2000 },
    });
    this.address = this.#server.listen("PLAINTEXT", { host: "127.0.0.1", port: 0 });
  }

  get requests(): number {
    let requests = 0;
    for (const api of this.#server.metrics.apis()) requests += api.latency.count;
    return requests;
  }

  get connectionsOpen(): number {
    return this.#server.metrics.connectionsOpen;
  }

  async stop(): Promise<void> {
    await this.#server.drain(5000);
  }
}

function defaultRoute({ definition, schema }: FuzzedApi): Route {
  const { versions } = definition.request;
  return route<unknown, unknown>(definition, ({ apiVersion, correlationId }) => {
    const response = defaultMessage(schema.response, apiVersion);
    switch (correlationId & 15) {
      case 0:
        return Promise.resolve(response);
      case 1:
        return new Accepted(Promise.resolve(response));
      case 2:
        return new Accepted(new Promise((resolve) => setTimeout(() => resolve(response), 1)));
      case 3:
        return CLOSE_CONNECTION;
      default:
        return response;
    }
  }, { versions });
}

function describe(fields: Record<string, unknown> | undefined): string {
  const error = fields?.["error"];
  return error instanceof Error ? error.stack ?? error.message : JSON.stringify(fields);
}
