import { ZERO_UUID } from "../base/uuid.ts";
import type { Clock } from "../io/clock.ts";
import type { Network, SocketAddress } from "../io/network.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { findCoordinatorApi } from "../protocol/generated/apis/find_coordinator.ts";
import { metadataApi } from "../protocol/generated/apis/metadata.ts";
import type {
  MetadataResponse,
  MetadataResponseTopic,
} from "../protocol/generated/metadata_response.ts";
import type { ClientApi } from "./broker_connection.ts";
import { BrokerLink, type CallOptions, type ClientSoftware } from "./broker_link.ts";
import { ClusterMetadata, leaderIn } from "./cluster_metadata.ts";
import { BrokerError, expectNoError, isRetriable, NoBrokerError, noSuchTopic } from "./errors.ts";

/** What a client needs of the machine. */
export interface ClientEnvironment {
  readonly network: Network;
  readonly clock: Clock;
}

/** How a {@link ClusterClient} behaves. Times are milliseconds. */
export interface ClientOptions {
  /** Where to ask first; the first that answers is used. */
  readonly bootstrap: readonly SocketAddress[];
  readonly clientId: string;
  readonly software: ClientSoftware;
  /** How long one request may take. */
  readonly requestTimeoutMs: number;
  /** How long an operation may take with all its retries. */
  readonly operationTimeoutMs: number;
}

/** What a group or a transaction is found by (`keyType` of FindCoordinator). */
export const CoordinatorKind = { group: 0, transaction: 1 } as const;
export type CoordinatorKind = typeof CoordinatorKind[keyof typeof CoordinatorKind];

/** Which broker a request goes to. */
export type Target =
  | { readonly to: "any" | "controller" }
  | { readonly to: "broker"; readonly id: number }
  | { readonly to: "coordinator"; readonly kind: CoordinatorKind; readonly key: string }
  | { readonly to: "leader"; readonly topic: string; readonly partition: number };

/** How {@link ClusterClient.call} goes about a request. */
export interface RoutedCallOptions<Res> extends CallOptions {
  /** The error of the whole answer: a retriable one is retried, and others are thrown. */
  readonly check?: (response: Res) => void;
}

const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 1_000;

/**
 * A client of a whole cluster: it finds brokers, controllers, coordinators and leaders, keeps one
 * connection to each broker it needs, and tries again what may succeed elsewhere or later.
 */
export class ClusterClient {
  readonly metadata = new ClusterMetadata();
  readonly #environment: ClientEnvironment;
  readonly #options: ClientOptions;
  /** By broker id; what was dialled first has none until Metadata tells. */
  readonly #links = new Map<number, Promise<BrokerLink>>();
  #first: Promise<BrokerLink> | undefined;
  #dialling: Promise<BrokerLink> | undefined;
  readonly #coordinators = new Map<string, number>();
  #isOpen = true;

  constructor(environment: ClientEnvironment, options: ClientOptions) {
    this.#environment = environment;
    this.#options = options;
  }

  get clock(): Clock {
    return this.#environment.clock;
  }

  get operationTimeoutMs(): number {
    return this.#options.operationTimeoutMs;
  }

  get requestTimeoutMs(): number {
    return this.#options.requestTimeoutMs;
  }

  /**
   * Sends `request` to `target`; tries again, with growing pauses, until the operation's time is
   * over. A request whose connection is lost may so be carried out twice.
   *
   * @throws what the last attempt failed with; {@link NoBrokerError} at once when no bootstrap
   *   address answers
   */
  call<Req, Res>(
    target: Target,
    api: ClientApi<Req, Res>,
    request: Req,
    options: RoutedCallOptions<Res> = {},
  ): Promise<Res> {
    return this.retrying(async () => {
      const link = await this.link(target);
      const response = await link.send(api, request, options);
      options.check?.(response);
      return response;
    }, () => this.forget(target));
  }

  /**
   * Runs `attempt` until it succeeds, fails for good, or the operation's time is over.
   *
   * @param beforeRetry forgets what may have misled the attempt
   */
  async retrying<T>(
    attempt: () => Promise<T>,
    beforeRetry: () => void,
    timeoutMs: number = this.#options.operationTimeoutMs,
  ): Promise<T> {
    const { clock } = this.#environment;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    for (let backoffMs = BACKOFF_MS_MIN;; backoffMs = Math.min(2 * backoffMs, BACKOFF_MS_MAX)) {
      try {
        return await attempt();
      } catch (error) {
        const isLate = clock.monotonicMs() + backoffMs > deadlineMs;
        if (!this.#isOpen || isLate || !isRetriable(error)) throw error;
        beforeRetry();
      }
      await pause(clock, backoffMs);
    }
  }

  /** A connection to the broker that `target` names. */
  async link(target: Target): Promise<BrokerLink> {
    switch (target.to) {
      case "any":
        return await this.#any();
      case "controller":
        return await this.#controller();
      case "broker":
        return await this.#broker(target.id);
      case "coordinator":
        return await this.#broker(await this.#coordinatorId(target.kind, target.key));
      case "leader":
        return await this.#broker(await this.leaderOf(target.topic, target.partition));
    }
  }

  /** Drops what is known of the way to `target`, because it has proved wrong. */
  forget(target: Target): void {
    if (target.to === "controller") this.metadata.forgetController();
    else if (target.to === "leader") this.metadata.forgetTopic(target.topic);
    else if (target.to === "coordinator") {
      this.#coordinators.delete(coordinatorKey(target.kind, target.key));
    }
  }

