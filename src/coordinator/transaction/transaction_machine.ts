import { ErrorCode } from "../../protocol/error_codes.ts";
import { type CoordinatorMachine, type Effects, EffectsBuilder, type Now } from "../coordinator.ts";
import type { Reply } from "../coordinator.ts";
import type {
  EndTransaction,
  InitProducer,
  MarkersWritten,
  ProducerResult,
  TransactionEvent,
  TransactionFilter,
  WriteMarkers,
} from "./events.ts";
import {
  identityAfter,
  isPrepared,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  type ProducerIdentity,
  STATUS_NAMES,
  type Transaction,
  TransactionStatus,
} from "./transaction.ts";
import type { TransactionRecord } from "./transaction_records.ts";
import {
  addPartitions,
  completed,
  endTransaction,
  fenced,
  initProducer,
  type Transition,
  verifyPartition,
} from "./transitions.ts";

/** Limits that the cluster sets; read at each use. */
export interface TransactionLimits {
  /** `transaction.max.timeout.ms`. */
  readonly timeoutMsMax: number;
  /** `transaction.abort.timed.out.transaction.cleanup.interval.ms`. */
  readonly abortCheckMs: number;
  /** `transactional.id.expiration.ms`. */
  readonly idExpirationMs: number;
  /** `transaction.remove.expired.transaction.cleanup.interval.ms`. */
  readonly expirationCheckMs: number;
}

type Builder = EffectsBuilder<TransactionEvent, TransactionRecord, WriteMarkers>;
type TransactionEffects = Effects<TransactionEvent, TransactionRecord, WriteMarkers>;

const ABORT_TIMER = "abortTimedOut";
const FORGET_TIMER = "forgetUnused";
/** Ids that one look of a timer deals with, so that its batch of records stays small. */
const IDS_PER_LOOK_MAX = 100;
/** When a look left something over, the next one comes sooner. */
const NEXT_LOOK_MS = 100;

/**
 * The transactional ids of one partition of `__transaction_state` (KIP-98, KIP-890).
 *
 * A transaction is over in two steps. The decision (PrepareCommit, PrepareAbort) is written first;
 * once it is committed the client is answered and every partition gets its marker. When all have
 * theirs the event `markersWritten` completes it. A decision that is found on load is carried out
 * again, so that no crash leaves a transaction in between.
 */
export class TransactionMachine
  implements CoordinatorMachine<TransactionEvent, TransactionRecord, WriteMarkers> {
  readonly #transactions = new Map<string, Transaction>();

  constructor(private readonly limits: () => TransactionLimits) {}

  get size(): number {
    return this.#transactions.size;
  }

  find(transactionalId: string): Transaction | undefined {
    return this.#transactions.get(transactionalId);
  }

  /** The error code for a producer that wants to write to a partition; NONE lets it. */
  verify(
    transactionalId: string,
    writer: ProducerIdentity,
    topic: string,
    partition: number,
  ): number {
    return verifyPartition(this.find(transactionalId), writer, topic, partition);
  }

  /** The transactions that pass the filter. */
  list(filter: TransactionFilter, { wallMs }: Now): Transaction[] {
    const { states, producerIds, longerThanMs, idPattern } = filter;
    const found: Transaction[] = [];
    for (const transaction of this.#transactions.values()) {
      const { transactionalId, producerId, status, startMs } = transaction;
      if (states.size > 0 && !states.has(STATUS_NAMES[status])) continue;
      if (producerIds.size > 0 && !producerIds.has(producerId)) continue;
      if (longerThanMs >= 0 && wallMs - startMs <= longerThanMs) continue;
      if (idPattern !== undefined && !idPattern.matches(transactionalId)) continue;
      found.push(transaction);
    }
    return found;
  }

  step(event: TransactionEvent, now: Now): TransactionEffects {
    const effects: Builder = new EffectsBuilder();
    switch (event.kind) {
      case "initProducer":
        this.#initProducer(effects, event, now);
        break;
      case "addPartitions": {
        const transition = addPartitions(this.find(event.transactionalId), event, now.wallMs);
        if (transition.kind === "next") write(effects, transition.next);
        effects.reply(event.token, { errorCode: codeOf(transition) }, unwritten);
        break;
      }
      case "endTransaction":
        this.#endTransaction(effects, event, now);
        break;
      case "markersWritten":
        this.#complete(effects, event, now);
        break;
      case "abortTimedOut":
        this.#abortTimedOut(effects, now);
        break;
      case "forgetUnused":
        this.#forgetUnused(effects, now);
        break;
    }
    return effects;
  }

  /** No step gives a ticket. */
  settled(): TransactionEffects {
    return new EffectsBuilder();
  }

  replay({ transactionalId, transaction }: TransactionRecord): void {
    if (transaction === undefined || transaction.status === TransactionStatus.dead) {
      this.#transactions.delete(transactionalId);
    } else this.#transactions.set(transactionalId, transaction);
  }

  /** The log of the coordinator holds no transactional batches. */
  replayMarker(): void {}

  loaded(): TransactionEffects {
    const effects: Builder = new EffectsBuilder();
    for (const transaction of this.#transactions.values()) {
      if (isPrepared(transaction)) effects.actions.push({ kind: "writeMarkers", transaction });
    }
    this.#armAbort(effects);
    this.#armForget(effects);
    return effects;
  }

  unloaded(): readonly Reply[] {
    return [];
  }

  #initProducer(effects: Builder, event: InitProducer, now: Now): void {
    const { timeoutMs } = event;
    if (timeoutMs <= 0 || timeoutMs > this.limits().timeoutMsMax) {
      effects.reply(event.token, refusedProducer(ErrorCode.INVALID_TRANSACTION_TIMEOUT));
      return;
    }
    const transition = initProducer(this.find(event.transactionalId), event, now.wallMs);
    if (transition.kind !== "next") return answer(effects, event, transition);
    write(effects, transition.next);
    // The client comes again, and is given an epoch once the transaction in its way is aborted.
    const response = isPrepared(transition.next)
      ? refusedProducer(ErrorCode.CONCURRENT_TRANSACTIONS)
      : producerResult(transition.next);
    effects.reply(event.token, response, unwrittenProducer);
  }

  #endTransaction(effects: Builder, event: EndTransaction, now: Now): void {
    const transition = endTransaction(this.find(event.transactionalId), event, now.wallMs);
    if (transition.kind !== "next") return answer(effects, event, transition);
    write(effects, transition.next);
    const response = producerResult(identityAfter(transition.next));
    effects.reply(event.token, response, unwrittenProducer);
  }

  #complete(effects: Builder, written: MarkersWritten, now: Now): void {
    const current = this.find(written.transactionalId);
    // An earlier attempt at the same markers has completed it, and the producer may have gone on.
    if (current === undefined || !isPrepared(current)) return;
    const { producerId, producerEpoch } = current;
    if (producerId !== written.producerId || producerEpoch !== written.producerEpoch) return;
    write(effects, completed(current, now.wallMs));
  }

  #abortTimedOut(effects: Builder, { wallMs }: Now): void {
    for (const transaction of this.#transactions.values()) {
      const { status, startMs, timeoutMs } = transaction;
      if (status !== TransactionStatus.ongoing || wallMs - startMs <= timeoutMs) continue;
      write(effects, fenced(transaction, wallMs));
      if (effects.records.length === IDS_PER_LOOK_MAX) break;
    }
    this.#armAbort(effects);
  }

  #forgetUnused(effects: Builder, { wallMs }: Now): void {
    const { idExpirationMs } = this.limits();
    for (const transaction of this.#transactions.values()) {
      const { transactionalId, status, updateMs } = transaction;
      const isBusy = status === TransactionStatus.ongoing || isPrepared(transaction);
      if (isBusy || wallMs - updateMs < idExpirationMs) continue;
      effects.records.push({ transactionalId, transaction: undefined });
      if (effects.records.length === IDS_PER_LOOK_MAX) break;
    }
    this.#armForget(effects);
  }

  #armAbort(effects: Builder): void {
    const delayMs = delayAfter(effects, this.limits().abortCheckMs);
    effects.arm(ABORT_TIMER, delayMs, { kind: ABORT_TIMER });
  }

  #armForget(effects: Builder): void {
    const delayMs = delayAfter(effects, this.limits().expirationCheckMs);
    effects.arm(FORGET_TIMER, delayMs, { kind: FORGET_TIMER });
  }
}

