import type { Timer } from "../../io/clock.ts";
import { Codec } from "../../protocol/compression/codec.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { initProducerIdApi } from "../../protocol/generated/apis/init_producer_id.ts";
import type { MetadataResponseTopic } from "../../protocol/generated/metadata_response.ts";
import type { ClusterClient } from "../cluster_client.ts";
import { leaderIn, partitionsOf } from "../cluster_metadata.ts";
import { BrokerError, expectNoError, isRetriable, noSuchPartition } from "../errors.ts";
import { pause } from "../cluster_client.ts";
import { BatchWriter, type RecordRanges } from "./batch_writer.ts";
import { partitionOfKey } from "./murmur2.ts";
import { PartitionQueue, type ProducerIdentity, type SealedBatch } from "./partition_queue.ts";
import { type PartitionBatch, sendBatches } from "./send_batches.ts";

/** How a {@link TopicProducer} behaves. */
export interface ProducerOptions {
  /** -1 waits for all in-sync replicas, 1 for the leader, 0 for nobody. */
  readonly acks: -1 | 0 | 1;
  /** Numbers batches so that each appears once, whatever is sent again. Needs acks -1. */
  readonly isIdempotent: boolean;
  readonly codec: Codec;
  readonly compressionLevel?: number;
  /** A batch is sent when it holds so many bytes, before compression... */
  readonly batchBytes: number;
  /** ...or when its first record is so old, in milliseconds. */
  readonly lingerMs: number;
  /** Where records without a key begin; they move on to the next partition batch by batch. */
  readonly firstPartition: number;
  /** How long a batch may take with all its retries, in milliseconds. */
  readonly deliveryTimeoutMs: number;
}

/** What has been acknowledged so far; with acks 0, what has been sent. */
export interface ProducerProgress {
  records: number;
  /** Of batches, compressed. */
  bytes: number;
  requests: number;
}

const NOT_IDEMPOTENT: ProducerIdentity = { producerId: -1, producerEpoch: -1 };
/** An idempotent producer may have no more batches under way in one partition (KIP-98). */
const IN_FLIGHT_MAX = 5;
const REQUESTS_PER_BROKER_MAX = 5;
const BUFFERED_BYTES_MAX = 48 * 1024 * 1024;
const RETRY_PAUSE_MS = 100;
const SPARE_WRITERS_MAX = 64;

/** Writes records to one topic: batches them by partition, keeps their order, sends again. */
export class TopicProducer {
  readonly progress: ProducerProgress = { records: 0, bytes: 0, requests: 0 };
  readonly partitionCount: number;
  readonly #client: ClusterClient;
  readonly #options: ProducerOptions;
  readonly #identity: ProducerIdentity;
  #topic: MetadataResponseTopic;
  readonly #queues: readonly PartitionQueue[];
  readonly #requestsOf = new Map<number, number>();
  readonly #spareWriters: BatchWriter[] = [];
  #bufferedBytes = 0;
  #stickyPartition: number;
  #linger: Timer | undefined;
  #failure: unknown;
  #waiting: PromiseWithResolvers<void> | undefined;

