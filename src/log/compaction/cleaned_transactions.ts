import * as layout from "../../protocol/records/batch_layout.ts";
import { ControlType, readControlRecord } from "../../protocol/records/control_record.ts";
import type { AbortedTransaction } from "../transaction_index.ts";

/** An aborted transaction whose marker has not been passed yet. */
interface OpenAbort {
  readonly transaction: AbortedTransaction;
  /** Whether the log still has a batch of it. */
  hasBatch: boolean;
}

/**
 * Follows the transactions through the batches of a log, in order, and says of each batch whether
 * its transaction lets it go. Kafka's rules: records of aborted transactions go at once; a marker
 * may go once no batch of its transaction is left, after the delay that tombstones have as well.
 */
export class CleanedTransactions {
  readonly #committing = new Set<number>();
  readonly #aborting = new Map<number, OpenAbort>();
  /** By their first offset. */
  readonly #coming: AbortedTransaction[];
  #next = 0;

  /**
   * @param aborted those with a record or a marker among the batches to come
   * @param keepAborted told of the transactions that still need an entry in a transaction index
   */
  constructor(
    aborted: readonly AbortedTransaction[],
    private readonly keepAborted: (transaction: AbortedTransaction) => void,
  ) {
    this.#coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Takes note of a data batch; true when it is of an aborted transaction. */
  sawBatch(buffer: Uint8Array, at: number): boolean {
    if (!layout.isTransactional(buffer, at)) return false;
    this.#beginUpTo(layout.lastOffset(buffer, at));
    const producerId = layout.producerId(buffer, at);
    const abort = this.#aborting.get(producerId);
    if (abort === undefined) {
      this.#committing.add(producerId);
      return false;
    }
    abort.hasBatch = true;
    return true;
  }

  /**
   * Takes note of a control batch, which is whole; true when nothing is left of its transaction.
   * @throws {CorruptBatchError} when it holds no control record
   */
  sawMarker(buffer: Uint8Array, at: number): boolean {
    this.#beginUpTo(layout.lastOffset(buffer, at));
    const producerId = layout.producerId(buffer, at);
    const record = readControlRecord(buffer, at);
    if (record === undefined) return true;
    if (record.type === ControlType.commit) return !this.#committing.delete(producerId);
    if (record.type !== ControlType.abort) return false;
    const abort = this.#aborting.get(producerId);
    this.#aborting.delete(producerId);
    if (abort === undefined || !abort.hasBatch) return true;
    this.keepAborted(abort.transaction);
    return false;
  }

  #beginUpTo(offset: number): void {
    const coming = this.#coming;
    while (this.#next < coming.length && coming[this.#next]!.firstOffset <= offset) {
      const transaction = coming[this.#next++]!;
      const { producerId } = transaction;
      if (!this.#aborting.has(producerId)) {
        this.#aborting.set(producerId, { transaction, hasBatch: false });
      }
    }
  }
}
