import type { Logger } from "../../base/logger.ts";
import type { Clock } from "../../io/clock.ts";
import {
  type CoordinatorMachine,
  partitionForKey,
  type RecordCodec,
} from "../../coordinator/coordinator.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import { Codec } from "../../protocol/compression/codec.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
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
  /** How batches are compressed; not at all when left out. */
  readonly compression?: Codec;
  newMachine(shardIndex: number): Machine;
  /** Told when a shard has become active. */
  onLoaded?(shardIndex: number): void;
  perform(action: Action, shardIndex: number): void;
}

/**
 * One kind of coordinator on this broker: a shard per partition of its internal topic that is
 * hosted here. {@link follow} loads and unloads shards as the topic comes and goes.
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

  /** Loads the shards of new partitions, and unloads those whose partition is gone. */
  follow(): void {
    if (this.#isStopped) return;
    const { partitions, image } = this.#options;
    for (const [index, shard] of this.#shards) {
      if (partitions.find(this.name, index) === shard.partition) continue;
      this.#shards.delete(index);
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
    for (const shard of this.#shards.values()) shard.unload();
  }

  #load(index: number): void {
    const { partitions, newMachine, clock, logger, codec, loadBufferBytes } = this.#options;
    const partition = partitions.find(this.name, index);
    if (partition === undefined) return;
    const shard = new CoordinatorShard(partition, newMachine(index), {
      clock,
      logger,
      codec,
      timers: this.#timers,
      loadBufferBytes,
      compression: this.#options.compression ?? Codec.none,
      perform: (action: Action, shardIndex: number) => this.#options.perform(action, shardIndex),
    });
    this.#shards.set(index, shard);
    // A failure is logged, and is the state of the shard from then on.
    void shard.load().then(() => {
      if (shard.state === "active") this.#options.onLoaded?.(index);
    });
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
    const result = (await topicCreation.decide(request)).topics[0];
    const errorCode = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (errorCode === ErrorCode.NONE || errorCode === ErrorCode.TOPIC_ALREADY_EXISTS) {
      return ErrorCode.NONE;
    }
    const fields = { topic: shape.name, errorCode, error: result?.errorMessage };
    logger.error("internal topic could not be created", fields);
    return errorCode;
  }
}
