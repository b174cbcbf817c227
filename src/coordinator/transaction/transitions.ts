/**
 * The rules by which a transactional id goes from one state to the next. Pure functions from the
 * state and a request to the next state or an error code.
 *
 * Two generations of clients are served. In the first (`clientVersion` below 2) the epoch changes
 * with InitProducerId only. In the second (KIP-890 part 2) the end of each transaction raises it, and
 * the markers carry the new epoch, so that records which come late are told from the next
 * transaction's.
 */
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { AddPartitions, EndTransaction, InitProducer } from "./events.ts";
import {
  bumpsEpochs,
  CLIENT_EPOCH_MAX,
  hasPartition,
  identityAfter,
  isEpochExhausted,
  isPrepared,
  newTransaction,
  NO_PARTITIONS,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  PRODUCER_EPOCH_MAX,
  type ProducerIdentity,
  type Transaction,
  TransactionStatus,
  withPartitions,
} from "./transaction.ts";

/** What a request leads to. */
export type Transition =
  /** The next state, to be written. */
  | { readonly kind: "next"; readonly next: Transaction }
  /** A retry of what has been done: success, and nothing changes. */
  | { readonly kind: "unchanged"; readonly current: Transaction }
  | { readonly kind: "refused"; readonly errorCode: number }
  /** A producer id has to be found first. */
  | { readonly kind: "needsProducerId" };

const NEEDS_PRODUCER_ID: Transition = { kind: "needsProducerId" };

/** InitProducerId: the next epoch, or the end of a transaction that stands in its way. */
export function initProducer(
  known: Transaction | undefined,
  request: InitProducer,
  nowMs: number,
): Transition {
  const { expected, freshProducerId } = request;
  if (known === undefined) {
    if (freshProducerId === undefined) return NEEDS_PRODUCER_ID;
    const created = newTransaction(request.transactionalId, freshProducerId);
    return initialised(
      created,
      { ...request, producerId: freshProducerId, producerEpoch: 0 },
      nowMs,
    );
  }
  if (isPrepared(known)) return refused(ErrorCode.CONCURRENT_TRANSACTIONS);
  if (expected !== undefined && !mayInitialise(known, expected)) {
    return refused(ErrorCode.PRODUCER_FENCED);
  }
  if (known.status === TransactionStatus.ongoing) return next(fenced(known, nowMs));
  return nextEpoch(known, request, nowMs);
}

/** The id must be the one that we know, or the one that it followed when epochs ran out. */
function mayInitialise(known: Transaction, expected: ProducerIdentity): boolean {
  return expected.producerId === known.producerId ||
    (expected.producerId === known.previousProducerId && isEpochExhausted(expected.producerEpoch));
}

function nextEpoch(known: Transaction, request: InitProducer, nowMs: number): Transition {
  const { expected, freshProducerId } = request;
  const { producerId, producerEpoch, lastProducerEpoch } = known;
  const goesOn = expected === undefined || expected.producerEpoch === producerEpoch;
  if (!goesOn) {
    if (expected.producerEpoch !== lastProducerEpoch) return refused(ErrorCode.PRODUCER_FENCED);
    return initialised(known, { ...request, producerId, producerEpoch, lastProducerEpoch }, nowMs);
  }
  const last = expected === undefined ? NO_PRODUCER_EPOCH : producerEpoch;
  if (!isEpochExhausted(producerEpoch)) {
    const bumped = { producerId, producerEpoch: producerEpoch + 1, lastProducerEpoch: last };
    return initialised(known, { ...request, ...bumped }, nowMs);
  }
  if (freshProducerId === undefined) return NEEDS_PRODUCER_ID;
  const rotated = { producerId: freshProducerId, producerEpoch: 0, lastProducerEpoch: last };
  return initialised(known, { ...request, ...rotated }, nowMs);
}

function initialised(
  known: Transaction,
  { producerId, producerEpoch, lastProducerEpoch = NO_PRODUCER_EPOCH, timeoutMs }:
    & ProducerIdentity
    & { readonly lastProducerEpoch?: number; readonly timeoutMs: number },
  nowMs: number,
): Transition {
  return next({
    ...changed(known, nowMs),
    producerId,
    producerEpoch,
    lastProducerEpoch,
    timeoutMs,
    status: TransactionStatus.empty,
    partitions: NO_PARTITIONS,
    startMs: -1,
  });
}

