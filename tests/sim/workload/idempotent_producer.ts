import { ErrorCode, errorInfo } from "../../../src/protocol/error_codes.ts";
import { initProducerIdApi } from "../../../src/protocol/generated/apis/init_producer_id.ts";
import { produceOnce, type ProduceVerdict } from "./produce_call.ts";
import { type Actor, anyPartition, backOff, think, type WorkloadContext } from "./workload.ts";

const INIT_VERSION = 5;
const BATCHES_IN_FLIGHT_MAX = 3;
const RECORDS_MAX = 3;

interface Batch {
  readonly values: readonly string[];
  readonly baseSequence: number;
}

/**
 * An idempotent producer that never gives a batch up: whatever happens, each record is to stand in
 * the log once, and those of a partition in the order in which they were sent.
 */
export class IdempotentProducer implements Actor {
  successes = 0;
  #next = 0;
  #producerId = -1;
  #producerEpoch = -1;
  readonly #sequences = new Map<string, number>();

  constructor(private readonly context: WorkloadContext) {}

  get name(): string {
    return this.context.name;
  }

  async run(): Promise<void> {
    const { context } = this;
    while (context.isOn()) {
      await think(context);
      if (this.#producerId < 0) await this.#initialize();
      else await this.#produce();
    }
  }

  async #initialize(): Promise<void> {
    const result = await this.context.client.toAny(initProducerIdApi, INIT_VERSION, {
      transactionalId: null,
      transactionTimeoutMs: 0,
      producerId: -1,
      producerEpoch: -1,
    });
    if (result.kind !== "answer" || result.response.errorCode !== ErrorCode.NONE) return;
    this.#producerId = result.response.producerId;
    this.#producerEpoch = result.response.producerEpoch;
    this.context.judge.producerId(this.#producerId, this.#producerEpoch, this.name);
  }

  /** Sends a few batches one behind the other, and all that are not acknowledged again, in order. */
  async #produce(): Promise<void> {
    const { random, judge } = this.context;
    const { topic, partition } = anyPartition(this.context);
    const log = judge.log(topic, partition);
    const key = `${topic}-${partition}`;
    const batches: Batch[] = [];
    const batchCount = random.chance(0.3) ? 1 + random.below(BATCHES_IN_FLIGHT_MAX) : 1;
    for (let i = 0; i < batchCount; i++) {
      const baseSequence = this.#sequences.get(key) ?? 0;
      const count = 1 + random.below(RECORDS_MAX);
      const values: string[] = [];
      for (let n = 0; n < count; n++) values.push(`${this.name}:${this.#next++}`);
      this.#sequences.set(key, baseSequence + count);
      batches.push({ values, baseSequence });
    }
    while (batches.length > 0) {
      for (const { values } of batches) for (const value of values) log.sent(value);
      const verdicts = await Promise.all(
        batches.map((batch) => this.#send(topic, partition, batch)),
      );
      this.#checkFirst(verdicts[0]!, key);
      while (verdicts[0]?.kind === "acknowledged") {
        const { baseOffset } = verdicts[0];
        batches[0]!.values.forEach((value, i) => log.acknowledged(baseOffset + i, value));
        batches.shift();
        verdicts.shift();
        this.successes++;
        judge.succeeded(this.name);
      }
      if (batches.length > 0) await backOff(this.context);
    }
  }

  #send(topic: string, partition: number, batch: Batch): Promise<ProduceVerdict> {
    const { client } = this.context;
    return produceOnce(client, {
      topic,
      partition,
      values: batch.values,
      acks: -1,
      timestampMs: client.options.io.clock.wallMs(),
      identity: {
        producerId: this.#producerId,
        producerEpoch: this.#producerEpoch,
        baseSequence: batch.baseSequence,
      },
    });
  }

  /** All before the first batch is acknowledged, so its sequence can't be a wrong one. */
  #checkFirst(verdict: ProduceVerdict, partition: string): void {
    if (verdict.kind !== "refused") return;
    const { name, retriable } = errorInfo(verdict.errorCode);
    if (retriable) return;
    this.context.judge.report(
      "once",
      `${this.name}: the next sequence of ${partition} was refused with ${name}`,
    );
  }
}
