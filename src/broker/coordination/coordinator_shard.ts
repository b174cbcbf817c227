import type { Logger } from "../../base/logger.ts";
import type { Clock } from "../../io/clock.ts";
import type {
  CoordinatorMachine,
  Effects,
  RecordCodec,
  RecordProducer,
  Reply,
  ReplyToken,
} from "../../coordinator/coordinator.ts";
import { addSequence } from "../../log/producer_states.ts";
import type { Codec } from "../../protocol/compression/codec.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { buildBatch, type RecordInit } from "../../protocol/records/batch_builder.ts";
import type { Partition } from "../partition.ts";
import type { OffsetWait } from "../replication/offset_waiters.ts";
import { CommitDeadlines } from "./commit_deadlines.ts";
import { replayPartition } from "./shard_loader.ts";
import type { TimerQueue } from "./timer_queue.ts";

/** A timer of one shard among those of the whole topic. */
export interface ShardTimer<Event> {
  readonly shard: { timerFired(event: Event): void };
  readonly event: Event;
}

/** What the shards of one internal topic share. */
export interface ShardEnvironment<Event, Rec, Action> {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly codec: RecordCodec<Rec>;
  readonly timers: TimerQueue<ShardTimer<Event>>;
  /** Bytes read at a time on loading. */
  readonly loadBufferBytes: number;
  /** How batches are compressed. */
  readonly compression: Codec;
  /** `offsets.commit.timeout.ms`: whoever waits so long for replicas is refused. */
  readonly commitTimeoutMs: number;
  /** The shard of a partition can't go on with the state that it has. */
  failed(shardIndex: number): void;
  /** Carries out what a step asked for beyond records, replies and timers. */
  perform(action: Action, shardIndex: number): void;
}

/** Where a shard is in its life. */
export type ShardState = "loading" | "active" | "failed" | "unloaded";

/** A reply token is the function that answers. */
export type Answer = (response: unknown) => void;

/**
 * The driver of one state machine over one partition of an internal topic that this broker leads:
 * it loads the machine by replaying the partition, then carries the effects of each step out.
 * Records are appended and replayed in the same turn; replies and actions wait until they are
 * committed. When leadership is lost before that, nobody knows whether they will be: who waits is
 * told to look for the new coordinator, and the shard is unloaded with its state.
 */
export class CoordinatorShard<
  Event,
  Rec,
  Action,
  Machine extends CoordinatorMachine<Event, Rec, Action>,
