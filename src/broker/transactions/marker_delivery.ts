import type { Logger } from "../../base/logger.ts";
import type { Transaction } from "../../coordinator/transaction/transaction.ts";
import { TransactionStatus } from "../../coordinator/transaction/transaction.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { EndMarker, PartitionName, TransactionMarkers } from "./marker_writer.ts";

/** What {@link MarkerDelivery} works with. */
export interface MarkerDeliveryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly markers: TransactionMarkers;
}

/** What became of the markers of one transaction. */
type Progress = "done" | "fenced" | readonly PartitionName[];

const RETRY_MS_MIN = 20;
const RETRY_MS_MAX = 1000;

/** Sees to it that every partition of an ended transaction gets its marker, however long it takes. */
export class MarkerDelivery {
  readonly #retries = new Set<Timer>();
  #isStopped = false;

  constructor(private readonly options: MarkerDeliveryOptions) {}

  /**
   * Delivers the markers of a prepared transaction; `written` is called once all are there, in this
   * very turn when nothing has to be waited for.
   */
  deliver(transaction: Transaction, coordinatorEpoch: number, written: () => void): void {
    const { producerId, producerEpoch, clientVersion, status } = transaction;
    const committed = status === TransactionStatus.prepareCommit;
    const marker = { producerId, producerEpoch, committed, coordinatorEpoch, clientVersion };
    const names: PartitionName[] = [];
    for (const [topic, indexes] of transaction.partitions) {
      for (const partition of indexes) names.push({ topic, partition });
    }
    const delivery = { transactionalId: transaction.transactionalId, marker, written };
    this.#attempt(delivery, names, RETRY_MS_MIN);
  }

  /** No further attempt is made: what is left is done after the next start. */
  stop(): void {
    this.#isStopped = true;
    for (const timer of this.#retries) timer.cancel();
    this.#retries.clear();
  }

  #attempt(delivery: Delivery, names: readonly PartitionName[], retryMs: number): void {
    const answers = names.map((name) => this.options.markers.write(delivery.marker, name));
    if (answers.every((answer) => typeof answer === "number")) {
      this.#conclude(delivery, names, answers, retryMs);
      return;
    }
    Promise.all(answers).then((codes) => this.#conclude(delivery, names, codes, retryMs));
  }

  #conclude(
    delivery: Delivery,
    names: readonly PartitionName[],
    codes: readonly number[],
    retryMs: number,
  ): void {
    const progress = this.#judge(delivery, names, codes);
    if (progress === "done") {
      if (!this.#isStopped) delivery.written();
      return;
    }
    if (progress === "fenced" || this.#isStopped) return;
    const timer = this.options.clock.schedule(retryMs, () => {
      this.#retries.delete(timer);
      this.#attempt(delivery, progress, Math.min(2 * retryMs, RETRY_MS_MAX));
    });
    this.#retries.add(timer);
  }

  #judge(
    { transactionalId, marker }: Delivery,
    names: readonly PartitionName[],
    codes: readonly number[],
  ): Progress {
    const left: PartitionName[] = [];
    for (let i = 0; i < names.length; i++) {
      const errorCode = codes[i]!;
      switch (errorCode) {
        case ErrorCode.NONE:
        // The topic is deleted, and its part of the transaction with it.
        case ErrorCode.UNKNOWN_TOPIC_OR_PARTITION:
          break;
        case ErrorCode.INVALID_PRODUCER_EPOCH:
          // Somebody has ended the transaction there by hand, and the producer has gone on.
          this.#warn("marker is out of date", transactionalId, marker, names[i]!);
          break;
        case ErrorCode.TRANSACTION_COORDINATOR_FENCED:
          this.#warn("coordinator is out of date", transactionalId, marker, names[i]!);
          return "fenced";
        default:
          left.push(names[i]!);
      }
    }
    return left.length === 0 ? "done" : left;
  }

  #warn(what: string, transactionalId: string, marker: EndMarker, at: PartitionName): void {
    this.options.logger.warn(`transaction ${what}`, { transactionalId, ...marker, ...at });
  }
}

interface Delivery {
  readonly transactionalId: string;
  readonly marker: EndMarker;
  readonly written: () => void;
}
