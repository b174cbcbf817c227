/** A few brokers in memory that replicate to each other: the real logs, partitions, fetchers. */
import assert from "node:assert/strict";
import type { Uuid } from "../../../../src/base/uuid.ts";
import type { Broker } from "../../../../src/broker/broker.ts";
import { CLUSTER_LISTENER } from "../../../../src/broker/cluster/peers.ts";
import { FetchSessions } from "../../../../src/broker/fetch_sessions.ts";
import { FetchWaiters } from "../../../../src/broker/fetch_waiters.ts";
import type { Partition } from "../../../../src/broker/partition.ts";
import { Partitions } from "../../../../src/broker/partitions.ts";
import type { PeerConnection } from "../../../../src/broker/replication/cluster_calls.ts";
import { Replication } from "../../../../src/broker/replication/replication.ts";
import { fetchRoute } from "../../../../src/handlers/fetch.ts";
import { produceRoute } from "../../../../src/handlers/produce.ts";
import { Accepted, Leased, type Reply, type Route } from "../../../../src/handlers/route.ts";
import type { Clock, Timer } from "../../../../src/io/clock.ts";
import type { LogDirectory } from "../../../../src/log/log_directory.ts";
import { ClusterImage } from "../../../../src/metadata/cluster_image.ts";
import { effectiveBrokerText } from "../../../../src/metadata/config/effective.ts";
import type { MetadataRecord } from "../../../../src/metadata/records.ts";
import type { ApiDefinition } from "../../../../src/protocol/codec.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { fetchApi } from "../../../../src/protocol/generated/apis/fetch.ts";
import { produceApi } from "../../../../src/protocol/generated/apis/produce.ts";
import type { AlterPartitionRequestInit } from "../../../../src/protocol/generated/alter_partition_request.ts";
import type { AlterPartitionResponse } from "../../../../src/protocol/generated/alter_partition_response.ts";
import type { FetchRequestInit } from "../../../../src/protocol/generated/fetch_request.ts";
import { openBatch } from "../../../../src/protocol/records/record_reader.ts";
import { ByteReader } from "../../../../src/protocol/wire/byte_reader.ts";
import { ByteWriter } from "../../../../src/protocol/wire/byte_writer.ts";
import { openDirectory, readAll, recordingLogger } from "../../log/log_harness.ts";
import { type Chance, type CrashKind, SimulatedDisk } from "../../log/simulated_disk.ts";
import { FakeClock, settle } from "../../server/fake_clock.ts";
import { batch } from "../../support/requests.ts";

const TOPIC_ID = "pxiBR9QKTEWZ2YNOnmlQyA" as Uuid;
const DIRECTORY = "AAAAAAAAAAAAAAAAAAAAZA" as Uuid;

/** Time as one life of a broker sees it: it ends with that life. */
class LifeClock implements Clock {
  readonly #timers = new Set<Timer>();
  #isOver = false;

  constructor(private readonly clock: FakeClock) {}

  wallMs(): number {
    return this.clock.wallMs();
  }

  monotonicMs(): number {
    return this.clock.monotonicMs();
  }

