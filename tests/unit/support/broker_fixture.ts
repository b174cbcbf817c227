import assert from "node:assert/strict";
import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { Broker } from "../../../src/broker/broker.ts";
import {
  Accepted,
  type Answer,
  CLOSE_CONNECTION,
  type ConnectionContext,
  Leased,
  NO_REPLY,
  type Reply,
  type Route,
  Throttled,
} from "../../../src/handlers/route.ts";
import { routes } from "../../../src/handlers/routes.ts";
import { DenoDigests } from "../../../src/host/deno_digests.ts";
import type { ApiDefinition } from "../../../src/protocol/codec.ts";
import { createTopicsApi } from "../../../src/protocol/generated/apis/create_topics.ts";
import { deleteTopicsApi } from "../../../src/protocol/generated/apis/delete_topics.ts";
import { ByteReader } from "../../../src/protocol/wire/byte_reader.ts";
import { ByteWriter } from "../../../src/protocol/wire/byte_writer.ts";
import { recordingLogger, seeded } from "../log/log_harness.ts";
import { SimulatedDisk } from "../log/simulated_disk.ts";
import { FakeClock, settle } from "../server/fake_clock.ts";

/** How a {@link BrokerFixture} is opened. */
export interface FixtureOptions {
  /** Of an earlier broker, for a restart; a new one when left out. */
  readonly disk?: SimulatedDisk;
  readonly clock?: FakeClock;
  readonly brokerId?: number;
  /** Kafka's settings. */
  readonly config?: Readonly<Record<string, string>>;
  readonly seed?: number;
}

/** What became of a request that was not answered. */
export type Unanswered = "no reply" | "close connection";

/** A registered broker in memory, on a simulated disk and a clock that stands still. */
export class BrokerFixture {
  readonly connection: ConnectionContext;
  readonly routes: readonly Route[];
  /** How many leases of answers are out. */
  leases = 0;
  /** Keeps the leases of answers instead of giving them back at once. */
  holdLeases = false;
  readonly #held: (() => void)[] = [];
  #correlationId = 0;

  private constructor(
    readonly broker: Broker,
    readonly disk: SimulatedDisk,
    readonly clock: FakeClock,
    readonly logger: ReturnType<typeof recordingLogger>,
  ) {
    this.routes = routes(broker);
    this.connection = {
      id: 1,
      listenerName: "PLAINTEXT",
      localHost: "192.0.2.1",
      localPort: 9092,
      remoteHost: "192.0.2.99",
      remotePort: 50_000,
      clientSoftwareName: "",
      clientSoftwareVersion: "",
      onClose() {},
    };
  }

  static async open(options: FixtureOptions = {}): Promise<BrokerFixture> {
    const { disk = new SimulatedDisk(), clock = new FakeClock(), config = {} } = options;
    const chance = seeded(options.seed ?? 1);
    const random = {
      fill(bytes: Uint8Array) {
        for (let i = 0; i < bytes.length; i++) bytes[i] = chance() * 256;
      },
    };
    const logger = recordingLogger();
    const digests = new DenoDigests();
    const broker = await Broker.open({ clock, random, digests, disk, logger }, {
      brokerId: options.brokerId,
      dataDir: "/data",
      staticConfig: new Map(Object.entries(config)),
      advertised: new Map(),
    });
    const fixture = new BrokerFixture(broker, disk, clock, logger);
    await broker.register([
      { name: "PLAINTEXT", host: "192.0.2.1", port: 9092, securityProtocol: 0 },
    ]);
    return fixture;
  }

  /** As {@link open}, closed when `test` is over. */
  static async with(
    test: (fixture: BrokerFixture) => Promise<void>,
    options: FixtureOptions = {},
  ): Promise<void> {
    const fixture = await BrokerFixture.open(options);
    try {
      await test(fixture);
    } finally {
      await fixture.broker.close();
    }
  }

