/** The HTTP port for operators: metrics and health. */
import type { Logger } from "../base/logger.ts";
import type { Broker } from "../broker/broker.ts";
import { type HttpServer, serveHttp } from "../host/deno_http.ts";
import { EventLoopLag } from "../host/event_loop_lag.ts";
import { readCpuSeconds, readMemory } from "../host/process_readings.ts";
import type { Clock } from "../io/clock.ts";
import type { SocketAddress } from "../io/network.ts";
import { httpRoutes } from "../metrics/http_routes.ts";
import { createRegistry } from "../metrics/registry.ts";
import type { ProcessFigures } from "../metrics/sources.ts";
import { LATENCY_BOUNDS_MS, type ServerMetrics } from "../server/request_metrics.ts";
import { VERSION } from "./version.ts";

/** What the figures are read from. */
export interface OperationsSources {
  readonly broker: Broker;
  readonly server: ServerMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Serves `/metrics`, `/livez` and `/readyz`. */
export class OperationsServer {
  readonly #http: HttpServer;
  readonly #lag: EventLoopLag;
  #isReady = true;

  private constructor(address: SocketAddress, sources: OperationsSources) {
    const { broker, server, clock, logger } = sources;
    this.#lag = new EventLoopLag(clock);
    const figures = processFigures(this.#lag, clock);
    const handler = httpRoutes({
      registry: () => createRegistry(broker, server, figures, LATENCY_BOUNDS_MS),
      isReady: () => this.#isReady,
    });
    const onError = (error: unknown) => logger.error("http request failed", { error });
    this.#http = serveHttp(address, handler, onError);
    this.#lag.start();
  }

  /** @throws when the address can't be bound */
  static start(address: SocketAddress, sources: OperationsSources): OperationsServer {
    return new OperationsServer(address, sources);
  }

  get address(): SocketAddress {
    return this.#http.address;
  }

  /** `/readyz` says no from now on. */
  notReady(): void {
    this.#isReady = false;
  }

  async close(): Promise<void> {
    this.#lag.stop();
    await this.#http.close();
  }
}

function processFigures(lag: EventLoopLag, clock: Clock): ProcessFigures {
  return {
    residentBytes: () => readMemory().residentBytes,
    heapUsedBytes: () => readMemory().heapUsedBytes,
    heapTotalBytes: () => readMemory().heapTotalBytes,
    externalBytes: () => readMemory().externalBytes,
    cpuSeconds: readCpuSeconds,
    takeEventLoopLagMsMax: () => lag.takeMaxMs(),
    startedAtMs: clock.wallMs(),
    version: VERSION,
  };
}
