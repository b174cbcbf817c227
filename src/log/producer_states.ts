import { NO_PRODUCER_EPOCH, NO_SEQUENCE } from "../protocol/records/batch_layout.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import type { AbortedTransaction } from "./transaction_index.ts";

/** So many batches of a producer are remembered to know a retry again. */
const BATCHES_KEPT = 5;
const SEQUENCE_MAX = 2 ** 31 - 1;
const NO_OFFSET = -1;

/** A batch that a producer has written. */
export interface ProducerBatch {
  firstSequence: number;
  lastSequence: number;
  lastOffset: number;
  /** Last offset less first offset. */
  offsetDelta: number;
  /** Maximum timestamp of the batch, ms. */
  timestampMs: number;
}

/** What one producer id has done in one partition. */
export interface ProducerState {
  readonly producerId: number;
  epoch: number;
  /** Epoch of the coordinator that sent the last marker; -1 when there was none. */
  coordinatorEpoch: number;
  lastTimestampMs: number;
  /** First offset of the open transaction; -1 when there is none. */
  txnFirstOffset: number;
  /** The newest batches of {@link epoch}, oldest first. */
  readonly batches: ProducerBatch[];
}

/** A batch may be written; or it was already; or it may not. */
export type SequenceVerdict =
  | { readonly kind: "accepted" }
  | { readonly kind: "duplicate"; readonly batch: ProducerBatch }
  | { readonly kind: "rejected"; readonly errorCode: number; readonly message: string };

const ACCEPTED: SequenceVerdict = { kind: "accepted" };

/** A transaction whose marker is in the log, maybe not yet below the high watermark. */
interface EndedTransaction {
  readonly firstOffset: number;
  readonly markerOffset: number;
}

/**
 * Idempotence and transactions of one partition: sequence numbers, epochs and open transactions by
 * producer id (KIP-98, KIP-360). Pure: `check` asks, `wrote` and `ended` record what is in the log,
 * and replaying the log from a snapshot gives the same state again.
 */
export class ProducerStates {
  readonly #states = new Map<number, ProducerState>();
  /** First offset of each open transaction to its producer, in the order of the offsets. */
  readonly #open = new Map<number, number>();
  #firstOpenOffset = Infinity;
  /** In the order of the markers. */
  #ended: EndedTransaction[] = [];

  get size(): number {
    return this.#states.size;
  }

  get(producerId: number): ProducerState | undefined {
    return this.#states.get(producerId);
  }

  /** All producers known, in no order. */
  entries(): IterableIterator<ProducerState> {
    return this.#states.values();
  }

  /**
   * Whether a data batch of the producer may be written now.
   *
   * @param mustStartAtZero the producer is one that begins every transaction with a new epoch, so
   *   without any state its first sequence can be none but 0 (KIP-890)
   */
  check(
    producerId: number,
    epoch: number,
    firstSequence: number,
    offsetDelta: number,
    isTransactional: boolean,
    mustStartAtZero = false,
  ): SequenceVerdict {
    const state = this.#states.get(producerId);
    if (state === undefined || state.epoch === NO_PRODUCER_EPOCH) {
      if (mustStartAtZero && firstSequence !== 0) return outOfOrder(producerId, 0, firstSequence);
      return ACCEPTED;
    }
    if (epoch === state.epoch) {
      const duplicate = findDuplicate(state, firstSequence, offsetDelta);
      if (duplicate !== undefined) return { kind: "duplicate", batch: duplicate };
    }
    if (epoch < state.epoch) return staleEpoch(producerId, epoch, state.epoch);
    const expected = epoch > state.epoch ? 0 : nextSequence(state);
    if (firstSequence !== expected) return outOfOrder(producerId, expected, firstSequence);
    if (!isTransactional && state.txnFirstOffset !== NO_OFFSET) {
      return {
        kind: "rejected",
        errorCode: ErrorCode.INVALID_TXN_STATE,
        message: `Producer ${producerId} has an open transaction and sent a batch outside of it.`,
      };
    }
    return ACCEPTED;
  }

  /** Whether a marker of the transaction coordinator may be written now. */
  checkMarker(producerId: number, epoch: number, coordinatorEpoch: number): SequenceVerdict {
    const state = this.#states.get(producerId);
    if (state === undefined) return ACCEPTED;
    if (epoch < state.epoch) return staleEpoch(producerId, epoch, state.epoch);
    if (coordinatorEpoch < state.coordinatorEpoch) {
      return {
        kind: "rejected",
        errorCode: ErrorCode.TRANSACTION_COORDINATOR_FENCED,
        message: `Coordinator epoch ${coordinatorEpoch} for producer ${producerId} is older than ` +
          `${state.coordinatorEpoch}, which wrote the last marker.`,
      };
    }
    return ACCEPTED;
  }

  /** A data batch of the producer is in the log. */
  wrote(
    producerId: number,
    epoch: number,
    firstSequence: number,
    baseOffset: number,
    lastOffset: number,
    timestampMs: number,
    isTransactional: boolean,
  ): void {
    const state = this.#stateFor(producerId, epoch);
    const offsetDelta = lastOffset - baseOffset;
    const { batches } = state;
    const lastSequence = addSequence(firstSequence, offsetDelta);
    if (batches.length < BATCHES_KEPT) {
      batches.push({ firstSequence, lastSequence, lastOffset, offsetDelta, timestampMs });
    } else {
      const reused = batches.shift()!;
      reused.firstSequence = firstSequence;
      reused.lastSequence = lastSequence;
      reused.lastOffset = lastOffset;
      reused.offsetDelta = offsetDelta;
      reused.timestampMs = timestampMs;
      batches.push(reused);
    }
    state.lastTimestampMs = timestampMs;
    if (isTransactional && state.txnFirstOffset === NO_OFFSET) {
      state.txnFirstOffset = baseOffset;
      this.#open.set(baseOffset, producerId);
      this.#firstOpenOffset = Math.min(this.#firstOpenOffset, baseOffset);
    }
  }

