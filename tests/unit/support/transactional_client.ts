/** What transactional producers send, request by request. */
import assert from "node:assert/strict";
import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { addOffsetsToTxnApi } from "../../../src/protocol/generated/apis/add_offsets_to_txn.ts";
import { addPartitionsToTxnApi } from "../../../src/protocol/generated/apis/add_partitions_to_txn.ts";
import { endTxnApi } from "../../../src/protocol/generated/apis/end_txn.ts";
import { findCoordinatorApi } from "../../../src/protocol/generated/apis/find_coordinator.ts";
import { initProducerIdApi } from "../../../src/protocol/generated/apis/init_producer_id.ts";
import { produceApi } from "../../../src/protocol/generated/apis/produce.ts";
import { txnOffsetCommitApi } from "../../../src/protocol/generated/apis/txn_offset_commit.ts";
import type { BrokerFixture } from "./broker_fixture.ts";
import { batch } from "./requests.ts";

/** Newest versions; topics by name. */
const INIT_VERSION = 5;
const TV1 = { add: 3, produce: 11, end: 4, commitOffsets: 4 };
const TV2 = { add: 3, produce: 12, end: 5, commitOffsets: 5 };

/** How a batch departs from the usual. */
export interface WriteWish {
  readonly partition?: number;
  readonly sequence?: number;
  readonly version?: number;
  readonly transactionalId?: string | null;
  readonly isTransactional?: boolean;
  readonly producerEpoch?: number;
}

/** A producer; its methods answer with error codes. */
export class TransactionalClient {
  producerId = -1;
  producerEpoch = -1;
  readonly #sequences = new Map<string, number>();

  constructor(
    readonly fixture: BrokerFixture,
    readonly transactionalId: string,
    readonly generation: 1 | 2 = 2,
  ) {}

  /** Has the topic of the coordinators made. */
  static async findCoordinator(
    fixture: BrokerFixture,
    key: string,
    keyType: 0 | 1 = 1,
  ): Promise<number> {
    const request = { key: "", keyType, coordinatorKeys: [key] };
    const { coordinators } = await fixture.call(findCoordinatorApi, 6, request);
    return coordinators[0]!.errorCode;
  }

  async init(timeoutMs = 60_000, version = INIT_VERSION): Promise<number> {
    const answer = await this.fixture.call(initProducerIdApi, version, {
      transactionalId: this.transactionalId,
      transactionTimeoutMs: timeoutMs,
      producerId: -1,
      producerEpoch: -1,
    });
    if (answer.errorCode === 0) this.#become(answer);
    return answer.errorCode;
  }

  /** AddPartitionsToTxn; the code of each partition. */
  async add(topic: string, partitions: readonly number[] = [0]): Promise<number[]> {
    const answer = await this.fixture.call(addPartitionsToTxnApi, this.#versions.add, {
      transactions: [],
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions }],
    });
    return answer.resultsByTopicV3AndBelow[0]!.resultsByPartition.map(
      ({ partitionErrorCode }) => partitionErrorCode,
    );
  }

  async write(topic: string, value: string, wish: WriteWish = {}): Promise<number> {
    const { partition = 0, version = this.#versions.produce, isTransactional = true } = wish;
    const place = `${topic}-${partition}`;
    const sequence = wish.sequence ?? this.#sequences.get(place) ?? 0;
    const records = batch([value], {
      producerId: this.producerId,
      producerEpoch: wish.producerEpoch ?? this.producerEpoch,
      baseSequence: sequence,
      isTransactional,
    });
    const answer = await this.fixture.call(produceApi, version, {
      transactionalId: wish.transactionalId === undefined
        ? this.transactionalId
        : wish.transactionalId,
      acks: -1,
      timeoutMs: 1000,
      topicData: [{
        name: topic,
        topicId: ZERO_UUID,
        partitionData: [{ index: partition, records }],
      }],
    });
    const { errorCode } = answer.responses[0]!.partitionResponses[0]!;
    if (errorCode === 0) this.#sequences.set(place, sequence + 1);
    return errorCode;
  }

  async addOffsets(groupId: string): Promise<number> {
    const { transactionalId, producerId, producerEpoch } = this;
    const request = { transactionalId, producerId, producerEpoch, groupId };
    return (await this.fixture.call(addOffsetsToTxnApi, 4, request)).errorCode;
  }

  async commitOffset(groupId: string, topic: string, offset: number): Promise<number> {
    const { transactionalId, producerId, producerEpoch } = this;
    const answer = await this.fixture.call(txnOffsetCommitApi, this.#versions.commitOffsets, {
      transactionalId,
      groupId,
      producerId,
      producerEpoch,
      topics: [{
        name: topic,
        partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: "m" }],
      }],
    });
    return answer.topics[0]!.partitions[0]!.errorCode;
  }

  async end(committed: boolean, version = this.#versions.end): Promise<number> {
    const { transactionalId, producerId, producerEpoch } = this;
    const request = { transactionalId, producerId, producerEpoch, committed };
    const answer = await this.fixture.call(endTxnApi, version, request);
    if (answer.errorCode !== 0 || this.generation === 1) return answer.errorCode;
    assert.ok(answer.producerId >= 0);
    this.#become(answer);
    return answer.errorCode;
  }

  get #versions() {
    return this.generation === 1 ? TV1 : TV2;
  }

  #become(identity: { readonly producerId: number; readonly producerEpoch: number }): void {
    this.producerId = identity.producerId;
    this.producerEpoch = identity.producerEpoch;
    this.#sequences.clear();
  }
}