  schedule(delayMs: number, callback: () => void): Timer {
    if (this.#isOver) return { cancel() {} };
    const timer = this.clock.schedule(delayMs, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
    return timer;
  }

  end(): void {
    this.#isOver = true;
    for (const timer of this.#timers) timer.cancel();
  }
}

/** One broker: what it has on its disk, and what it knows. */
export class Node {
  image = new ClusterImage();
  partitions!: Partitions;
  replication!: Replication;
  logs!: LogDirectory;
  routes!: readonly Route[];
  waiters!: FetchWaiters;
  isUp = false;
  readonly metadataListeners: ((records: readonly MetadataRecord[]) => void)[] = [];
  #clock!: LifeClock;
  disk = new SimulatedDisk();
  readonly logger = recordingLogger();

  constructor(readonly world: ReplicaWorld, readonly id: number) {}

  /** Starts on what is on the disk, with all metadata. */
  start(): void {
    const { config } = this.world;
    const clock = new LifeClock(this.world.clock);
    this.#clock = clock;
    this.image = new ClusterImage();
    this.logs = openDirectory(this.disk, { clock, logger: this.logger });
    this.partitions = new Partitions({
      brokerId: this.id,
      image: this.image,
      logs: this.logs,
      staticConfig: new Map(Object.entries(config)),
      logger: this.logger,
      clock,
    });
    this.waiters = new FetchWaiters(clock);
    this.routes = [fetchRoute(this.#broker()), produceRoute(this.#broker())];
    this.world.records.forEach((record, offset) => this.image.replay(record, offset));
    this.partitions.start();
    this.isUp = true;
    this.replication = new Replication({
      brokerId: this.id,
      clock,
      logger: this.logger,
      partitions: this.partitions,
      controller: { alterPartition: (request) => this.world.alterPartition(this.id, request) },
      peers: { dial: (to) => this.world.dial(this.id, to) },
      brokerEpoch: () => this.image.brokers.byId(this.id)?.epoch ?? -1,
      setting: (name) => effectiveBrokerText(name, this.partitions.layers),
    });
    this.replication.start();
  }

  /** The time of this life of the broker. */
  get clock(): Clock {
    return this.#clock;
  }

  /** Ends in order, as far as its disk goes; nobody is told. */
  async kill(): Promise<void> {
    await this.#end();
    await this.logs.close();
  }

  /** Ends without a word. With the power goes what the disk has not been told to keep. */
  async crash(kind: CrashKind, chance: Chance): Promise<void> {
    await this.#end();
    this.disk.crash(kind, chance);
  }

  async #end(): Promise<void> {
    this.isUp = false;
    this.world.dropConnections(this.id);
    this.replication.stop();
    this.waiters.stop();
    this.#clock.end();
    await settle();
  }

  partition(index = 0): Partition {
    const partition = this.partitions.find(this.world.topic, index);
    assert.ok(partition !== undefined, `broker ${this.id} has no replica ${index}`);
    return partition;
  }

  /** The handlers look at no more of a broker than this. */
  #broker(): Broker {
    const clock = this.#clock;
    let nextSession = this.id * 1000;
    const broker = {
      clock,
      partitions: this.partitions,
      fetchSessions: new FetchSessions(
        { sessions: 100, partitions: 10_000, evictionAgeMs: 1000 },
        () => ++nextSession,
      ),
      fetchWaiters: this.waiters,
      quotas: { isActive: false },
      diskBudget: { isSlowing: false, admits: () => true, ranFull: () => undefined },
      settings: { fetchMaxBytes: 1 << 26, advertised: new Map() },
      identity: { brokerId: this.id },
      quorum: { image: this.image },
      isStopping: false,
    };
    return broker as unknown as Broker;
  }
}

/** How a {@link ReplicaWorld} begins. */
export interface WorldOptions {
  readonly brokers?: number;
  /** Kafka's broker settings. */
  readonly config?: Readonly<Record<string, string>>;
  readonly racks?: readonly string[];
  /** The only topic. */
  readonly topic?: string;
}

/** All brokers, the metadata that a controller has decided, and the wires between them. */
export class ReplicaWorld {
  readonly clock = new FakeClock();
  readonly nodes = new Map<number, Node>();
  readonly records: MetadataRecord[] = [];
  readonly config: Readonly<Record<string, string>>;
  /** What the controller itself knows. */
  readonly image = new ClusterImage();
  /** Requests that the controller answered. */
  readonly alterations: AlterPartitionRequestInit[] = [];
  /** How the controller answers; "down" makes calls fail, "lost" loses answers. */
  controller: "up" | "down" | "lost" = "up";
  /** Brokers to which committed metadata do not get through. */
  readonly metadataLags = new Set<number>();
  /** Pairs `from>to` between which nothing gets through. */
  readonly cut = new Set<string>();
  readonly #links = new Set<Link>();

  readonly topic: string;

  constructor({ brokers = 3, config = {}, racks = [], topic = "t" }: WorldOptions = {}) {
    this.topic = topic;
    this.config = { "replica.lag.time.max.ms": "10000", ...config };
    for (let id = 1; id <= brokers; id++) this.register(id, racks[id - 1] ?? null);
    for (let id = 1; id <= brokers; id++) {
      const node = new Node(this, id);
      this.nodes.set(id, node);
      node.start();
    }
  }

  /** Runs `test` in a world that is taken down afterwards. */
  static async with(
    options: WorldOptions,
    test: (world: ReplicaWorld) => Promise<void>,
  ): Promise<void> {
    const world = new ReplicaWorld(options);
    try {
      await test(world);
    } finally {
      for (const node of world.nodes.values()) if (node.isUp) await node.kill();
    }
  }

  node(id: number): Node {
    return this.nodes.get(id)!;
  }

  register(id: number, rack: string | null = null): void {
    this.commit({
      type: "RegisterBrokerRecord",
      value: {
        brokerId: id,
        isMigratingZkBroker: false,
        incarnationId: DIRECTORY,
        brokerEpoch: this.records.length,
        endPoints: [],
        features: [],
        rack,
        fenced: false,
        inControlledShutdown: false,
        logDirs: [DIRECTORY],
      },
    });
  }

  /** The controller takes a broker for dead, or alive again. */
  fence(id: number, isFenced: boolean): void {
    const { epoch } = this.image.brokers.byId(id)!;
    const value = { id, epoch };
    this.commit(
      isFenced ? { type: "FenceBrokerRecord", value } : { type: "UnfenceBrokerRecord", value },
    );
  }

  /** Creates the topic of one partition per list of replicas; the first of each leads. */
  createTopic(
    partitions: readonly (readonly number[])[] = [[1, 2, 3]],
    configs: Readonly<Record<string, string>> = {},
  ): void {
    const records: MetadataRecord[] = [
      { type: "TopicRecord", value: { name: this.topic, topicId: TOPIC_ID } as never },
    ];
    for (const [name, value] of Object.entries(configs)) {
      records.push({
        type: "ConfigRecord",
        value: { resourceType: 2, resourceName: this.topic, name, value },
      });
    }
    partitions.forEach((replicas, partitionId) => {
      records.push({
        type: "PartitionRecord",
        value: {
          partitionId,
          topicId: TOPIC_ID,
          replicas,
          isr: replicas,
          removingReplicas: [],
          addingReplicas: [],
          leader: replicas[0]!,
          leaderRecoveryState: 0,
          leaderEpoch: 0,
          partitionEpoch: 0,
          directories: [],
          eligibleLeaderReplicas: null,
          lastKnownElr: null,
        },
      });
    });
    this.commit(...records);
  }

  /** Creates a topic that nobody looks at. */
  createOther(name: string): void {
    this.commit({ type: "TopicRecord", value: { name, topicId: DIRECTORY } as never });
  }

  /** The controller changes leader and in-sync set. */
  change(
    { index = 0, leader, isr, replicas }: {
      index?: number;
      leader?: number;
      isr?: readonly number[];
      replicas?: readonly number[];
    },
  ): void {
    this.commit({
      type: "PartitionChangeRecord",
      value: {
        partitionId: index,
        topicId: TOPIC_ID,
        isr: isr ?? null,
        leader: leader ?? -2,
        replicas: replicas ?? null,
        removingReplicas: null,
        addingReplicas: null,
        leaderRecoveryState: -1,
        directories: null,
        eligibleLeaderReplicas: null,
        lastKnownElr: null,
      },
    });
  }

  commit(...records: MetadataRecord[]): void {
    for (const record of records) this.image.replay(record, this.records.length);
    this.records.push(...records);
    for (const { id } of this.nodes.values()) if (!this.metadataLags.has(id)) this.catchUp(id);
  }

  /** Lets a broker hear of all that the controller has committed. */
  catchUp(id: number): void {
    const { image, partitions, isUp } = this.node(id);
    if (!isUp) return;
    const fresh = this.records.slice(image.lastOffset + 1);
    for (const record of fresh) image.replay(record, image.lastOffset + 1);
    partitions.apply(fresh);
    for (const listener of this.node(id).metadataListeners) listener(fresh);
  }

  alterPartition(
    from: number,
    request: AlterPartitionRequestInit,
  ): Promise<AlterPartitionResponse> {
    if (this.controller === "down" || !this.node(from).isUp) {
      return Promise.reject(new Error("no controller"));
    }
    this.alterations.push(request);
    const topics = request.topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions.map(({ partitionIndex, leaderEpoch, partitionEpoch, ...rest }) => {
        const known = this.image.topics.byId(topicId)!.partitions[partitionIndex]!;
        const failed = (errorCode: number) => ({
          partitionIndex,
          errorCode,
          leaderId: 0,
          leaderEpoch: 0,
          isr: [],
          leaderRecoveryState: 0,
          partitionEpoch: 0,
        });
        if (known.leaderEpoch !== leaderEpoch) return failed(ErrorCode.FENCED_LEADER_EPOCH);
        if (known.partitionEpoch !== partitionEpoch) {
          return failed(ErrorCode.INVALID_UPDATE_VERSION);
        }
        const isStale = rest.newIsrWithEpochs.some(({ brokerId, brokerEpoch = -1 }) =>
          brokerEpoch >= 0 && this.image.brokers.byId(brokerId)?.epoch !== brokerEpoch
        );
        if (isStale) return failed(ErrorCode.INELIGIBLE_REPLICA);
        const isr = rest.newIsrWithEpochs.map(({ brokerId }) => brokerId);
        this.change({ index: partitionIndex, isr });
        const { leader: leaderId } = known;
        const leaderRecoveryState = 0;
        return {
          partitionIndex,
          errorCode: 0,
          leaderId,
          leaderEpoch,
          isr,
          leaderRecoveryState,
          partitionEpoch: partitionEpoch + 1,
        };
      }),
    }));
    if (this.controller === "lost") return Promise.reject(new Error("answer lost"));
    return Promise.resolve({ throttleTimeMs: 0, errorCode: 0, topics });
  }

