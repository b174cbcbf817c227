import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { fetchApi } from "../../../src/protocol/generated/apis/fetch.ts";
import type { FetchResponse } from "../../../src/protocol/generated/fetch_response.ts";
import type { SeenRecord } from "../checkers/log_checker.ts";
import { AbortFilter } from "../client/abort_filter.ts";
import { BadBatchError, type ReadBatch, readBatches } from "../client/batches.ts";
import { type Actor, backOff, type WorkloadContext } from "./workload.ts";

const FETCH_VERSION = 12;
const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 3000;
const PARTITION_BYTES_MAX = 64 * 1024;

type FetchedPartition = FetchResponse["responses"][number]["partitions"][number];

/** What one partition is read with. */
export interface TailOptions {
  readonly topic: string;
  readonly partition: number;
  readonly isolation: "read_uncommitted" | "read_committed";
}

/** Reads a partition from its first offset on, as far as it is shown, and tells all it sees. */
export class TailingConsumer implements Actor {
  successes = 0;
  /** Told of each record besides the judge. */
  onRecord: ((record: SeenRecord) => void) | undefined;
  #offset: number;
  readonly #filter = new AbortFilter();
  #highWatermark = -1;
  #watermarkEpoch = -1;

  constructor(
    private readonly context: WorkloadContext,
    private readonly options: TailOptions,
    startOffset = 0,
  ) {
    this.#offset = startOffset;
  }

  get name(): string {
    return this.context.name;
  }

  /** Up to where it has read. */
  get offset(): number {
    return this.#offset;
  }

  async run(): Promise<void> {
    while (this.context.isOn()) {
      if (!await this.step()) await backOff(this.context);
    }
  }

  /** One fetch. @returns whether it was answered */
  async step(maxWaitMs = this.#waitMs): Promise<boolean> {
    const { client, judge } = this.context;
    const { topic, partition, isolation } = this.options;
    const result = await client.toLeader(topic, partition, fetchApi, FETCH_VERSION, {
      maxWaitMs,
      minBytes: 1,
      maxBytes: PARTITION_BYTES_MAX,
      isolationLevel: isolation === "read_committed" ? 1 : 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{
        topic,
        topicId: ZERO_UUID,
        partitions: [{
          partition,
          fetchOffset: this.#offset,
          partitionMaxBytes: PARTITION_BYTES_MAX,
        }],
      }],
      forgottenTopicsData: [],
    });
    if (result.kind !== "answer") return false;
    const answer = result.response.responses[0]?.partitions[0];
    if (answer === undefined) return false;
    if (answer.errorCode !== ErrorCode.NONE) {
      client.forgetLeader(topic, partition);
      if (answer.errorCode === ErrorCode.OFFSET_OUT_OF_RANGE) this.#outOfRange();
      return false;
    }
    this.successes++;
    judge.succeeded(this.name);
    this.#checkWatermarks(answer);
    this.#take(answer);
    return true;
  }

  get #waitMs(): number {
    return Math.min(WAIT_MS_MAX, Math.max(WAIT_MS_MIN, this.context.thinkMs));
  }

  /** What was shown is gone, or the one who was asked is no leader and does not know it. */
  #outOfRange(): void {
    this.context.judge.outOfRange(this.options.topic, this.options.partition, this.#offset);
  }

  #take(answer: FetchedPartition): void {
    const { judge } = this.context;
    const { topic, partition, isolation } = this.options;
    let batches: ReadBatch[];
    try {
      batches = readBatches(answer.records ?? new Uint8Array(0));
    } catch (error) {
      if (!(error instanceof BadBatchError)) throw error;
      judge.report("corruption", `${topic}-${partition}: ${error.message}`);
      return;
    }
    const limit = isolation === "read_committed" ? answer.lastStableOffset : answer.highWatermark;
    this.#filter.response(answer.abortedTransactions);
    for (const batch of batches) {
      if (batch.lastOffset < this.#offset) continue;
      if (batch.baseOffset > this.#offset) {
        judge.report(
          "transactions",
          `${topic}-${partition}: a gap from ${this.#offset} to ${batch.baseOffset}`,
        );
      }
      if (batch.lastOffset >= limit) {
        judge.report(
          "transactions",
          `${topic}-${partition}: offset ${batch.lastOffset} was shown (${isolation}), the limit ` +
            `is ${limit}`,
        );
      }
      this.#show(batch);
      this.#offset = batch.lastOffset + 1;
    }
  }

  #show(batch: ReadBatch): void {
    const { judge } = this.context;
    const { topic, partition, isolation } = this.options;
    const isVisible = this.#filter.isVisible(batch) && isolation === "read_committed";
    for (const { offset, value } of batch.values) {
      const seen = { offset, value, leaderEpoch: batch.leaderEpoch };
      judge.log(topic, partition).seen(seen);
      this.onRecord?.(seen);
      if (isVisible) judge.visible(topic, partition, this.name, seen);
    }
  }

  /** Within one leader epoch the watermark never falls; a new leader may know less at first. */
  #checkWatermarks(answer: FetchedPartition): void {
    const { topic, partition } = this.options;
    const epoch = answer.currentLeader.leaderEpoch;
    if (answer.lastStableOffset > answer.highWatermark) {
      this.context.judge.report(
        "neverBack",
        `${topic}-${partition}: last stable offset ${answer.lastStableOffset} is above ` +
          `${answer.highWatermark}`,
      );
    }
    if (
      epoch === this.#watermarkEpoch && epoch >= 0 && answer.highWatermark < this.#highWatermark
    ) {
      this.context.judge.report(
        "neverBack",
        `${topic}-${partition}: high watermark fell from ${this.#highWatermark} to ` +
          `${answer.highWatermark} in epoch ${epoch}`,
      );
    }
    this.#highWatermark = answer.highWatermark;
    this.#watermarkEpoch = epoch;
  }
}