> {
  #state: ShardState = "loading";
  readonly #deadlines: CommitDeadlines;
  readonly #timerPrefix: string;
  readonly #now = { wallMs: 0, monotonicMs: 0 };

  constructor(
    readonly partition: Partition,
    readonly machine: Machine,
    private readonly environment: ShardEnvironment<Event, Rec, Action>,
  ) {
    this.#timerPrefix = `${partition.index}/`;
    const { clock, commitTimeoutMs } = environment;
    this.#deadlines = new CommitDeadlines(clock, commitTimeoutMs);
  }

  get state(): ShardState {
    return this.#state;
  }

  /** Why requests can't be taken now: an error code, NONE when they can. */
  availability(): number {
    switch (this.#state) {
      case "active":
        return ErrorCode.NONE;
      case "loading":
        return ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
      default:
        return ErrorCode.NOT_COORDINATOR;
    }
  }

  /** Replays the partition. The shard is active when the promise settles, or failed. */
  async load(): Promise<void> {
    const { clock, logger, codec, loadBufferBytes } = this.environment;
    const startMs = clock.monotonicMs();
    const { topic, index } = this.partition;
    try {
      const { machine, partition } = this;
      const options = { clock, loadBufferBytes, isWanted: () => this.#state === "loading" };
      const loaded = await replayPartition(partition, machine, codec, options);
      if (this.#state !== "loading") return;
      this.#state = "active";
      if (loaded.records > 0) {
        const ms = Math.round(clock.monotonicMs() - startMs);
        logger.info("coordinator loaded", { topic: topic.name, partition: index, ...loaded, ms });
      }
      this.#carryOut(machine.loaded(this.#tick()));
    } catch (error) {
      const fields = { topic: topic.name, partition: index, error: String(error) };
      logger.error("coordinator could not be loaded", fields);
      if (this.#state !== "loading") return;
      this.#state = "failed";
      this.environment.failed(index);
    }
  }

  /** Ends the shard: everybody who waits is answered. */
  unload(): void {
    const wasActive = this.#state === "active";
    this.#state = "unloaded";
    this.#deadlines.stop();
    if (wasActive) {
      for (const { token, response } of this.machine.unloaded()) answer(token, response);
    }
  }

  /** Steps the machine; replies reach their tokens when they may leave. Only when active. */
  submit(event: Event): void {
    this.#carryOut(this.machine.step(event, this.#tick()));
  }

  timerFired(event: Event): void {
    if (this.#state === "active") this.submit(event);
  }

  /** As {@link submit}, for an event with one reply. */
  ask<Response>(eventFor: (token: ReplyToken) => Event): Promise<Response> {
    return new Promise<Response>((resolve) => {
      const token: Answer = (response) => resolve(response as Response);
      this.submit(eventFor(token));
    });
  }

  /**
   * What `read` finds now; a promise when some of it is yet to be committed, and what `refused`
   * makes of NOT_COORDINATOR or COORDINATOR_NOT_AVAILABLE when it can't be known to be.
   */
  query<Response>(
    read: (machine: Machine) => Response,
    refused: (errorCode: number) => Response,
  ): Response | Promise<Response> {
    const response = read(this.machine);
    const wait = this.#commitWait();
    if (wait === undefined) return response;
    this.#deadlines.add(wait);
    return wait.outcome.then((errorCode) => {
      if (errorCode === ErrorCode.NONE) return response;
      this.#commitFailed(errorCode);
      return refused(
        errorCode === ErrorCode.REQUEST_TIMED_OUT
          ? ErrorCode.COORDINATOR_NOT_AVAILABLE
          : ErrorCode.NOT_COORDINATOR,
      );
    });
  }

  /** The time, for calls to the machine that are no step. The object is reused. */
  now(): { readonly wallMs: number; readonly monotonicMs: number } {
    return this.#tick();
  }

  /** A transaction marker was written to the partition by its leader. */
  markerAppended(producer: RecordProducer, committed: boolean): void {
    if (this.#state === "active") this.machine.replayMarker(producer, committed);
  }

  #tick(): { wallMs: number; monotonicMs: number } {
    const { clock } = this.environment;
    this.#now.wallMs = clock.wallMs();
    this.#now.monotonicMs = clock.monotonicMs();
    return this.#now;
  }

  #carryOut(effects: Effects<Event, Rec, Action>): void {
    const errorCode = effects.records.length > 0 ? this.#append(effects) : ErrorCode.NONE;
    for (const { key, delayMs, event } of effects.timers) {
      const { timers } = this.environment;
      const timerKey = this.#timerPrefix + key;
      if (event === undefined) timers.cancel(timerKey);
      else timers.arm(timerKey, delayMs, { shard: this, event });
    }
    if (effects.replies.length > 0 || effects.actions.length > 0) this.#release(effects, errorCode);
    if (effects.ticket !== undefined) {
      this.#carryOut(this.machine.settled(effects.ticket, errorCode, this.#tick()));
    }
  }

  /** Appends the records and replays them; returns an error code. */
  #append(effects: Effects<Event, Rec, Action>): number {
    const { codec, clock, compression } = this.environment;
    const timestamp = clock.wallMs();
    const records: RecordInit[] = effects.records.map((record) => {
      const { key, value } = codec.encode(record);
      return { key, value, timestamp };
    });
    const batch = buildBatch(records, {
      codec: compression,
      ...this.#producerFields(effects.producer),
    });
    const { rules } = this.partition.topic.settings;
    if (batch.length > rules.maxMessageBytes) return ErrorCode.MESSAGE_TOO_LARGE;
    if (batch.length > rules.segmentBytes) return ErrorCode.RECORD_LIST_TOO_LARGE;
    if (this.partition.isUnderMinInSync) return ErrorCode.NOT_ENOUGH_REPLICAS;
    const outcome = this.partition.append(batch);
    if (outcome.kind === "rejected") return outcome.errorCode;
    for (const record of effects.records) this.machine.replay(record, effects.producer);
    return ErrorCode.NONE;
  }

  /** A producer's sequence goes on, so that the partition takes the batch for what it is. */
  #producerFields(producer: RecordProducer | undefined) {
    if (producer === undefined) return {};
    const { producerId, producerEpoch } = producer;
    const state = this.partition.log.producers.get(producerId);
    const last = state?.epoch === producerEpoch ? state.batches.at(-1)?.lastSequence : undefined;
    const baseSequence = last === undefined ? 0 : addSequence(last, 1);
    return { producerId, producerEpoch, baseSequence, isTransactional: true };
  }

  /** Waits until all that is in the partition is committed; undefined when it is. */
  #commitWait(): OffsetWait | undefined {
    const { partition } = this;
    return partition.whenCommitted(partition.log.endOffset);
  }

  #release({ replies, actions }: Effects<Event, Rec, Action>, errorCode: number): void {
    const wait = errorCode === ErrorCode.NONE ? this.#commitWait() : undefined;
    if (wait === undefined) return this.#deliver(replies, actions, errorCode);
    // What is decided is carried out however long the commit takes.
    if (actions.length === 0) this.#deadlines.add(wait);
    void wait.outcome.then((outcome) => {
      if (outcome !== ErrorCode.NONE) this.#commitFailed(outcome);
      this.#deliver(replies, actions, outcome);
    });
  }

  /** Where the storage failed, what was replayed is not in the log for sure. */
  #commitFailed(errorCode: number): void {
    if (errorCode !== ErrorCode.KAFKA_STORAGE_ERROR || this.#state !== "active") return;
    this.unload();
    this.#state = "failed";
    this.environment.failed(this.partition.index);
  }

  #deliver(replies: readonly Reply[], actions: readonly Action[], errorCode: number): void {
    const isRefused = errorCode !== ErrorCode.NONE;
    for (const { token, response, ifRefused } of replies) {
      answer(token, isRefused && ifRefused !== undefined ? ifRefused(errorCode) : response);
    }
    if (isRefused) return;
    for (const action of actions) this.environment.perform(action, this.partition.index);
  }
}

function answer(token: ReplyToken, response: unknown): void {
  (token as Answer)(response);
}
