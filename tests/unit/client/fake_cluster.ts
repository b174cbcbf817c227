import { ClusterClient } from "../../../src/client/cluster_client.ts";
import type { Uuid } from "../../../src/base/uuid.ts";
import type {
  ByteStream,
  Network,
  SocketAddress,
  StreamListener,
} from "../../../src/io/network.ts";
import type { ApiDefinition } from "../../../src/protocol/codec.ts";
import { apiVersionsApi } from "../../../src/protocol/generated/apis/api_versions.ts";
import { metadataApi } from "../../../src/protocol/generated/apis/metadata.ts";
import {
  hasFlexibleRequestHeader,
  hasFlexibleResponseHeader,
  readRequestHeader,
  writeResponseHeader,
} from "../../../src/protocol/header.ts";
import { ByteReader } from "../../../src/protocol/wire/byte_reader.ts";
import { ByteWriter } from "../../../src/protocol/wire/byte_writer.ts";
import { FakeClock } from "../server/fake_clock.ts";

export const TOPIC_ID = "AAAAAAAAAAAAAAAAAAAAAQ" as Uuid;

/** As a handler's answer: the connection breaks. */
export const DROP = Symbol("drop");

type Handler = (request: unknown, version: number, broker: FakeBroker) => unknown;

/** A broker that answers as a test says, and remembers what it was asked. */
export class FakeBroker {
  isDown = false;
  /** Names of the APIs that it was asked, in order; those of introductions are left out. */
  readonly asked: string[] = [];
  connections = 0;
  /** Requests that have arrived, also those that wait for an earlier one. */
  arrived = 0;
  readonly #handlers = new Map<number, { readonly api: ApiDefinition; readonly handle: Handler }>();
  readonly #streams = new Set<FakeStream>();
  /** The highest version of ApiVersions that it knows. */
  introductionMax = 4;

  constructor(readonly id: number, readonly address: SocketAddress) {
    this.on(apiVersionsApi, (_, version) => ({
      errorCode: version > this.introductionMax ? 35 : 0,
      throttleTimeMs: 0,
      apiKeys: [...this.#handlers.values()].map(({ api }) => ({
        apiKey: api.key,
        minVersion: api.request.versions.min,
        maxVersion: api.request.versions.max,
      })),
    }));
  }

  /** Answers `api` by `handle` from now on. */
  on<Request, ResponseInit>(
    api: ApiDefinition<Request, ResponseInit>,
    handle: (
      request: Request,
      version: number,
      broker: FakeBroker,
    ) => ResponseInit | typeof DROP | Promise<ResponseInit | typeof DROP>,
  ): void {
    this.#handlers.set(api.key, { api: api as ApiDefinition, handle: handle as Handler });
  }

  /** How often `api` was asked. */
  count(api: { readonly name: string }): number {
    return this.asked.filter((name) => name === api.name).length;
  }

  open(): ByteStream {
    this.connections++;
    const stream = new FakeStream(this);
    this.#streams.add(stream);
    return stream;
  }

  /** Breaks all connections. */
  disconnect(): void {
    for (const stream of this.#streams) stream.close();
    this.#streams.clear();
  }

  /** The response frame; undefined when the connection is to break. */
  async answer(frame: Uint8Array): Promise<Uint8Array | undefined> {
    const reader = new ByteReader().reset(frame);
    const header = readRequestHeader(reader, (key, version) => {
      const api = this.#handlers.get(key)?.api;
      return api !== undefined && hasFlexibleRequestHeader(api, version);
    });
    const entry = this.#handlers.get(header.apiKey);
    if (entry === undefined) throw new Error(`nobody answers API ${header.apiKey}`);
    const { api, handle } = entry;
    if (api.key !== apiVersionsApi.key) this.asked.push(api.name);
    const version = header.apiVersion;
    const response = await handle(api.request.read(reader, version), version, this);
    if (response === DROP) return undefined;
    const isIntroduction = api.key === apiVersionsApi.key && version > this.introductionMax;
    return frameOf(api, isIntroduction ? 0 : version, header.correlationId, response);
  }
}

function frameOf(
  api: ApiDefinition,
  version: number,
  correlationId: number,
  response: unknown,
): Uint8Array {
  const writer = new ByteWriter();
  const at = writer.reserveInt32();
  writeResponseHeader(writer, correlationId, hasFlexibleResponseHeader(api, version));
  api.response.write(writer, response, version);
  writer.patchInt32(at, writer.size - 4);
  return writer.toBytes();
}

/** The client's end of a connection to a {@link FakeBroker}; requests are answered in order. */
class FakeStream implements ByteStream {
  readonly local = { host: "client", port: 1 };
  readonly remote: SocketAddress;
  readonly #broker: FakeBroker;
  #sent: number[] = [];
  #arrived: Uint8Array[] = [];
  #wake: () => void = () => undefined;
  #isOpen = true;
  #turn: Promise<void> = Promise.resolve();

