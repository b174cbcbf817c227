import type { Logger } from "../../base/logger.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import {
  type CoordinatorMachine,
  partitionForKey,
  type RecordCodec,
} from "../../coordinator/coordinator.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import { Codec } from "../../protocol/compression/codec.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { CreateTopicsResponseInit } from "../../protocol/generated/create_topics_response.ts";
import { isControllerLost } from "../cluster/controller_channel.ts";
import type { Partition } from "../partition.ts";
import type { Partitions } from "../partitions.ts";
import type { TopicCreation } from "../topic_creation.ts";
import { CoordinatorShard, type ShardTimer } from "./coordinator_shard.ts";
import { TimerQueue } from "./timer_queue.ts";

/** How the internal topic is made when it is first needed. */
export interface InternalTopicShape {
  readonly name: string;
  readonly partitionCount: number;
  /** Wanted; with fewer brokers alive, as many as there are. */
  readonly replicationFactor: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** What a {@link CoordinatorTopic} works with. */
export interface CoordinatorTopicOptions<Rec, Action, Machine> {
  readonly shape: InternalTopicShape;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly image: ClusterImage;
  readonly partitions: Partitions;
  readonly topicCreation: TopicCreation;
  readonly codec: RecordCodec<Rec>;
  readonly loadBufferBytes: number;
  /** `offsets.commit.timeout.ms`. */
  readonly commitTimeoutMs: number;
  /** How batches are compressed; not at all when left out. */
  readonly compression?: Codec;
  newMachine(shardIndex: number): Machine;
  /** Told when a shard has become active. */
  onLoaded?(shardIndex: number): void;
  perform(action: Action, shardIndex: number): void;
}

/** A shard that failed is loaded anew after so long, and twice as long each time. */
const RELOAD_MS_MIN = 1000;
const RELOAD_MS_MAX = 60_000;

/**
 * One kind of coordinator on this broker: a shard per partition of its internal topic that this
 * broker leads. {@link follow} loads and unloads shards as leaderships come and go.
 */
export class CoordinatorTopic<
  Event,
  Rec,
  Action,
  Machine extends CoordinatorMachine<Event, Rec, Action>,
> {
  readonly #options: CoordinatorTopicOptions<Rec, Action, Machine>;
  readonly #shards = new Map<number, CoordinatorShard<Event, Rec, Action, Machine>>();
  readonly #timers: TimerQueue<ShardTimer<Event>>;
  /** When a failed shard may be loaded again, by partition. */
  readonly #reloads = new Map<number, { readonly timer: Timer; readonly delayMs: number }>();
  #creating: Promise<number> | undefined;
  #isStopped = false;

  constructor(options: CoordinatorTopicOptions<Rec, Action, Machine>) {
    this.#options = options;
    this.#timers = new TimerQueue(options.clock, ({ shard, event }) => shard.timerFired(event));
  }

  get name(): string {
    return this.#options.shape.name;
  }

  /** The partition that looks after `key`; undefined while the topic does not exist. */
  partitionFor(key: string): number | undefined {
    const topic = this.#options.image.topics.byName(this.name);
    return topic === undefined ? undefined : partitionForKey(key, topic.partitions.length);
  }

  /** The shard that looks after `key`, when it can take requests; else an error code. */
  find(key: string): CoordinatorShard<Event, Rec, Action, Machine> | number {
    const index = this.partitionFor(key);
    if (index === undefined) return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    const shard = this.#shards.get(index);
    if (shard === undefined) return ErrorCode.NOT_COORDINATOR;
    const unavailable = shard.availability();
    return unavailable === ErrorCode.NONE ? shard : unavailable;
  }

  /** The shard of a partition, in whatever state; undefined when it is not hosted here. */
  shard(index: number): CoordinatorShard<Event, Rec, Action, Machine> | undefined {
    return this.#shards.get(index);
  }

  /** All shards, in whatever state. */
  shards(): Iterable<CoordinatorShard<Event, Rec, Action, Machine>> {
    return this.#shards.values();
  }

  /**
   * Makes the topic when it is missing. Calls that come meanwhile share the outcome.
   * @returns NONE once the topic is there, else why it could not be made
   */
  ensureTopic(): Promise<number> {
    if (this.#options.image.topics.byName(this.name) !== undefined) {
      return Promise.resolve(ErrorCode.NONE);
    }
    this.#creating ??= this.#create().finally(() => this.#creating = undefined);
    return this.#creating;
  }

  /** Loads the shards of partitions that this broker leads now, and unloads those of others. */
  follow(): void {
    if (this.#isStopped) return;
    const { image } = this.#options;
    for (const [index, shard] of this.#shards) {
      if (this.#led(index) === shard.partition) continue;
      this.#shards.delete(index);
      this.#forgetReload(index);
      shard.unload();
    }
    const count = image.topics.byName(this.name)?.partitions.length ?? 0;
    for (let index = 0; index < count; index++) {
      if (!this.#shards.has(index)) this.#load(index);
    }
  }

  /** Answers everybody who waits; nothing is taken any more. */
  stop(): void {
    this.#isStopped = true;
    this.#timers.clear();
    for (const index of [...this.#reloads.keys()]) this.#forgetReload(index);
    for (const shard of this.#shards.values()) shard.unload();
  }

  #led(index: number): Partition | undefined {
    const partition = this.#options.partitions.find(this.name, index);
    return partition?.isLeader === true ? partition : undefined;
  }

  #load(index: number): void {
    const partition = this.#led(index);
    if (partition === undefined) return;
    const { newMachine, clock, logger, codec, loadBufferBytes, commitTimeoutMs } = this.#options;
    const shard = new CoordinatorShard(partition, newMachine(index), {
      clock,
      logger,
      codec,
      timers: this.#timers,
      loadBufferBytes,
      commitTimeoutMs,
      compression: this.#options.compression ?? Codec.none,
      failed: (shardIndex: number) => this.#reloadLater(shardIndex),
      perform: (action: Action, shardIndex: number) => this.#options.perform(action, shardIndex),
    });
    this.#shards.set(index, shard);
    // A failure is logged, and is the state of the shard from then on.
    void shard.load().then(() => {
      if (shard.state !== "active") return;
      this.#forgetReload(index);
      this.#options.onLoaded?.(index);
    });
  }

  /** The partition may have got over what was wrong with it by then. */
  #reloadLater(index: number): void {
    if (this.#isStopped) return;
    const before = this.#reloads.get(index);
    before?.timer.cancel();
    const delayMs = Math.min(2 * (before?.delayMs ?? RELOAD_MS_MIN / 2), RELOAD_MS_MAX);
    const timer = this.#options.clock.schedule(delayMs, () => {
      if (this.#shards.get(index)?.state !== "failed") return;
      if (this.#led(index)?.isOnline !== true) return this.#reloadLater(index);
      this.#shards.delete(index);
      this.#load(index);
    });
    this.#reloads.set(index, { timer, delayMs });
  }

  #forgetReload(index: number): void {
    this.#reloads.get(index)?.timer.cancel();
    this.#reloads.delete(index);
  }

  async #create(): Promise<number> {
    const { shape, image, topicCreation, logger } = this.#options;
    let aliveCount = 0;
    for (const { fenced } of image.brokers.all()) if (!fenced) aliveCount++;
    const wanted = {
      name: shape.name,
      numPartitions: shape.partitionCount,
      replicationFactor: Math.max(1, Math.min(shape.replicationFactor, aliveCount)),
      assignments: [],
      configs: Object.entries(shape.configs).map(([name, value]) => ({ name, value })),
    };
    const request = { topics: [wanted], timeoutMs: 0, validateOnly: false };
    let result: CreateTopicsResponseInit["topics"][number] | undefined;
    try {
      result = (await topicCreation.decide(request)).topics[0];
    } catch (error) {
      if (!isControllerLost(error)) throw error;
      return ErrorCode.COORDINATOR_NOT_AVAILABLE;
    }
    const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) {
      return ErrorCode.NONE;
    }
    const fields = { topic: shape.name, errorCode, error: result?.errorMessage };
    logger.error("internal topic could not be created", fields);
    return errorCode;
  }
}