  private constructor(
    client: ClusterClient,
    topic: MetadataResponseTopic,
    identity: ProducerIdentity,
    options: ProducerOptions,
  ) {
    this.#client = client;
    this.#topic = topic;
    this.#identity = identity;
    this.#options = options;
    this.partitionCount = topic.partitions.length;
    this.#queues = partitionsOf(topic).map(({ partitionIndex }) =>
      new PartitionQueue(partitionIndex)
    );
    this.#stickyPartition = options.firstPartition % this.partitionCount;
  }

  /**
   * Brokers that are configured so make the topic when it is not there.
   * @throws {BrokerError} when there is no such topic
   */
  static async open(
    client: ClusterClient,
    topicName: string,
    options: ProducerOptions,
  ): Promise<TopicProducer> {
    const topic = await topicForWriting(client, topicName);
    const identity = options.isIdempotent ? await initProducer(client) : NOT_IDEMPOTENT;
    return new TopicProducer(client, topic, identity, options);
  }

  /** The partition for a key; for -1 as `keyLength`, the one whose turn it is. */
  partitionFor(bytes: Uint8Array, keyStart: number, keyLength: number): number {
    if (keyLength < 0) return this.#stickyPartition;
    return partitionOfKey(bytes, keyStart, keyStart + keyLength, this.partitionCount);
  }

  /**
   * Takes a record; its bytes are copied. Wait for {@link room} now and then.
   * @throws what delivery failed with
   */
  append(partition: number, record: RecordRanges): void {
    if (this.#failure !== undefined) throw this.#failure;
    const queue = this.#queues[partition];
    if (queue === undefined) {
      throw noSuchPartition(this.#topic.name!, partition, this.partitionCount);
    }
    let writer = queue.filling ?? this.#startBatch(queue);
    if (!writer.append(record)) {
      this.#seal(queue);
      writer = this.#startBatch(queue);
      writer.append(record);
    }
    if (writer.size >= writer.batchBytes) this.#seal(queue);
  }

  /** Settles when there is room for more; rejects with what delivery failed with. */
  async room(): Promise<void> {
    while (this.#failure === undefined && this.#bufferedBytes > BUFFERED_BYTES_MAX) {
      await this.#change();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Sends everything; settles when all of it is acknowledged, rejects when something failed. */
  async flush(): Promise<void> {
    this.#sealAll();
    while (this.#failure === undefined && this.#queues.some((q) => q.unacknowledged.length > 0)) {
      await this.#change();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Gives up what is not sent yet. */
  close(): void {
    this.#linger?.cancel();
    this.#linger = undefined;
    this.#fail(new Error("the producer was closed"));
  }

  #startBatch(queue: PartitionQueue): BatchWriter {
    const writer = this.#spareWriters.pop() ?? new BatchWriter(this.#options.batchBytes);
    queue.filling = writer;
    this.#linger ??= this.#client.clock.schedule(this.#options.lingerMs, () => {
      this.#linger = undefined;
      this.#sealAll();
    });
    return writer;
  }

  #sealAll(): void {
    for (const queue of this.#queues) if (queue.filling !== undefined) this.#seal(queue);
  }

  #seal(queue: PartitionQueue): void {
    const { codec, compressionLevel } = this.#options;
    const nowMs = this.#client.clock.monotonicMs();
    const batch = queue.seal(this.#identity, codec, compressionLevel, nowMs);
    if (codec !== Codec.none) this.#recycle(batch.writer);
    this.#bufferedBytes += batch.bytes.length;
    if (queue.partition === this.#stickyPartition) {
      this.#stickyPartition = (this.#stickyPartition + 1) % this.partitionCount;
    }
    this.#pump();
  }

  #recycle(writer: BatchWriter): void {
    writer.reset();
    if (this.#spareWriters.length < SPARE_WRITERS_MAX) this.#spareWriters.push(writer);
  }

  /** Sends what may go. */
  #pump(): void {
    while (this.#failure === undefined && this.#sendRound());
  }

  /** One request to each broker, with one batch of each of its partitions; false when none went. */
  #sendRound(): boolean {
    const batchesOf = new Map<number, PartitionBatch[]>();
    for (const queue of this.#queues) {
      if (queue.unacknowledged.length === queue.sentCount || queue.isRecovering) continue;
      let leader: number;
      try {
        leader = leaderIn(this.#topic, queue.partition);
      } catch (error) {
        this.#recover(queue, error);
        continue;
      }
      if ((this.#requestsOf.get(leader) ?? 0) >= REQUESTS_PER_BROKER_MAX) continue;
      const batch = queue.takeNext(IN_FLIGHT_MAX);
      if (batch === undefined) continue;
      const others = batchesOf.get(leader);
      if (others === undefined) batchesOf.set(leader, [{ queue, batch }]);
      else others.push({ queue, batch });
    }
    for (const [leader, batches] of batchesOf) this.#send(leader, batches);
    return batchesOf.size > 0;
  }

  async #send(leader: number, batches: readonly PartitionBatch[]): Promise<void> {
    const requests = this.#requestsOf;
    requests.set(leader, (requests.get(leader) ?? 0) + 1);
    try {
      const { acks } = this.#options;
      const codes = await sendBatches(this.#client, leader, this.#topic, acks, batches);
      batches.forEach(({ queue, batch }, i) => this.#settle(queue, batch, codes[i]));
      this.progress.requests++;
    } catch (error) {
      for (const { queue } of batches) {
        queue.sentCount--;
        this.#recover(queue, error);
      }
    } finally {
      requests.set(leader, requests.get(leader)! - 1);
      this.#pump();
      this.#wake();
    }
  }

  #settle(queue: PartitionQueue, batch: SealedBatch, error: BrokerError | undefined): void {
    if (error !== undefined && error.code !== ErrorCode.DUPLICATE_SEQUENCE_NUMBER) {
      queue.sentCount--;
      this.#recover(queue, error);
      return;
    }
    queue.acknowledge(batch);
    this.#bufferedBytes -= batch.bytes.length;
    this.progress.records += batch.recordCount;
    this.progress.bytes += batch.bytes.length;
    if (this.#options.codec === Codec.none) this.#recycle(batch.writer);
    if (queue.isRecovering && queue.sentCount === 0) this.#resume(queue);
  }

  /** Something of the partition failed: lets what is under way come back, then sends it again. */
  #recover(queue: PartitionQueue, error: unknown): void {
    const oldest = queue.unacknowledged[0];
    const nowMs = this.#client.clock.monotonicMs();
    const isLate = oldest !== undefined &&
      nowMs - oldest.sealedMs > this.#options.deliveryTimeoutMs;
    // Behind a batch that failed, its successors are out of order; that is mended with it.
    const follows = queue.isRecovering && error instanceof BrokerError &&
      error.code === ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER;
    if (isLate || !(isRetriable(error) || follows)) {
      this.#fail(error);
      return;
    }
    queue.isRecovering = true;
    if (queue.sentCount === 0) this.#resume(queue);
  }

  async #resume(queue: PartitionQueue): Promise<void> {
    await pause(this.#client.clock, RETRY_PAUSE_MS);
    if (this.#failure !== undefined) return;
    try {
      const name = this.#topic.name!;
      this.#client.metadata.forgetTopic(name);
      this.#topic = await this.#client.topic(name);
    } catch (error) {
      this.#recover(queue, error);
      return;
    }
    queue.isRecovering = false;
    this.#pump();
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
    this.#linger?.cancel();
    this.#wake();
  }

  #change(): Promise<void> {
    this.#waiting ??= Promise.withResolvers<void>();
    return this.#waiting.promise;
  }

  #wake(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

async function initProducer(client: ClusterClient): Promise<ProducerIdentity> {
  const response = await client.call({ to: "any" }, initProducerIdApi, {
    transactionalId: null,
    transactionTimeoutMs: 0,
  }, { check: ({ errorCode }) => expectNoError(errorCode, "producer id") });
  return { producerId: response.producerId, producerEpoch: response.producerEpoch };
}

const CREATION_TIMEOUT_MS = 3_000;

/** The topic, once it has a leader for each partition; it may have to be made first. */
function topicForWriting(client: ClusterClient, name: string): Promise<MetadataResponseTopic> {
  return client.retrying(
    async () => {
      const { topics } = await client.refresh([name], true);
      const topic = topics.find((topic) => topic.name === name);
      const code = topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      const isUnknown = code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      expectNoError(code, `topic ${name}`, isUnknown ? "no such topic" : undefined);
      return topic!;
    },
    () => undefined,
    Math.min(CREATION_TIMEOUT_MS, client.operationTimeoutMs),
  );
}
