/** What the transaction coordinator is asked, what it answers, and what it has done. */
import type { LinearRegex } from "../../base/linear_regex.ts";
import type { ReplyToken } from "../coordinator.ts";
import type { ProducerIdentity, Transaction, TransactionPartitions } from "./transaction.ts";

/** InitProducerId with a transactional id. Answered with {@link ProducerResult}. */
export interface InitProducer {
  readonly kind: "initProducer";
  readonly token: ReplyToken;
  readonly transactionalId: string;
  readonly timeoutMs: number;
  /** Who the client believes to be (KIP-360); undefined when it is new. */
  readonly expected: ProducerIdentity | undefined;
  /** A producer id that nobody has, in case that one is needed. */
  readonly freshProducerId: number | undefined;
}

/** Partitions that are to be written in the transaction. Answered with {@link CodeResult}. */
export interface AddPartitions extends ProducerIdentity {
  readonly kind: "addPartitions";
  readonly token: ReplyToken;
  readonly transactionalId: string;
  readonly partitions: TransactionPartitions;
  readonly clientVersion: number;
}

/** The producer wants its transaction ended. Answered with {@link ProducerResult}. */
export interface EndTransaction extends ProducerIdentity {
  readonly kind: "endTransaction";
  readonly token: ReplyToken;
  readonly transactionalId: string;
  readonly committed: boolean;
  readonly clientVersion: number;
  /** As in {@link InitProducer}. */
  readonly freshProducerId: number | undefined;
}

/** All markers of a prepared transaction are in the logs. */
export interface MarkersWritten extends ProducerIdentity {
  readonly kind: "markersWritten";
  readonly transactionalId: string;
}

/** Time to abort transactions that ran out of it. */
export interface AbortTimedOut {
  readonly kind: "abortTimedOut";
}

/** Time to forget ids that were not used for long. */
export interface ForgetUnused {
  readonly kind: "forgetUnused";
}

/** Which transactions are to be listed; empty sets and undefined let everything pass. */
export interface TransactionFilter {
  readonly states: ReadonlySet<string>;
  readonly producerIds: ReadonlySet<number>;
  /** Only transactions that have been running for longer; below 0, all. */
  readonly longerThanMs: number;
  readonly idPattern: LinearRegex | undefined;
}

export type TransactionEvent =
  | InitProducer
  | AddPartitions
  | EndTransaction
  | MarkersWritten
  | AbortTimedOut
  | ForgetUnused;

/** An error code, and with NONE the producer id and epoch to go on with. */
export interface ProducerResult extends ProducerIdentity {
  readonly errorCode: number;
  /** Nothing was done: the event is to come again with a fresh producer id. */
  readonly needsProducerId: boolean;
}

export interface CodeResult {
  readonly errorCode: number;
}

/** To be done once the prepared state is committed: every partition gets its marker. */
export interface WriteMarkers {
  readonly kind: "writeMarkers";
  readonly transaction: Transaction;
}
