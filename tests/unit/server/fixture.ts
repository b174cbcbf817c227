import type { Logger } from "../../../src/base/logger.ts";
import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { type Reply, type RequestContext, route } from "../../../src/handlers/route.ts";
import type { ApiDefinition } from "../../../src/protocol/codec.ts";
import { heartbeatApi } from "../../../src/protocol/generated/apis/heartbeat.ts";
import { apiVersionsApi } from "../../../src/protocol/generated/apis/api_versions.ts";
import { produceApi } from "../../../src/protocol/generated/apis/produce.ts";
import { fetchApi } from "../../../src/protocol/generated/apis/fetch.ts";
import type { FetchResponseInit } from "../../../src/protocol/generated/fetch_response.ts";
import type { HeartbeatRequest } from "../../../src/protocol/generated/heartbeat_request.ts";
import type { HeartbeatResponseInit } from "../../../src/protocol/generated/heartbeat_response.ts";
import type { ProduceRequest } from "../../../src/protocol/generated/produce_request.ts";
import type { ProduceResponseInit } from "../../../src/protocol/generated/produce_response.ts";
import { hasFlexibleRequestHeader, writeRequestHeader } from "../../../src/protocol/header.ts";
import { ByteWriter } from "../../../src/protocol/wire/byte_writer.ts";
import { DEFAULT_LIMITS, type ServerLimits } from "../../../src/server/limits.ts";
import { Server } from "../../../src/server/server.ts";
import { FakeClock } from "./fake_clock.ts";
import { MemoryNetwork } from "./memory_network.ts";

/** Keeps what was logged, as "level event". */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];
  readonly fields: Record<string, unknown>[] = [];

  debug(): void {}

  info(event: string, fields: Record<string, unknown> = {}): void {
    this.#add("info", event, fields);
  }

  warn(event: string, fields: Record<string, unknown> = {}): void {
    this.#add("warn", event, fields);
  }

  error(event: string, fields: Record<string, unknown> = {}): void {
    this.#add("error", event, fields);
  }

  #add(level: string, event: string, fields: Record<string, unknown>): void {
    this.lines.push(`${level} ${event}`);
    this.fields.push(fields);
  }
}

/** What the routes of a {@link Fixture} do; a test replaces what it needs. */
export interface Handlers {
  heartbeat(context: RequestContext, request: HeartbeatRequest): Reply<HeartbeatResponseInit>;
  produce(context: RequestContext, request: ProduceRequest): Reply<ProduceResponseInit>;
  fetch(context: RequestContext): Reply<FetchResponseInit>;
}

/** A server in memory with three routes and ApiVersions. */
export class Fixture {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork();
  readonly logger = new RecordingLogger();
  readonly server: Server;
  readonly handlers: Handlers = {
    heartbeat: () => ({ throttleTimeMs: 0, errorCode: 0 }),
    produce: () => ({ throttleTimeMs: 0, responses: [] }),
    fetch: () => ({ throttleTimeMs: 0, errorCode: 0, responses: [] }),
  };

  constructor(limits: Partial<ServerLimits> = {}) {
    this.server = new Server({
      network: this.network,
      clock: this.clock,
      logger: this.logger,
      routes: this.routes(),
      limits: { ...DEFAULT_LIMITS, ...limits },
    });
    this.server.listen("PLAINTEXT", { host: "127.0.0.1", port: 0 });
  }

  routes() {
    return [
      route(apiVersionsApi, () => ({ errorCode: 0, apiKeys: [], throttleTimeMs: 0 })),
      route(heartbeatApi, (context, request) => this.handlers.heartbeat(context, request)),
      route(produceApi, (context, request) => this.handlers.produce(context, request)),
      route(fetchApi, (context) => this.handlers.fetch(context), { versions: { min: 6, max: 17 } }),
    ];
  }
}

/** A request as a frame with its length prefix. */
export function frame<Init>(
  api: ApiDefinition<unknown, never, Init>,
  version: number,
  correlationId: number,
  body: Init,
): Uint8Array {
  const writer = new ByteWriter();
  const prefix = writer.reserveInt32();
  const header = { apiKey: api.key, apiVersion: version, correlationId, clientId: "test" };
  writeRequestHeader(writer, header, hasFlexibleRequestHeader(api, version));
  api.request.write(writer, body, version);
  writer.patchInt32(prefix, writer.size - 4);
  return writer.toBytes();
}

export function heartbeat(correlationId: number, memberId = "m"): Uint8Array {
  return frame(heartbeatApi, 4, correlationId, { groupId: "g", generationId: 1, memberId });
}

export function produce(correlationId: number, records: Uint8Array): Uint8Array {
  const partitionData = [{ index: 0, records }];
  return frame(produceApi, 9, correlationId, {
    acks: -1,
    timeoutMs: 1000,
    topicData: [{ name: "t", topicId: ZERO_UUID, partitionData }],
  });
}

export function fetchRequest(correlationId: number): Uint8Array {
  return frame(fetchApi, 12, correlationId, {
    maxWaitMs: 500,
    minBytes: 1,
    topics: [],
    forgottenTopicsData: [],
  });
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A promise and the functions that settle it. */
export function deferred<T>(): PromiseWithResolvers<T> {
  return Promise.withResolvers<T>();
}