/**
 * The abort of an ongoing transaction whose producer is to be shut out. The epoch is one that the
 * producer was never given and will not compute from its own: in the second generation the next one
 * would look like the answer to an EndTxn of its own.
 */
export function fenced(ongoing: Transaction, nowMs: number): Transaction {
  const step = bumpsEpochs(ongoing.clientVersion) ? 2 : 1;
  return {
    ...changed(ongoing, nowMs),
    producerEpoch: Math.min(ongoing.producerEpoch + step, PRODUCER_EPOCH_MAX),
    lastProducerEpoch: NO_PRODUCER_EPOCH,
    status: TransactionStatus.prepareAbort,
  };
}

/** Begins a transaction with its first partitions, or adds some. */
export function addPartitions(
  known: Transaction | undefined,
  request: AddPartitions,
  nowMs: number,
): Transition {
  const errorCode = writerProblem(known, request);
  if (errorCode !== ErrorCode.NONE) return refused(errorCode);
  const current = known!;
  const isOngoing = current.status === TransactionStatus.ongoing;
  const partitions = withPartitions(
    isOngoing ? current.partitions : NO_PARTITIONS,
    request.partitions,
  );
  if (isOngoing && partitions === current.partitions) return { kind: "unchanged", current };
  return next({
    ...changed(current, nowMs),
    status: TransactionStatus.ongoing,
    partitions,
    startMs: isOngoing ? current.startMs : nowMs,
    clientVersion: request.clientVersion,
  });
}

/** Whether a producer may write a partition now: it is in the ongoing transaction of the producer. */
export function verifyPartition(
  known: Transaction | undefined,
  writer: ProducerIdentity,
  topic: string,
  partition: number,
): number {
  const errorCode = writerProblem(known, writer);
  if (errorCode !== ErrorCode.NONE) return errorCode;
  const isIn = known!.status === TransactionStatus.ongoing &&
    hasPartition(known!.partitions, topic, partition);
  return isIn ? ErrorCode.NONE : ErrorCode.TRANSACTION_ABORTABLE;
}