  dial(from: number, to: number): Promise<PeerConnection> {
    if (!this.node(to).isUp || this.cut.has(`${from}>${to}`)) {
      return Promise.reject(new Error(`broker ${to} can't be reached`));
    }
    const link = new Link(this, from, to);
    this.#links.add(link);
    return Promise.resolve(link);
  }

  /** From now on nothing gets from one broker to the other, either way. */
  separate(a: number, b: number): void {
    this.cut.add(`${a}>${b}`);
    this.cut.add(`${b}>${a}`);
    for (const link of this.#links) {
      if (this.cut.has(`${link.from}>${link.to}`)) link.close();
    }
  }

  heal(): void {
    this.cut.clear();
  }

  dropConnections(id: number): void {
    for (const link of this.#links) if (link.from === id || link.to === id) link.close();
  }

  forget(link: Link): void {
    this.#links.delete(link);
  }

  /** Produces one record; "3" for offset 3 or "[6]" once it is answered. */
  async produce(
    at: number,
    value: string,
    { acks = -1, index = 0, timeoutMs = 5000 } = {},
  ): Promise<string> {
    const { responses } = await this.ask(at, "PLAINTEXT", produceApi, 12, {
      transactionalId: null,
      acks,
      timeoutMs,
      topicData: [{
        name: this.topic,
        topicId: TOPIC_ID,
        partitionData: [{ index, records: batch([value]) }],
      }],
    });
    const { errorCode, baseOffset, currentLeader } = responses[0]!.partitionResponses[0]!;
    const hint = currentLeader.leaderId < 0 ? "" : ` leader ${currentLeader.leaderId}`;
    return errorCode === 0 ? String(baseOffset) : `[${errorCode}]${hint}`;
  }

  /** A consumer's fetch. */
  fetch(at: number, fetchOffset: number, rest: Partial<FetchRequestInit> = {}, version = 17) {
    return this.ask(at, "PLAINTEXT", fetchApi, version, {
      maxWaitMs: 0,
      minBytes: 1,
      forgottenTopicsData: [],
      sessionEpoch: -1,
      topics: [{
        topic: this.topic,
        topicId: TOPIC_ID,
        partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1 << 20 }],
      }],
      ...rest,
    });
  }

  /** Sends a request through both codecs to the handler of a broker. */
  async ask<Request, ResponseInit, RequestInit, Response>(
    to: number,
    listenerName: string,
    api: ApiDefinition<Request, ResponseInit, RequestInit, Response>,
    version: number,
    body: RequestInit,
  ): Promise<Response> {
    const route = this.node(to).routes.find(({ api: { key } }) => key === api.key);
    assert.ok(route !== undefined);
    const request = new ByteWriter();
    api.request.write(request, body, version);
    const bytes = request.toBytes().slice();
    const connection = {
      id: 1,
      listenerName,
      localHost: "192.0.2.1",
      localPort: 9092,
      remoteHost: "192.0.2.2",
      remotePort: 50_000,
      clientSoftwareName: "",
      clientSoftwareVersion: "",
      onClose() {},
    };
    const context = {
      connection,
      apiVersion: version,
      correlationId: 1,
      clientId: "test",
      requestBytes: bytes.length,
    };
    const reply: Reply<unknown> = route.handle(
      context,
      route.api.request.read(new ByteReader().reset(bytes), version),
    );
    const answer = await (reply instanceof Accepted ? reply.answer : reply);
    const response = answer instanceof Leased ? answer.response : answer;
    const writer = new ByteWriter();
    api.response.write(writer, response as never, version);
    const written = writer.toBytes().slice();
    if (answer instanceof Leased) answer.release();
    return api.response.read(new ByteReader().reset(written), version);
  }

  /** The records of a replica, their leader epochs before them: "0:a 0:b 1:c". */
  async contents(id: number, index = 0): Promise<string> {
    const { log } = this.node(id).partition(index);
    const words: string[] = [];
    for (const bytes of await readAll(log)) {
      const epoch = new DataView(bytes.buffer, bytes.byteOffset).getInt32(12);
      const cursor = openBatch(bytes, 0);
      while (cursor.next()) words.push(`${epoch}:${new TextDecoder().decode(cursor.value!)}`);
    }
    return words.join(" ");
  }

  /** The contents of all replicas, which must be the same. */
  async agreed(index = 0, ids = [...this.nodes.keys()]): Promise<string> {
    const [first, ...rest] = await Promise.all(ids.map((id) => this.contents(id, index)));
    for (const other of rest) assert.equal(other, first);
    return first!;
  }

  highWatermarks(index = 0): string {
    return [...this.nodes.values()].map((node) =>
      node.isUp ? node.partition(index).highWatermark : "-"
    ).join(" ");
  }

  /** Lets everything that needs no time happen, in rounds of fetching. */
  async settle(): Promise<void> {
    for (let round = 0; round < 10; round++) await settle();
  }

  async advance(ms: number): Promise<void> {
    await this.settle();
    await this.clock.advance(ms);
    await this.settle();
  }
}

/** A connection between two brokers. */
class Link implements PeerConnection {
  readonly #pending = new Set<(error: Error) => void>();
  #isOpen = true;

  constructor(
    private readonly world: ReplicaWorld,
    readonly from: number,
    readonly to: number,
  ) {}

  send<Req, Res>(
    api: ApiDefinition<unknown, unknown, Req, Res>,
    version: number,
    request: Req,
  ): Promise<Res> {
    if (!this.#isOpen) return Promise.reject(new Error("closed"));
    return new Promise<Res>((resolve, reject) => {
      this.#pending.add(reject);
      this.world.ask(this.to, CLUSTER_LISTENER, api, version, request).then((response) => {
        this.#pending.delete(reject);
        if (this.#isOpen) resolve(response);
      }, reject);
    });
  }

  close(): void {
    this.#isOpen = false;
    this.world.forget(this);
    for (const reject of this.#pending) reject(new Error("connection closed"));
    this.#pending.clear();
  }
}