function delayAfter({ records }: Builder, usualMs: number): number {
  return records.length < IDS_PER_LOOK_MAX ? usualMs : Math.min(usualMs, NEXT_LOOK_MS);
}

/** Writes the next state; one that is decided asks for its markers. */
function write(effects: Builder, transaction: Transaction): void {
  effects.records.push({ transactionalId: transaction.transactionalId, transaction });
  if (isPrepared(transaction)) effects.actions.push({ kind: "writeMarkers", transaction });
}

function answer(
  effects: Builder,
  event: InitProducer | EndTransaction,
  transition: Exclude<Transition, { kind: "next" }>,
): void {
  switch (transition.kind) {
    case "unchanged":
      effects.reply(event.token, producerResult(transition.current));
      break;
    case "refused":
      effects.reply(event.token, refusedProducer(transition.errorCode));
      break;
    case "needsProducerId":
      effects.reply(event.token, { ...refusedProducer(ErrorCode.NONE), needsProducerId: true });
      break;
  }
}

function codeOf(transition: Transition): number {
  return transition.kind === "refused" ? transition.errorCode : ErrorCode.NONE;
}

function producerResult({ producerId, producerEpoch }: ProducerIdentity): ProducerResult {
  return { errorCode: ErrorCode.NONE, producerId, producerEpoch, needsProducerId: false };
}

/** What a producer is told when nothing was done for it. */
export function refusedProducer(errorCode: number): ProducerResult {
  return {
    errorCode,
    producerId: NO_PRODUCER_ID,
    producerEpoch: NO_PRODUCER_EPOCH,
    needsProducerId: false,
  };
}

function unwrittenProducer(errorCode: number): ProducerResult {
  return refusedProducer(unwritten(errorCode).errorCode);
}

/** Why the log of the coordinator took no record, in codes that the clients of a coordinator know. */
function unwritten(errorCode: number): { readonly errorCode: number } {
  switch (errorCode) {
    case ErrorCode.MESSAGE_TOO_LARGE:
    case ErrorCode.RECORD_LIST_TOO_LARGE:
      return { errorCode: ErrorCode.UNKNOWN_SERVER_ERROR };
    case ErrorCode.NOT_LEADER_OR_FOLLOWER:
      return { errorCode: ErrorCode.NOT_COORDINATOR };
    default:
      return { errorCode: ErrorCode.COORDINATOR_NOT_AVAILABLE };
  }
}
