/**
 * What a coordinator's state machine and its driver say to each other. A machine looks after one
 * partition of an internal topic: it decides on an event, the driver appends the records to the
 * partition, the machine replays them, and the replies leave when the records are committed.
 */

/** Whom to answer. Opaque to a machine: it keeps it and hands it back exactly once. */
export type ReplyToken = unknown;

/** The time of a step. The object is reused: copy what you keep. */
export interface Now {
  /** Milliseconds since the Unix epoch: for what is written down. */
  readonly wallMs: number;
  /** Milliseconds since an arbitrary start, never going back: for timeouts. */
  readonly monotonicMs: number;
}

/** An answer, held until all that was appended before it is committed. */
export interface Reply {
  readonly token: ReplyToken;
  readonly response: unknown;
  /** What is answered instead when the records of the step can't be appended or committed. */
  readonly ifRefused?: (errorCode: number) => unknown;
}

/** A timer to be armed, in place of the one with the same key. */
export interface TimerChange<Event> {
  readonly key: string;
  readonly delayMs: number;
  /** What is stepped when the time is up; undefined cancels. */
  readonly event: Event | undefined;
}

/** The producer in whose transaction records are written. */
export interface RecordProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** What a step asks for, in this order: append and replay, settle, timers, replies, actions. */
export interface Effects<Event, Rec, Action = never> {
  /** Appended as one batch, all or none. */
  readonly records: readonly Rec[];
  /** Set when the batch belongs to a transaction. */
  readonly producer: RecordProducer | undefined;
  readonly replies: readonly Reply[];
  readonly timers: readonly TimerChange<Event>[];
  /** Given to {@link CoordinatorMachine.settled} when the append has succeeded or failed. */
  readonly ticket: unknown;
  /** What else the driver is to do once the records are committed, such as writing markers. */
  readonly actions: readonly Action[];
}

/** The state machine of one partition. Synchronous; ids, time and random numbers come with events. */
export interface CoordinatorMachine<Event, Rec, Action = never> {
  step(event: Event, now: Now): Effects<Event, Rec, Action>;
  /**
   * The records of the step that gave `ticket` were replayed (`errorCode` 0), or could not be
   * appended. Called within the same turn. Only for steps with a ticket.
   */
  settled(ticket: unknown, errorCode: number, now: Now): Effects<Event, Rec, Action>;
  /** The only way by which durable state changes; on load as after an append. */
  replay(record: Rec, producer: RecordProducer | undefined): void;
  /** The transaction of the producer has ended in this partition. */
  replayMarker(producer: RecordProducer, committed: boolean): void;
  /** The whole partition was replayed: what lives in memory only is made anew. */
  loaded(now: Now): Effects<Event, Rec, Action>;
  /** The partition goes away: everybody who waits is answered. No further call follows. */
  unloaded(): readonly Reply[];
}

/** Key and value of a record of an internal topic. A null value is a tombstone. */
export interface RawRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** Records as the internal topic holds them. */
export interface RecordCodec<Rec> {
  encode(record: Rec): RawRecord;
  /**
   * Undefined for a type of record that this version doesn't know.
   * @throws {ProtocolError} when the bytes are no record of their type
   */
  decode(key: Uint8Array, value: Uint8Array | null): Rec | undefined;
}

/** Effects under construction. */
export class EffectsBuilder<Event, Rec, Action = never> implements Effects<Event, Rec, Action> {
  readonly records: Rec[] = [];
  readonly replies: Reply[] = [];
  readonly timers: TimerChange<Event>[] = [];
  readonly actions: Action[] = [];
  producer: RecordProducer | undefined;
  ticket: unknown;

  reply(
    token: ReplyToken,
    response: unknown,
    ifRefused?: (errorCode: number) => unknown,
  ): void {
    this.replies.push(
      ifRefused === undefined ? { token, response } : { token, response, ifRefused },
    );
  }

  arm(key: string, delayMs: number, event: Event): void {
    this.timers.push({ key, delayMs, event });
  }

  cancel(key: string): void {
    this.timers.push({ key, delayMs: 0, event: undefined });
  }
}

/**
 * The partition of an internal topic that looks after `key`: Java's `String.hashCode`, its sign
 * bit dropped as Kafka's `Utils.abs` does, modulo the number of partitions.
 */
export function partitionForKey(key: string, partitionCount: number): number {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(31, hash) + key.charCodeAt(i)) | 0;
  return (hash === -2147483648 ? 0 : Math.abs(hash)) % partitionCount;
}
