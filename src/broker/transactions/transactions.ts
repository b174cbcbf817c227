import type { Logger } from "../../base/logger.ts";
import type { ReplyToken } from "../../coordinator/coordinator.ts";
import type {
  AddPartitions,
  CodeResult,
  EndTransaction,
  InitProducer,
  ProducerResult,
  TransactionEvent,
  TransactionFilter,
  WriteMarkers,
} from "../../coordinator/transaction/events.ts";
import type { ProducerIdentity, Transaction } from "../../coordinator/transaction/transaction.ts";
import {
  refusedProducer,
  type TransactionLimits,
  TransactionMachine,
} from "../../coordinator/transaction/transaction_machine.ts";
import {
  type TransactionRecord,
  transactionRecordCodec,
} from "../../coordinator/transaction/transaction_records.ts";
import type { Clock } from "../../io/clock.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import { TRANSACTION_STATE_TOPIC } from "../../metadata/topic_names.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { CoordinatorShard } from "../coordination/coordinator_shard.ts";
import { CoordinatorTopic, type InternalTopicShape } from "../coordination/coordinator_topic.ts";
import type { Partitions } from "../partitions.ts";
import type { ProducerIdAllocator } from "../producer_id_allocator.ts";
import type { TopicCreation } from "../topic_creation.ts";
import { MarkerDelivery } from "./marker_delivery.ts";
import type { PartitionName, TransactionMarkers } from "./marker_writer.ts";

/** What {@link Transactions} works with. */
export interface TransactionsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly image: ClusterImage;
  readonly partitions: Partitions;
  readonly topicCreation: TopicCreation;
  readonly producerIds: ProducerIdAllocator;
  readonly markers: TransactionMarkers;
  /** The value of a broker setting. */
  setting(name: string): string | null;
}

/** Partitions that a producer is about to write in its transaction. */
export type PartitionsToAdd = Unsent<AddPartitions>;

/** What the leaders of partitions ask of the coordinator of a transaction, wherever it is. */
export interface TransactionCoordinators {
  /** Begins a transaction or adds to it; durable when the promise resolves to NONE. */
  addPartitions(request: PartitionsToAdd): Promise<number>;
  /**
   * Whether the producer may write to each of the partitions: it is in its ongoing transaction. An
   * error code for each.
   */
  verify(
    transactionalId: string,
    writer: ProducerIdentity,
    names: readonly PartitionName[],
  ): readonly number[] | Promise<readonly number[]>;
}

/** A request as the coordinator takes it, before it has a reply token and a producer id at hand. */
type Unsent<Event> = Omit<Event, "kind" | "token" | "freshProducerId">;

const COMPLETE_RETRY_MS = 1000;

type Shard = CoordinatorShard<
  TransactionEvent,
  TransactionRecord,
  WriteMarkers,
  TransactionMachine
>;

/**
 * The transaction coordinators of this broker: a state machine for each partition of
 * `__transaction_state` that it leads, and the way from their decisions to the markers.
 *
 * Answers carry the codes of a coordinator that is not there: COORDINATOR_NOT_AVAILABLE,
 * COORDINATOR_LOAD_IN_PROGRESS, NOT_COORDINATOR.
 */
export class Transactions implements TransactionCoordinators {
  readonly topic: CoordinatorTopic<
    TransactionEvent,
    TransactionRecord,
    WriteMarkers,
    TransactionMachine
  >;
  readonly #options: TransactionsOptions;
  readonly #delivery: MarkerDelivery;
  #isStopped = false;

  constructor(options: TransactionsOptions) {
    this.#options = options;
    this.#delivery = new MarkerDelivery(options);
    this.topic = new CoordinatorTopic({
      shape: topicShape(options),
      clock: options.clock,
      logger: options.logger,
      image: options.image,
      partitions: options.partitions,
      topicCreation: options.topicCreation,
      codec: transactionRecordCodec(() => this.featureLevel),
      loadBufferBytes: this.#number("transaction.state.log.load.buffer.size"),
      commitTimeoutMs: this.#number("offsets.commit.timeout.ms"),
      newMachine: () => new TransactionMachine(() => this.#limits()),
      perform: (action, shardIndex) => this.#writeMarkers(action, shardIndex),
    });
  }

  /** The finalised level of `transaction.version`: 2 with epochs per transaction. */
  get featureLevel(): number {
    return this.#options.image.featureLevel("transaction.version") ?? 0;
  }

  initProducer(request: Unsent<InitProducer>): Promise<ProducerResult> {
    return this.#askForProducer(
      request.transactionalId,
      (token, freshProducerId) => ({ ...request, kind: "initProducer", token, freshProducerId }),
    );
  }

