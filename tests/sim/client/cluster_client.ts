import { BrokerConnection, type ClientApi } from "../../../src/client/broker_connection.ts";
import type { SocketAddress } from "../../../src/io/network.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { findCoordinatorApi } from "../../../src/protocol/generated/apis/find_coordinator.ts";
import { metadataApi } from "../../../src/protocol/generated/apis/metadata.ts";
import type { SeededRandom } from "../world/seeded_random.ts";
import type { Environment } from "../world/world.ts";

/** What came of one request: whether it may have been carried out is what histories turn on. */
export type CallResult<Response> =
  | { readonly kind: "answer"; readonly response: Response }
  /** It never left, so it was not carried out. */
  | { readonly kind: "notSent" }
  /** It left and no answer came. */
  | { readonly kind: "unknown" };

/** Group coordinators and transaction coordinators, as FindCoordinator numbers them. */
export const CoordinatorType = { group: 0, transaction: 1 } as const;

const METADATA_VERSION = 12;
const FIND_COORDINATOR_VERSION = 6;
const REQUEST_TIMEOUT_MS = 4000;

/** Where a partition is led, as the cluster has told. */
interface KnownLeader {
  readonly leaderId: number;
  readonly leaderEpoch: number;
}

/** How a {@link ClusterClient} finds the cluster. */
export interface ClientOptions {
  readonly io: Environment;
  readonly clientId: string;
  readonly random: SeededRandom;
  /** Brokers to ask first. */
  readonly bootstrap: () => readonly SocketAddress[];
}

/**
 * A Kafka client that finds leaders and coordinators, and tries each request once: whether to try
 * again is for the workload to decide, because the judge has to know of every attempt.
 */
export class ClusterClient {
  readonly #connections = new Map<string, Promise<BrokerConnection>>();
  readonly #brokers = new Map<number, SocketAddress>();
  readonly #leaders = new Map<string, KnownLeader>();
  readonly #coordinators = new Map<string, SocketAddress>();
  /** The broker that answered last time it was asked for metadata. */
  #guide: SocketAddress | undefined;

  constructor(readonly options: ClientOptions) {}

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.options.io.clock.schedule(delayMs, resolve));
  }

  /** The brokers that the cluster has told of. */
  brokerIds(): number[] {
    return [...this.#brokers.keys()];
  }

  /** Sends to some broker, the same one as long as it answers. */
  async toAny<Req, Res>(
    api: ClientApi<Req, Res>,
    version: number,
    request: Req,
  ): Promise<CallResult<Res>> {
    this.#guide ??= this.#anyAddress();
    const result = await this.to(this.#guide, api, version, request);
    if (result.kind !== "answer") this.#guide = undefined;
    return result;
  }

  /** Who was asked last, and is asked again by {@link toAny}. */
  get guide(): SocketAddress | undefined {
    return this.#guide;
  }

  /** Forgets who was asked last, so that {@link toAny} takes another. */
  forgetGuide(): void {
    this.#guide = undefined;
  }

  /** Sends to the leader of a partition; "notSent" when nobody knows of one. */
  async toLeader<Req, Res>(
    topic: string,
    partition: number,
    api: ClientApi<Req, Res>,
    version: number,
    request: Req,
  ): Promise<CallResult<Res>> {
    const address = await this.#leaderOf(topic, partition);
    if (address === undefined) return { kind: "notSent" };
    const result = await this.to(address, api, version, request);
    if (result.kind !== "answer") this.forgetLeader(topic, partition);
    return result;
  }

  /** What was known of the leader is wrong. */
  forgetLeader(topic: string, partition: number): void {
    this.#leaders.delete(`${topic}-${partition}`);
  }

  /** Sends to the coordinator of a group or transactional id. */
  async toCoordinator<Req, Res>(
    type: 0 | 1,
    key: string,
    api: ClientApi<Req, Res>,
    version: number,
    request: Req,
  ): Promise<CallResult<Res>> {
    const address = await this.#coordinatorOf(type, key);
    if (address === undefined) return { kind: "notSent" };
    const result = await this.to(address, api, version, request);
    if (result.kind !== "answer") this.forgetCoordinator(type, key);
    return result;
  }

  forgetCoordinator(type: 0 | 1, key: string): void {
    this.#coordinators.delete(`${type} ${key}`);
  }

  async to<Req, Res>(
    address: SocketAddress,
    api: ClientApi<Req, Res>,
    version: number,
    request: Req,
  ): Promise<CallResult<Res>> {
    let connection: BrokerConnection;
    try {
      connection = await this.#connect(address);
    } catch {
      return { kind: "notSent" };
    }
    try {
      return { kind: "answer", response: await connection.send(api, version, request) };
    } catch {
      return { kind: "unknown" };
    }
  }

  /** Asks for all brokers and the leaders of `topics`. */
  async refresh(topics: readonly string[]): Promise<boolean> {
    const result = await this.toAny(metadataApi, METADATA_VERSION, {
      topics: topics.map((name) => ({ topicId: "AAAAAAAAAAAAAAAAAAAAAA" as never, name })),
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    });
    if (result.kind !== "answer") return false;
    this.#brokers.clear();
    for (const { nodeId, host, port } of result.response.brokers) {
      this.#brokers.set(nodeId, { host, port });
    }
    for (const { name, partitions } of result.response.topics) {
      for (const { partitionIndex, leaderId, leaderEpoch } of partitions) {
        this.#leaders.set(`${name}-${partitionIndex}`, { leaderId, leaderEpoch });
      }
    }
    return true;
  }

  async #leaderOf(topic: string, partition: number): Promise<SocketAddress | undefined> {
    const key = `${topic}-${partition}`;
    if (!this.#leaders.has(key) && !await this.refresh([topic])) return undefined;
    const leader = this.#leaders.get(key);
    const address = leader === undefined ? undefined : this.#brokers.get(leader.leaderId);
    if (address === undefined) {
      this.#leaders.delete(key);
      this.forgetGuide();
    }
    return address;
  }

  async #coordinatorOf(type: 0 | 1, key: string): Promise<SocketAddress | undefined> {
    const name = `${type} ${key}`;
    const known = this.#coordinators.get(name);
    if (known !== undefined) return known;
    const request = { key: "", keyType: type, coordinatorKeys: [key] };
    const result = await this.toAny(findCoordinatorApi, FIND_COORDINATOR_VERSION, request);
    if (result.kind !== "answer") return undefined;
    const found = result.response.coordinators[0];
    if (found === undefined || found.errorCode !== ErrorCode.NONE) {
      this.forgetGuide();
      return undefined;
    }
    const address = { host: found.host, port: found.port };
    this.#coordinators.set(name, address);
    return address;
  }

  #connect(address: SocketAddress): Promise<BrokerConnection> {
    const key = `${address.host}:${address.port}`;
    const open = this.#connections.get(key);
    if (open !== undefined) return open;
    const { io, clientId } = this.options;
    const connecting = BrokerConnection.connect(io.network, io.clock, address, {
      clientId,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
    });
    this.#connections.set(key, connecting);
    const forget = () => {
      if (this.#connections.get(key) === connecting) this.#connections.delete(key);
    };
    connecting.then((connection) => void connection.closed.then(forget), forget);
    return connecting;
  }

  #anyAddress(): SocketAddress {
    const { random, bootstrap } = this.options;
    const known = [...this.#brokers.values(), ...bootstrap()];
    return random.pick(known);
  }
}