  /**
   * Asks for `topics` (null: all), and for the brokers. Errors of topics are in the answer.
   * @param createsTopics whether brokers that are configured so may make what is not there
   */
  async refresh(
    topics: readonly string[] | null,
    createsTopics = false,
  ): Promise<MetadataResponse> {
    const names = topics?.map((name) => ({ name, topicId: ZERO_UUID })) ?? null;
    const response = await this.call({ to: "any" }, metadataApi, {
      topics: names,
      allowAutoTopicCreation: createsTopics,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    });
    this.metadata.merge(response);
    return response;
  }

  /** @throws {BrokerError} when there is no such topic */
  async topic(name: string): Promise<MetadataResponseTopic> {
    const known = this.metadata.topic(name);
    if (known !== undefined) return known;
    const response = await this.refresh([name]);
    const topic = response.topics.find((topic) => topic.name === name);
    const code = topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) throw noSuchTopic(name);
    expectNoError(code, `topic ${name}`);
    return topic!;
  }

  /** @throws {BrokerError} when there is no such partition, or no leader */
  async leaderOf(topic: string, partition: number): Promise<number> {
    return leaderIn(await this.topic(topic), partition);
  }

  /** Ids of the brokers that are up, ascending. */
  async brokerIds(): Promise<number[]> {
    await this.#bootstrap();
    return this.metadata.brokers.map(({ nodeId }) => nodeId);
  }

  /** Ends all connections. */
  close(): void {
    this.#isOpen = false;
    const links = [...this.#links.values(), ...(this.#first === undefined ? [] : [this.#first])];
    this.#links.clear();
    this.#first = undefined;
    for (const link of links) link.then((link) => link.close(), () => undefined);
  }

  async #any(): Promise<BrokerLink> {
    for (const link of [this.#first, ...this.#links.values()]) {
      const opened = await link?.catch(() => undefined);
      if (opened?.isOpen) return opened;
    }
    // Whoever else wants any broker now shares the dial.
    this.#dialling ??= this.#dialFirst().finally(() => this.#dialling = undefined);
    this.#first = this.#dialling;
    return await this.#first;
  }

  /** Dials the bootstrap addresses, and the brokers that were known, until one answers. */
  async #dialFirst(): Promise<BrokerLink> {
    const failures: Error[] = [];
    for (const address of [...this.#options.bootstrap, ...this.metadata.brokers]) {
      try {
        return await this.#open(address);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        failures.push(error);
      }
    }
    throw new NoBrokerError(failures);
  }

  #open(address: SocketAddress): Promise<BrokerLink> {
    if (!this.#isOpen) return Promise.reject(new Error("the client was closed"));
    const { network, clock } = this.#environment;
    const { host, port } = address;
    return BrokerLink.open(network, clock, { host, port }, this.#options);
  }

  async #controller(): Promise<BrokerLink> {
    if (this.metadata.controllerId < 0) await this.refresh([]);
    const id = this.metadata.controllerId;
    return id < 0 ? await this.#any() : await this.#broker(id);
  }

  async #bootstrap(): Promise<void> {
    if (this.metadata.brokers.length === 0) await this.refresh([]);
  }

  async #broker(id: number): Promise<BrokerLink> {
    await this.#bootstrap();
    let address = this.metadata.addressOf(id);
    if (address === undefined) {
      await this.refresh([]);
      address = this.metadata.addressOf(id);
    }
    if (address === undefined) {
      throw new BrokerError(ErrorCode.BROKER_NOT_AVAILABLE, `broker ${id}`, "it is not there now");
    }
    for (let known = this.#links.get(id); known !== undefined; known = this.#links.get(id)) {
      const link = await known.catch(() => undefined);
      if (link?.isOpen && isSame(link.address, address)) return link;
      if (this.#links.get(id) === known) this.#links.delete(id);
    }
    const opening = this.#reuseOrOpen(address);
    // Whoever waits below is told of a failure; the map's own promise must not count as unhandled.
    opening.catch(() => undefined);
    this.#links.set(id, opening);
    return await opening;
  }

  /** The connection that was dialled first, when it leads there; else a new one. */
  async #reuseOrOpen(address: SocketAddress): Promise<BrokerLink> {
    const first = await this.#first?.catch(() => undefined);
    return first?.isOpen && isSame(first.address, address) ? first : await this.#open(address);
  }

  async #coordinatorId(kind: CoordinatorKind, key: string): Promise<number> {
    const mapKey = coordinatorKey(kind, key);
    const known = this.#coordinators.get(mapKey);
    if (known !== undefined) return known;
    const request = { key, keyType: kind, coordinatorKeys: [key] };
    const link = await this.#any();
    const version = link.version(findCoordinatorApi);
    const response = await link.send(
      findCoordinatorApi,
      version >= 4 ? { ...request, key: "" } : { ...request, coordinatorKeys: [] },
    );
    const found = version >= 4 ? response.coordinators[0] : response;
    const what = kind === CoordinatorKind.group ? "group" : "transactional id";
    const code = found?.errorCode ?? ErrorCode.COORDINATOR_NOT_AVAILABLE;
    expectNoError(code, `coordinator of ${what} ${key}`, found?.errorMessage);
    this.#coordinators.set(mapKey, found!.nodeId);
    return found!.nodeId;
  }
}

function coordinatorKey(kind: CoordinatorKind, key: string): string {
  return `${kind}:${key}`;
}

function isSame(a: SocketAddress, b: SocketAddress): boolean {
  return a.host === b.host && a.port === b.port;
}

/** Resolves after `delayMs`. */
export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.schedule(delayMs, resolve));
}