  /** Sends a request through both codecs; resolves with the response as a client reads it. */
  async call<Request, ResponseInit, RequestInit, Response>(
    api: ApiDefinition<Request, ResponseInit, RequestInit, Response>,
    version: number,
    body: RequestInit,
    clientId = "test",
  ): Promise<Response> {
    const answer = await this.send(api, version, body, clientId);
    assert.ok(typeof answer !== "string", `${api.name} v${version} ended in "${String(answer)}"`);
    return answer as Response;
  }

  /** As {@link call}, for requests that may be left without an answer. */
  async send<Request, ResponseInit, RequestInit, Response>(
    api: ApiDefinition<Request, ResponseInit, RequestInit, Response>,
    version: number,
    body: RequestInit,
    clientId = "test",
  ): Promise<Response | Unanswered> {
    const request = new ByteWriter();
    api.request.write(request, body, version);
    const reply = this.handle(api.key, version, request.toBytes(), clientId);
    const answer = await (reply instanceof Accepted ? reply.answer : reply);
    if (answer === NO_REPLY) return "no reply";
    if (answer === CLOSE_CONNECTION) return "close connection";
    return this.#decode(api, version, answer);
  }

  /** Decodes the request and calls the handler of its route. */
  handle(apiKey: number, version: number, bytes: Uint8Array, clientId = "test"): Reply<unknown> {
    const route = this.routes.find(({ api }) => api.key === apiKey);
    assert.ok(route !== undefined, `API ${apiKey} is not served`);
    assert.ok(version >= route.versions.min && version <= route.versions.max);
    const context = {
      connection: this.connection,
      apiVersion: version,
      correlationId: ++this.#correlationId,
      clientId,
      requestBytes: bytes.length,
    };
    return route.handle(context, route.api.request.read(new ByteReader().reset(bytes), version));
  }

  /** Gives back the leases that were held. */
  releaseLeases(): void {
    for (const release of this.#held.splice(0)) release();
  }

  /** Creates a topic, and fails the test when it can't be. */
  async createTopic(
    name: string,
    numPartitions = 1,
    configs: Readonly<Record<string, string>> = {},
  ) {
    const { topics } = await this.call(createTopicsApi, 7, {
      topics: [{
        name,
        numPartitions,
        replicationFactor: 1,
        assignments: [],
        configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
      }],
    });
    assert.equal(topics[0]!.errorCode, 0, String(topics[0]!.errorMessage));
    return topics[0]!;
  }

  async deleteTopic(name: string): Promise<void> {
    const topics = [{ name, topicId: ZERO_UUID }];
    const request = { topics, topicNames: [], timeoutMs: 0 };
    const { responses } = await this.call(deleteTopicsApi, 6, request);
    assert.equal(responses[0]!.errorCode, 0);
  }

  /** Stops the broker and starts another on the same disk. */
  async restart(options: FixtureOptions = {}): Promise<BrokerFixture> {
    await this.broker.close();
    return await BrokerFixture.open({ disk: this.disk, clock: this.clock, seed: 2, ...options });
  }

  /** Takes the broker's life without a word, and starts another on what is left. */
  async crash(kind: "process" | "power" = "process"): Promise<BrokerFixture> {
    this.disk.crash(kind, seeded(3));
    this.broker.beginStop();
    await settle();
    return await BrokerFixture.open({ disk: this.disk, seed: 4 });
  }

  #decode<Response>(
    api: ApiDefinition<unknown, never, never, Response>,
    version: number,
    answer: Answer<unknown>,
  ): Response {
    const unthrottled = answer instanceof Throttled ? answer.response : answer;
    const isLeased = unthrottled instanceof Leased;
    const response = isLeased ? unthrottled.response : unthrottled;
    if (isLeased) this.leases++;
    const writer = new ByteWriter();
    api.response.write(writer, response as never, version);
    const bytes = writer.toBytes().slice();
    if (isLeased) {
      const release = () => {
        this.leases--;
        unthrottled.release();
      };
      if (this.holdLeases) this.#held.push(release);
      else release();
    }
    const reader = new ByteReader().reset(bytes);
    const decoded = api.response.read(reader, version);
    assert.equal(reader.remaining, 0, `${api.name} v${version} left bytes`);
    return decoded;
  }
}