function writerProblem(known: Transaction | undefined, writer: ProducerIdentity): number {
  if (known === undefined) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  // A producer of the second generation goes on before the markers of its last transaction are
  // written, and then with the identity that it will have.
  if (isPrepared(known) && isSame(identityAfter(known), writer)) {
    return ErrorCode.CONCURRENT_TRANSACTIONS;
  }
  if (known.producerId !== writer.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  return known.producerEpoch === writer.producerEpoch ? ErrorCode.NONE : ErrorCode.PRODUCER_FENCED;
}

/** EndTxn: decides the outcome, or knows a retry again. */
export function endTransaction(
  known: Transaction | undefined,
  request: EndTransaction,
  nowMs: number,
): Transition {
  if (known === undefined) return refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  return bumpsEpochs(request.clientVersion)
    ? endWithNewEpoch(known, request, nowMs)
    : endWithSameEpoch(known, request, nowMs);
}

function endWithSameEpoch(
  known: Transaction,
  request: EndTransaction,
  nowMs: number,
): Transition {
  if (known.producerId !== request.producerId) {
    return refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  }
  if (known.producerEpoch !== request.producerEpoch) return refused(ErrorCode.PRODUCER_FENCED);
  switch (known.status) {
    case TransactionStatus.ongoing:
      return next({ ...prepared(known, request.committed, nowMs), clientVersion: 0 });
    case TransactionStatus.completeCommit:
    case TransactionStatus.completeAbort:
      return isOutcome(known, request.committed)
        ? { kind: "unchanged", current: known }
        : refused(ErrorCode.INVALID_TXN_STATE);
    case TransactionStatus.prepareCommit:
    case TransactionStatus.prepareAbort:
      return refused(
        isOutcome(known, request.committed)
          ? ErrorCode.CONCURRENT_TRANSACTIONS
          : ErrorCode.INVALID_TXN_STATE,
      );
    default:
      return refused(ErrorCode.INVALID_TXN_STATE);
  }
}

function endWithNewEpoch(known: Transaction, request: EndTransaction, nowMs: number): Transition {
  if (isPrepared(known)) return refused(endOfPrepared(known, request));
  if (isRetry(known, request)) {
    return isOutcome(known, request.committed)
      ? { kind: "unchanged", current: known }
      : refused(ErrorCode.INVALID_TXN_STATE);
  }
  if (known.producerId !== request.producerId) {
    return refused(ErrorCode.INVALID_PRODUCER_ID_MAPPING);
  }
  if (known.producerEpoch !== request.producerEpoch) return refused(ErrorCode.PRODUCER_FENCED);
  const isOngoing = known.status === TransactionStatus.ongoing;
  if (!isOngoing && request.committed) return refused(ErrorCode.INVALID_TXN_STATE);
  let nextProducerId = NO_PRODUCER_ID;
  if (isEpochExhausted(known.producerEpoch)) {
    if (request.freshProducerId === undefined) return NEEDS_PRODUCER_ID;
    nextProducerId = request.freshProducerId;
  }
  return next({
    ...prepared(known, request.committed, nowMs),
    producerEpoch: Math.min(known.producerEpoch + 1, PRODUCER_EPOCH_MAX),
    lastProducerEpoch: known.producerEpoch,
    nextProducerId,
    // An abort with nothing to abort still needs a beginning.
    startMs: isOngoing ? known.startMs : nowMs,
    partitions: isOngoing ? known.partitions : NO_PARTITIONS,
    clientVersion: request.clientVersion,
  });
}

function endOfPrepared(known: Transaction, request: EndTransaction): number {
  if (isSame(identityAfter(known), request)) return ErrorCode.CONCURRENT_TRANSACTIONS;
  if (known.producerId !== request.producerId) return ErrorCode.INVALID_PRODUCER_ID_MAPPING;
  if (!isOwnBump(known, request.producerEpoch)) return ErrorCode.PRODUCER_FENCED;
  return isOutcome(known, request.committed)
    ? ErrorCode.CONCURRENT_TRANSACTIONS
    : ErrorCode.INVALID_TXN_STATE;
}

/** The client asks again for the end that took it to the identity which we know. */
function isRetry(known: Transaction, { producerId, producerEpoch }: ProducerIdentity): boolean {
  const { status } = known;
  const isComplete = status === TransactionStatus.completeCommit ||
    status === TransactionStatus.completeAbort;
  if (!isComplete) return false;
  const overflowed = known.previousProducerId === producerId &&
    known.producerId !== producerId && producerEpoch === CLIENT_EPOCH_MAX &&
    known.producerEpoch === 0;
  return overflowed || (known.producerId === producerId && isOwnBump(known, producerEpoch));
}

/**
 * Whether the end of a transaction raised the epoch from the one given. Fencing in the first
 * generation looks alike, and so does fencing that reached the highest epoch.
 */
function isOwnBump(known: Transaction, producerEpoch: number): boolean {
  if (known.producerEpoch !== producerEpoch + 1 || !bumpsEpochs(known.clientVersion)) return false;
  return known.producerEpoch < PRODUCER_EPOCH_MAX || known.nextProducerId !== NO_PRODUCER_ID;
}

/** The markers are written: the transaction is over. */
export function completed(from: Transaction, nowMs: number): Transaction {
  const isCommit = from.status === TransactionStatus.prepareCommit;
  return {
    ...changed(from, nowMs),
    ...identityAfter(from),
    nextProducerId: NO_PRODUCER_ID,
    status: isCommit ? TransactionStatus.completeCommit : TransactionStatus.completeAbort,
    partitions: NO_PARTITIONS,
  };
}

function prepared(known: Transaction, committed: boolean, nowMs: number): Transaction {
  return {
    ...changed(known, nowMs),
    status: committed ? TransactionStatus.prepareCommit : TransactionStatus.prepareAbort,
  };
}

/** What every change of state has in common. */
function changed(from: Transaction, nowMs: number): Transaction {
  return { ...from, previousProducerId: from.producerId, updateMs: nowMs };
}

function isOutcome({ status }: Transaction, committed: boolean): boolean {
  return committed
    ? status === TransactionStatus.prepareCommit || status === TransactionStatus.completeCommit
    : status === TransactionStatus.prepareAbort || status === TransactionStatus.completeAbort;
}

function isSame(one: ProducerIdentity, other: ProducerIdentity): boolean {
  return one.producerId === other.producerId && one.producerEpoch === other.producerEpoch;
}

function next(transaction: Transaction): Transition {
  return { kind: "next", next: transaction };
}

function refused(errorCode: number): Transition {
  return { kind: "refused", errorCode };
}
