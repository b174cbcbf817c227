import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { fetchApi } from "../../../src/protocol/generated/apis/fetch.ts";
import { AbortFilter } from "../client/abort_filter.ts";
import { readBatches } from "../client/batches.ts";
import { fetchOffset, type GroupPartition } from "./offset_calls.ts";
import { TransactionSession } from "./transaction_session.ts";
import { type Actor, backOff, think, type WorkloadContext } from "./workload.ts";

const FETCH_VERSION = 12;
const RECORDS_PER_TRANSACTION_MAX = 8;

/** Where a {@link Copier} copies from and to. */
export interface CopierOptions {
  readonly source: { readonly topic: string; readonly partition: number };
  readonly target: { readonly topic: string; readonly partition: number };
}

/**
 * Consumes, transforms and produces, exactly once: each visible record of the source is to stand in
 * the target once, in order. A copy is named by the offset of its source.
 */
export class Copier implements Actor {
  successes = 0;
  readonly #session: TransactionSession;
  readonly place: GroupPartition;
  /** Undefined: to be asked for. */
  #position: number | undefined;

  constructor(private readonly context: WorkloadContext, readonly options: CopierOptions) {
    this.#session = new TransactionSession(context, context.name);
    this.place = { group: `group of ${context.name}`, ...options.source };
  }

  get name(): string {
    return this.context.name;
  }

  async run(): Promise<void> {
    const { context } = this;
    while (context.isOn()) {
      await think(context);
      if (!this.#session.isUsable) {
        this.#position = undefined;
        if (!await this.#session.initialize()) {
          await backOff(context);
          continue;
        }
      }
      await this.#step();
    }
  }

  async #step(): Promise<void> {
    const { client, judge } = this.context;
    if (this.#position === undefined) {
      const committed = await fetchOffset(client, this.place, true);
      if (committed === undefined) return;
      this.#position = Math.max(0, committed);
    }
    const read = await this.#read(this.#position);
    if (read === undefined || read.nextOffset === this.#position) return;
    const { source, target } = this.options;
    const id = this.#session.begin();
    for (const offset of read.offsets) {
      const value = `${id}:${offset}`;
      if (await this.#session.write(target.topic, target.partition, value) === "failed") return;
    }
    const { group } = this.place;
    const { topic, partition } = source;
    const committed = await this.#session.commitOffset(group, topic, partition, read.nextOffset);
    if (committed === "failed") return;
    if (await this.#session.end(this.context.random.chance(0.9)) === "failed") return;
    this.#position = undefined;
    this.successes++;
    judge.succeeded(this.name);
  }

  /** Offsets of visible records from `position` on, and where to go on. */
  async #read(
    position: number,
  ): Promise<{ readonly offsets: number[]; readonly nextOffset: number } | undefined> {
    const { topic, partition } = this.options.source;
    const { client } = this.context;
    const result = await client.toLeader(topic, partition, fetchApi, FETCH_VERSION, {
      maxWaitMs: 200,
      minBytes: 1,
      isolationLevel: 1,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{
        topic,
        topicId: ZERO_UUID,
        partitions: [{ partition, fetchOffset: position, partitionMaxBytes: 4096 }],
      }],
      forgottenTopicsData: [],
    });
    const answer = result.kind === "answer"
      ? result.response.responses[0]?.partitions[0]
      : undefined;
    if (answer === undefined || answer.errorCode !== ErrorCode.NONE) {
      client.forgetLeader(topic, partition);
      return undefined;
    }
    const filter = new AbortFilter();
    filter.response(answer.abortedTransactions);
    const offsets: number[] = [];
    let nextOffset = position;
    for (const batch of readBatches(answer.records ?? new Uint8Array(0))) {
      nextOffset = batch.lastOffset + 1;
      if (!filter.isVisible(batch)) continue;
      for (const { offset } of batch.values) if (offset >= position) offsets.push(offset);
      if (offsets.length >= RECORDS_PER_TRANSACTION_MAX) break;
    }
    return { offsets, nextOffset };
  }
}