  /**
   * A marker is in the log: the producer's transaction, if one was open, is over.
   * @returns the transaction as the transaction index wants it, when it was aborted
   */
  ended(
    producerId: number,
    epoch: number,
    coordinatorEpoch: number,
    isCommit: boolean,
    markerOffset: number,
    timestampMs: number,
  ): AbortedTransaction | undefined {
    const state = this.#stateFor(producerId, epoch);
    const firstOffset = state.txnFirstOffset;
    state.coordinatorEpoch = coordinatorEpoch;
    state.lastTimestampMs = timestampMs;
    state.txnFirstOffset = NO_OFFSET;
    if (firstOffset === NO_OFFSET) return undefined;
    this.#open.delete(firstOffset);
    if (firstOffset === this.#firstOpenOffset) this.#firstOpenOffset = this.#earliestOpen();
    this.#ended.push({ firstOffset, markerOffset });
    if (isCommit) return undefined;
    const lastStableOffset = Math.min(this.#firstOpenOffset, markerOffset + 1);
    return { producerId, firstOffset, lastOffset: markerOffset, lastStableOffset };
  }

  /**
   * The first offset of the earliest transaction that is open or whose marker is not yet below the
   * high watermark; undefined when there is none.
   */
  firstUnstableOffset(highWatermark: number): number | undefined {
    let first = this.#firstOpenOffset;
    if (this.#ended.length > 0) {
      if (this.#ended[0]!.markerOffset < highWatermark) {
        this.#ended = this.#ended.filter((txn) => txn.markerOffset >= highWatermark);
      }
      for (const txn of this.#ended) first = Math.min(first, txn.firstOffset);
    }
    return first === Infinity ? undefined : first;
  }

  /** Forgets producers without an open transaction that wrote nothing for `expirationMs`. */
  expire(nowMs: number, expirationMs: number): void {
    for (const state of this.#states.values()) {
      if (state.txnFirstOffset === NO_OFFSET && nowMs - state.lastTimestampMs >= expirationMs) {
        this.#states.delete(state.producerId);
      }
    }
  }

  /** Takes up a producer from a snapshot, with its batches and maybe an open transaction. */
  restore(state: ProducerState): void {
    this.#states.set(state.producerId, state);
    if (state.txnFirstOffset === NO_OFFSET) return;
    this.#open.set(state.txnFirstOffset, state.producerId);
    this.#firstOpenOffset = Math.min(this.#firstOpenOffset, state.txnFirstOffset);
  }

  clear(): void {
    this.#states.clear();
    this.#open.clear();
    this.#firstOpenOffset = Infinity;
    this.#ended = [];
  }

  /** The state of the producer, moved on to `epoch`: another epoch has sequences of its own. */
  #stateFor(producerId: number, epoch: number): ProducerState {
    let state = this.#states.get(producerId);
    if (state === undefined) {
      state = {
        producerId,
        epoch,
        coordinatorEpoch: -1,
        lastTimestampMs: -1,
        txnFirstOffset: NO_OFFSET,
        batches: [],
      };
      this.#states.set(producerId, state);
    } else if (state.epoch !== epoch) {
      state.epoch = epoch;
      state.batches.length = 0;
    }
    return state;
  }

  #earliestOpen(): number {
    let earliest = Infinity;
    for (const offset of this.#open.keys()) earliest = Math.min(earliest, offset);
    return earliest;
  }
}

/** The sequence `count` after `sequence`; 0 comes after 2^31-1. */
export function addSequence(sequence: number, count: number): number {
  const sum = sequence + count;
  return sum > SEQUENCE_MAX ? sum - SEQUENCE_MAX - 1 : sum;
}

function nextSequence(state: ProducerState): number {
  const last = state.batches.at(-1)?.lastSequence ?? NO_SEQUENCE;
  return addSequence(last, 1);
}

function findDuplicate(
  state: ProducerState,
  firstSequence: number,
  offsetDelta: number,
): ProducerBatch | undefined {
  const lastSequence = addSequence(firstSequence, offsetDelta);
  for (let i = 0; i < state.batches.length; i++) {
    const batch = state.batches[i]!;
    if (batch.firstSequence === firstSequence && batch.lastSequence === lastSequence) return batch;
  }
  return undefined;
}

function outOfOrder(producerId: number, expected: number, found: number): SequenceVerdict {
  return {
    kind: "rejected",
    errorCode: ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    message: `Producer ${producerId} is to go on with sequence ${expected} and sent ${found}.`,
  };
}

function staleEpoch(producerId: number, epoch: number, current: number): SequenceVerdict {
  return {
    kind: "rejected",
    errorCode: ErrorCode.INVALID_PRODUCER_EPOCH,
    message: `Epoch ${epoch} of producer ${producerId} is older than ${current}.`,
  };
}
