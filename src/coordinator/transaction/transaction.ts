/**
 * The state of one transactional id, as `__transaction_state` keeps it (KIP-98, KIP-360, KIP-890).
 * A value is never changed: a step makes the next one.
 */

/** Where a transaction stands; the numbers are those of the log. */
export const TransactionStatus = {
  empty: 0,
  ongoing: 1,
  prepareCommit: 2,
  prepareAbort: 3,
  completeCommit: 4,
  completeAbort: 5,
  dead: 6,
  prepareEpochFence: 7,
} as const;

export type TransactionStatus = typeof TransactionStatus[keyof typeof TransactionStatus];

/** The names of the statuses in DescribeTransactions and ListTransactions, by number. */
export const STATUS_NAMES = [
  "Empty",
  "Ongoing",
  "PrepareCommit",
  "PrepareAbort",
  "CompleteCommit",
  "CompleteAbort",
  "Dead",
  "PrepareEpochFence",
] as const;

export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
/** Epochs are int16. */
export const PRODUCER_EPOCH_MAX = 32767;
/** The last epoch that a client is given: one above it must be free to fence it. */
export const CLIENT_EPOCH_MAX = PRODUCER_EPOCH_MAX - 1;

/** Producer id and epoch, which say who is speaking. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** Partition indexes by topic. */
export type TransactionPartitions = ReadonlyMap<string, readonly number[]>;

export interface Transaction extends ProducerIdentity {
  readonly transactionalId: string;
  /** The producer id before the latest change of state; -1 before the first. */
  readonly previousProducerId: number;
  /** What takes the place of an id without free epochs once the markers are written; else -1. */
  readonly nextProducerId: number;
  /** The epoch before the last InitProducerId that named one; not kept in the log, -1 if unknown. */
  readonly lastProducerEpoch: number;
  readonly timeoutMs: number;
  readonly status: TransactionStatus;
  readonly partitions: TransactionPartitions;
  /** Wall time in ms; -1 when no transaction has begun. */
  readonly startMs: number;
  readonly updateMs: number;
  /** 0 for clients of the first generation, 2 when each transaction has its own epoch (KIP-890). */
  readonly clientVersion: number;
}

export const NO_PARTITIONS: TransactionPartitions = new Map();

/** A transactional id that was never seen. */
export function newTransaction(transactionalId: string, producerId: number): Transaction {
  return {
    transactionalId,
    producerId,
    producerEpoch: NO_PRODUCER_EPOCH,
    previousProducerId: NO_PRODUCER_ID,
    nextProducerId: NO_PRODUCER_ID,
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    timeoutMs: 0,
    status: TransactionStatus.empty,
    partitions: NO_PARTITIONS,
    startMs: -1,
    updateMs: -1,
    clientVersion: 0,
  };
}

/** The outcome is decided and durable; markers are being written. */
export function isPrepared({ status }: Transaction): boolean {
  return status === TransactionStatus.prepareCommit || status === TransactionStatus.prepareAbort;
}

/** Whether each transaction of the client ends with a new epoch (KIP-890 part 2). */
export function bumpsEpochs(clientVersion: number): boolean {
  return clientVersion >= 2;
}

export function isEpochExhausted(producerEpoch: number): boolean {
  return producerEpoch >= CLIENT_EPOCH_MAX;
}

/** What the producer goes on with after a prepared transaction. */
export function identityAfter(prepared: Transaction): ProducerIdentity {
  const { producerId, producerEpoch, nextProducerId } = prepared;
  return nextProducerId === NO_PRODUCER_ID
    ? { producerId, producerEpoch }
    : { producerId: nextProducerId, producerEpoch: 0 };
}

export function hasPartition(
  partitions: TransactionPartitions,
  topic: string,
  partition: number,
): boolean {
  return partitions.get(topic)?.includes(partition) === true;
}

/** The union; `into` itself when it has all of `added` already. */
export function withPartitions(
  into: TransactionPartitions,
  added: TransactionPartitions,
): TransactionPartitions {
  let union: Map<string, readonly number[]> | undefined;
  for (const [topic, indexes] of added) {
    const present = into.get(topic) ?? [];
    const missing = indexes.filter((index) => !present.includes(index));
    if (missing.length === 0) continue;
    union ??= new Map(into);
    union.set(topic, [...present, ...new Set(missing)]);
  }
  return union ?? into;
}