  endTransaction(request: Unsent<EndTransaction>): Promise<ProducerResult> {
    return this.#askForProducer(
      request.transactionalId,
      (token, freshProducerId) => ({ ...request, kind: "endTransaction", token, freshProducerId }),
    );
  }

  async addPartitions(request: PartitionsToAdd): Promise<number> {
    const shard = this.topic.find(request.transactionalId);
    if (typeof shard === "number") return shard;
    const result = await shard.ask<CodeResult>((token) => ({
      ...request,
      kind: "addPartitions",
      token,
    }));
    return result.errorCode;
  }

  verify(
    transactionalId: string,
    writer: ProducerIdentity,
    names: readonly PartitionName[],
  ): readonly number[] {
    const shard = this.topic.find(transactionalId);
    if (typeof shard === "number") return names.map(() => shard);
    const { machine } = shard;
    return names.map(({ topic, partition }) =>
      machine.verify(transactionalId, writer, topic, partition)
    );
  }

  /** The state of an id, undefined when it is unknown; or an error code. */
  async describe(transactionalId: string): Promise<Transaction | number | undefined> {
    const shard = this.topic.find(transactionalId);
    if (typeof shard === "number") return shard;
    return await shard.query<Transaction | number | undefined>(
      (machine) => machine.find(transactionalId),
      (errorCode) => errorCode,
    );
  }

  /** All transactions of this broker that pass the filter; or an error code while some load. */
  async list(filter: TransactionFilter): Promise<Transaction[] | number> {
    const found: Transaction[] = [];
    for (const shard of this.topic.shards()) {
      if (shard.state === "loading") return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
      if (shard.state !== "active") continue;
      const now = shard.now();
      const listed = await shard.query((machine) => machine.list(filter, now), () => []);
      found.push(...listed);
    }
    return found;
  }

  stop(): void {
    this.#isStopped = true;
    this.topic.stop();
    this.#delivery.stop();
  }

  /** Finds a producer id when the coordinator turns out to need one, and asks again. */
  async #askForProducer(
    transactionalId: string,
    eventFor: (token: ReplyToken, freshProducerId: number | undefined) => TransactionEvent,
  ): Promise<ProducerResult> {
    let freshProducerId: number | undefined;
    for (;;) {
      const shard = this.topic.find(transactionalId);
      if (typeof shard === "number") return refusedProducer(shard);
      const result = await shard.ask<ProducerResult>((token) => eventFor(token, freshProducerId));
      if (!result.needsProducerId) return result;
      freshProducerId = await this.#options.producerIds.next();
    }
  }

  #writeMarkers({ transaction }: WriteMarkers, shardIndex: number): void {
    const shard = this.topic.shard(shardIndex);
    if (shard?.state !== "active") return;
    const { leaderEpoch } = shard.partition;
    this.#delivery.deliver(transaction, leaderEpoch, () => this.#complete(shard, transaction));
  }

  #complete(shard: Shard, transaction: Transaction): void {
    if (shard.state !== "active") return;
    const { transactionalId, producerId, producerEpoch } = transaction;
    shard.submit({ kind: "markersWritten", transactionalId, producerId, producerEpoch });
    const isOpen = shard.machine.find(transactionalId) === transaction;
    if (!isOpen || this.#isStopped) return;
    // The log had no room for the record; nothing goes on with this id until it has.
    this.#options.clock.schedule(COMPLETE_RETRY_MS, () => this.#complete(shard, transaction));
  }

  #limits(): TransactionLimits {
    return {
      timeoutMsMax: this.#number("transaction.max.timeout.ms"),
      abortCheckMs: this.#number("transaction.abort.timed.out.transaction.cleanup.interval.ms"),
      idExpirationMs: this.#number("transactional.id.expiration.ms"),
      expirationCheckMs: this.#number("transaction.remove.expired.transaction.cleanup.interval.ms"),
    };
  }

  #number(name: string): number {
    return Number(this.#options.setting(name));
  }
}

/** How Kafka makes the topic. */
function topicShape({ setting }: TransactionsOptions): InternalTopicShape {
  return {
    name: TRANSACTION_STATE_TOPIC,
    partitionCount: Number(setting("transaction.state.log.num.partitions")),
    replicationFactor: Number(setting("transaction.state.log.replication.factor")),
    configs: {
      "cleanup.policy": "compact",
      "compression.type": "uncompressed",
      "segment.bytes": String(setting("transaction.state.log.segment.bytes")),
    },
  };
}
