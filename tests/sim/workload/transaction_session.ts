import { ErrorCode, errorInfo } from "../../../src/protocol/error_codes.ts";
import { endTxnApi } from "../../../src/protocol/generated/apis/end_txn.ts";
import { initProducerIdApi } from "../../../src/protocol/generated/apis/init_producer_id.ts";
import { txnOffsetCommitApi } from "../../../src/protocol/generated/apis/txn_offset_commit.ts";
import { CoordinatorType } from "../client/cluster_client.ts";
import { produceOnce } from "./produce_call.ts";
import { backOff, type WorkloadContext } from "./workload.ts";

const INIT_VERSION = 5;
const END_VERSION = 5;
const OFFSET_COMMIT_VERSION = 5;
const TRANSACTION_TIMEOUT_MS = 20_000;
/** So often a step is tried before the transaction is given up. */
const ATTEMPTS_MAX = 12;

/** How a step of a transaction went. */
export type StepOutcome = "done" | "failed";

/**
 * One transactional id and its transactions, one after the other. A step that fails leaves the
 * transaction to be aborted: by {@link end}, or by the next {@link initialize}.
 */
export class TransactionSession {
  #producerId = -1;
  #producerEpoch = -1;
  #isUsable = false;
  readonly #sequences = new Map<string, number>();
  /** The transaction under way. */
  #id: string | undefined;
  #count = 0;

  constructor(private readonly context: WorkloadContext, readonly transactionalId: string) {}

  get isUsable(): boolean {
    return this.#isUsable;
  }

  /** Fences those before us and ends what they left open. */
  async initialize(): Promise<boolean> {
    const { client, judge } = this.context;
    const result = await client.toCoordinator(
      CoordinatorType.transaction,
      this.transactionalId,
      initProducerIdApi,
      INIT_VERSION,
      {
        transactionalId: this.transactionalId,
        transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
        producerId: -1,
        producerEpoch: -1,
      },
    );
    if (result.kind !== "answer" || result.response.errorCode !== ErrorCode.NONE) {
      client.forgetCoordinator(CoordinatorType.transaction, this.transactionalId);
      return false;
    }
    // An open one was aborted by this; of one that was to be committed nobody knows.
    if (this.#id !== undefined) judge.transactions.ending(this.#id, false);
    this.#id = undefined;
    this.#become(result.response);
    judge.producerId(this.#producerId, this.#producerEpoch, this.transactionalId);
    this.#isUsable = true;
    return true;
  }

  /** The id of the transaction that begins; values of its records are `id:number`. */
  begin(): string {
    const id = `${this.transactionalId}/${this.#count++}`;
    this.#id = id;
    this.context.judge.transactions.begin(id);
    return id;
  }

  async write(topic: string, partition: number, value: string): Promise<StepOutcome> {
    const { client, judge } = this.context;
    const key = `${topic}-${partition}`;
    const baseSequence = this.#sequences.get(key) ?? 0;
    const log = judge.log(topic, partition);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      log.sent(value);
      const verdict = await produceOnce(client, {
        topic,
        partition,
        values: [value],
        acks: -1,
        timestampMs: client.options.io.clock.wallMs(),
        identity: {
          producerId: this.#producerId,
          producerEpoch: this.#producerEpoch,
          baseSequence,
          transactionalId: this.transactionalId,
        },
      });
      if (verdict.kind === "acknowledged") {
        this.#sequences.set(key, baseSequence + 1);
        log.acknowledged(verdict.baseOffset, value);
        judge.transactions.wrote(this.#current(), key, value);
        return "done";
      }
      if (verdict.kind === "refused" && !errorInfo(verdict.errorCode).retriable) {
        this.#isUsable = false;
        return "failed";
      }
      await backOff(this.context);
    }
    this.#isUsable = false;
    return "failed";
  }

  /** Commits `offset` of a group with the transaction. */
  async commitOffset(
    group: string,
    topic: string,
    partition: number,
    offset: number,
  ): Promise<StepOutcome> {
    const { client } = this.context;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const result = await client.toCoordinator(
        CoordinatorType.group,
        group,
        txnOffsetCommitApi,
        OFFSET_COMMIT_VERSION,
        {
          transactionalId: this.transactionalId,
          groupId: group,
          producerId: this.#producerId,
          producerEpoch: this.#producerEpoch,
          topics: [{
            name: topic,
            partitions: [{
              partitionIndex: partition,
              committedOffset: offset,
              committedMetadata: null,
            }],
          }],
        },
      );
      if (result.kind === "answer") {
        const { errorCode } = result.response.topics[0]!.partitions[0]!;
        if (errorCode === ErrorCode.NONE) return "done";
        client.forgetCoordinator(CoordinatorType.group, group);
        if (!errorInfo(errorCode).retriable) break;
      }
      await backOff(this.context);
    }
    this.#isUsable = false;
    return "failed";
  }

  /** Ends the transaction. "failed" when nobody knows how it ended, or it was ended for us. */
  async end(isCommit: boolean): Promise<StepOutcome> {
    const { client, judge } = this.context;
    const id = this.#current();
    judge.transactions.ending(id, isCommit);
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const result = await client.toCoordinator(
        CoordinatorType.transaction,
        this.transactionalId,
        endTxnApi,
        END_VERSION,
        {
          transactionalId: this.transactionalId,
          producerId: this.#producerId,
          producerEpoch: this.#producerEpoch,
          committed: isCommit,
        },
      );
      if (result.kind === "answer") {
        const { errorCode } = result.response;
        if (errorCode === ErrorCode.NONE) {
          judge.transactions.ended(id, isCommit);
          this.#id = undefined;
          this.#become(result.response);
          return "done";
        }
        client.forgetCoordinator(CoordinatorType.transaction, this.transactionalId);
        if (!errorInfo(errorCode).retriable) break;
      }
      await backOff(this.context);
    }
    this.#isUsable = false;
    return "failed";
  }

  #current(): string {
    if (this.#id === undefined) throw new Error("no transaction is under way");
    return this.#id;
  }

  #become({ producerId, producerEpoch }: { producerId: number; producerEpoch: number }): void {
    this.#producerId = producerId;
    this.#producerEpoch = producerEpoch;
    this.#sequences.clear();
  }
}
