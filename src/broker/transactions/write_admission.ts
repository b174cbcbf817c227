import {
  NO_PARTITIONS,
  type ProducerIdentity,
  withPartitions,
} from "../../coordinator/transaction/transaction.ts";
import type { Clock } from "../../io/clock.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import * as layout from "../../protocol/records/batch_layout.ts";
import type { Partition } from "../partition.ts";
import type { TransactionCoordinators } from "./transactions.ts";

/** From this version of Produce on, writing to a partition adds it to the transaction (KIP-890). */
export const IMPLICIT_ADD_FROM = 12;
/** From this version of Produce on clients know that an error means: abort, then go on. */
const ABORTABLE_FROM = 11;

/** What one request wants to write in a transaction. */
export interface TransactionalWrite {
  readonly transactionalId: string;
  /** Partitions are added to the transaction; else they must be in it. */
  readonly addsPartitions: boolean;
  readonly batches: readonly TransactionalBatch[];
}

/** Where a batch goes, and whose it is. */
export interface TransactionalBatch extends ProducerIdentity {
  readonly partition: Partition;
}

/** The coordinator's error codes of the partitions that must not be written; the others may. */
export type Refusals = ReadonlyMap<Partition, number>;

export const NO_REFUSALS: Refusals = new Map();

/** What {@link WriteAdmission} works with. */
export interface AdmissionOptions {
  readonly clock: Clock;
  readonly transactions: TransactionCoordinators;
  /** The value of a broker setting. */
  setting(name: string): string | null;
}

/**
 * Sees to it that the first batch which a transaction writes to a partition is known to the
 * coordinator, so that the partition is told of the transaction's end: else it would hang forever
 * (KIP-890). Once a partition holds an open transaction of the producer nothing is asked any more.
 */
export class WriteAdmission {
  constructor(private readonly options: AdmissionOptions) {}

  /** A promise only where the coordinator has to write something down, or is another broker's. */
  admit(write: TransactionalWrite): Refusals | Promise<Refusals> {
    const { batches } = write;
    const first = batches[0];
    if (first === undefined) return NO_REFUSALS;
    if (batches.some(({ producerId }) => producerId !== first.producerId)) {
      return refuseAll(batches, ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    }
    const unknown = batches.filter((batch) => !isOpen(batch));
    if (unknown.length === 0) return NO_REFUSALS;
    return write.addsPartitions
      ? this.#add(write.transactionalId, unknown)
      : this.#verify(write.transactionalId, unknown);
  }

  #verify(
    transactionalId: string,
    batches: readonly TransactionalBatch[],
  ): Refusals | Promise<Refusals> {
    const { transactions, setting } = this.options;
    if (setting("transaction.partition.verification.enable") === "false") return NO_REFUSALS;
    const names = batches.map(({ partition }) => ({
      topic: partition.topic.name,
      partition: partition.index,
    }));
    const codes = transactions.verify(transactionalId, batches[0]!, names);
    return codes instanceof Promise
      ? codes.then((known) => refusalsOf(batches, known))
      : refusalsOf(batches, codes);
  }

  async #add(transactionalId: string, batches: readonly TransactionalBatch[]): Promise<Refusals> {
    const { clock, transactions, setting } = this.options;
    let partitions = NO_PARTITIONS;
    for (const { partition: { topic, index } } of batches) {
      partitions = withPartitions(partitions, new Map([[topic.name, [index]]]));
    }
    const { producerId, producerEpoch } = batches[0]!;
    const request = { transactionalId, producerId, producerEpoch, partitions, clientVersion: 2 };
    const retryMs = Number(setting("add.partitions.to.txn.retry.backoff.ms"));
    const endMs = clock.monotonicMs() +
      Number(setting("add.partitions.to.txn.retry.backoff.max.ms"));
    let errorCode = await transactions.addPartitions(request);
    // The markers of the producer's last transaction are on their way.
    while (errorCode === ErrorCode.CONCURRENT_TRANSACTIONS && clock.monotonicMs() < endMs) {
      await new Promise<void>((resolve) => clock.schedule(retryMs, resolve));
      errorCode = await transactions.addPartitions(request);
    }
    return errorCode === ErrorCode.NONE ? NO_REFUSALS : refuseAll(batches, errorCode);
  }
}

/** The partition has taken a batch of this very transaction already. */
function isOpen({ partition, producerId, producerEpoch }: TransactionalBatch): boolean {
  const state = partition.log.producers.get(producerId);
  return state !== undefined && state.txnFirstOffset >= 0 && state.epoch === producerEpoch;
}

function refusalsOf(
  batches: readonly TransactionalBatch[],
  codes: readonly number[],
): Refusals {
  const refusals = new Map<Partition, number>();
  batches.forEach(({ partition }, i) => {
    const errorCode = codes[i]!;
    if (errorCode !== ErrorCode.NONE) refusals.set(partition, errorCode);
  });
  return refusals;
}

function refuseAll(batches: readonly TransactionalBatch[], errorCode: number): Refusals {
  return new Map(batches.map(({ partition }) => [partition, errorCode]));
}

/** What `records` are when they begin, by the header, with a batch of a transaction. */
export function transactionalBatch(
  partition: Partition,
  records: Uint8Array | null,
): TransactionalBatch | undefined {
  const isOne = records !== null && records.length >= layout.HEADER_BYTES &&
    layout.magic(records, 0) === layout.MAGIC_V2 && layout.isTransactional(records, 0);
  if (!isOne) return undefined;
  const producerId = layout.producerId(records, 0);
  const producerEpoch = layout.producerEpoch(records, 0);
  return { partition, producerId, producerEpoch };
}

/** The coordinator's codes as Produce tells them; trouble that passes looks like too few replicas. */
export function codeForProduce(errorCode: number, apiVersion: number): number {
  switch (errorCode) {
    case ErrorCode.PRODUCER_FENCED:
      return ErrorCode.INVALID_PRODUCER_EPOCH;
    case ErrorCode.TRANSACTION_ABORTABLE:
      return apiVersion >= ABORTABLE_FROM ? errorCode : ErrorCode.INVALID_TXN_STATE;
    case ErrorCode.CONCURRENT_TRANSACTIONS:
      return apiVersion >= IMPLICIT_ADD_FROM ? errorCode : ErrorCode.NOT_ENOUGH_REPLICAS;
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.NOT_COORDINATOR:
    case ErrorCode.KAFKA_STORAGE_ERROR:
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
      return ErrorCode.NOT_ENOUGH_REPLICAS;
    default:
      return errorCode;
  }
}