  constructor(broker: FakeBroker) {
    this.#broker = broker;
    this.remote = broker.address;
  }

  async read(into: Uint8Array): Promise<number> {
    while (this.#arrived.length === 0 && this.#isOpen) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const first = this.#arrived[0];
    if (first === undefined) return 0;
    const count = Math.min(first.length, into.length);
    into.set(first.subarray(0, count));
    if (count === first.length) this.#arrived.shift();
    else this.#arrived[0] = first.subarray(count);
    return count;
  }

  write(bytes: Uint8Array): Promise<void> {
    if (!this.#isOpen) return Promise.reject(new Error("the connection is broken"));
    this.#sent.push(...bytes);
    for (;;) {
      const length = new DataView(Uint8Array.from(this.#sent.slice(0, 4)).buffer);
      if (this.#sent.length < 4 || this.#sent.length < 4 + length.getInt32(0)) break;
      const frame = Uint8Array.from(this.#sent.splice(0, 4 + length.getInt32(0)).slice(4));
      this.#broker.arrived++;
      this.#turn = this.#turn.then(() => this.#answer(frame));
    }
    return Promise.resolve();
  }

  close(): void {
    this.#isOpen = false;
    this.#wake();
  }

  async #answer(frame: Uint8Array): Promise<void> {
    if (!this.#isOpen) return;
    const response = await this.#broker.answer(frame);
    if (response === undefined) this.close();
    else this.#arrived.push(response);
    this.#wake();
  }
}

/** Brokers 1 to n at `broker-1:9092` and so on, with one topic `orders` whose leaders can move. */
export class FakeCluster implements Network {
  readonly clock = new FakeClock();
  readonly brokers: FakeBroker[];
  controllerId = 1;
  /** The leader of each partition of `orders`; -1 for none. */
  leaders: number[];
  leaderEpoch = 0;
  hasTopic = true;

  constructor(brokerCount: number, leaders: number[] = [1]) {
    this.leaders = leaders;
    this.brokers = Array.from({ length: brokerCount }, (_, i) => {
      const broker = new FakeBroker(i + 1, { host: `broker-${i + 1}`, port: 9092 });
      broker.on(metadataApi, ({ topics }) => this.#metadata(topics === null || topics.length > 0));
      return broker;
    });
  }

  broker(id: number): FakeBroker {
    return this.brokers[id - 1]!;
  }

  /** Has all brokers answer `api` alike. */
  on: FakeBroker["on"] = (api, handle) => {
    for (const broker of this.brokers) broker.on(api, handle);
  };

  listen(): StreamListener {
    throw new Error("a client does not listen");
  }

  connect({ host }: SocketAddress): Promise<ByteStream> {
    const broker = this.brokers.find(({ address }) => address.host === host);
    if (broker === undefined || broker.isDown) {
      return Promise.reject(Object.assign(new Error(host), { name: "ConnectionRefused" }));
    }
    return Promise.resolve(broker.open());
  }

  /** A client whose bootstrap addresses are the brokers of these ids. */
  client(bootstrap: readonly number[] = [1]): ClusterClient {
    return new ClusterClient({ network: this, clock: this.clock }, {
      bootstrap: bootstrap.map((id) => ({ host: `broker-${id}`, port: 9092 })),
      clientId: "tester",
      software: { name: "tester", version: "1" },
      requestTimeoutMs: 1_000,
      operationTimeoutMs: 5_000,
    });
  }

  /** Lets time pass until `promise` settles. */
  async drive<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    promise.then(() => isSettled = true, () => isSettled = true);
    for (let i = 0; i < 2_000 && !isSettled; i++) await this.clock.advance(10);
    if (!isSettled) throw new Error("not settled within 20 s");
    return await promise;
  }

  #metadata(withTopic: boolean) {
    const orders = {
      errorCode: this.hasTopic ? 0 : 3,
      name: "orders",
      topicId: TOPIC_ID,
      partitions: (this.hasTopic ? this.leaders : []).map((leaderId, partitionIndex) => ({
        errorCode: leaderId < 0 ? 5 : 0,
        partitionIndex,
        leaderId,
        leaderEpoch: this.leaderEpoch,
        replicaNodes: [1],
        isrNodes: [1],
        offlineReplicas: [],
      })),
    };
    return {
      throttleTimeMs: 0,
      errorCode: 0,
      clusterId: "fake",
      controllerId: this.controllerId,
      brokers: this.brokers.filter(({ isDown }) => !isDown)
        .map(({ id, address }) => ({ nodeId: id, ...address })),
      topics: withTopic ? [orders] : [],
    };
  }
}
