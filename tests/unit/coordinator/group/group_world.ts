import assert from "node:assert/strict";
import type { Effects, RecordProducer, Reply } from "../../../../src/coordinator/coordinator.ts";
import type { GroupConfig } from "../../../../src/coordinator/group/group_config.ts";
import { GroupCoordinator } from "../../../../src/coordinator/group/group_coordinator.ts";
import type { GroupEvent } from "../../../../src/coordinator/group/group_events.ts";
import {
  type GroupRecord,
  GroupRecordCodec,
} from "../../../../src/coordinator/group/group_records.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";

/** Kafka's defaults. */
export const DEFAULT_GROUP_CONFIG: GroupConfig = {
  initialRebalanceDelayMs: 3000,
  sessionTimeoutMsMin: 6000,
  sessionTimeoutMsMax: 1_800_000,
  groupSizeMax: 1000,
  offsetMetadataBytesMax: 4096,
  offsetsRetentionMs: 604_800_000,
};

const START_MS = 1_000_000;

/** An entry of the log: a record, or the end of a transaction. */
type LogEntry =
  | {
    readonly key: Uint8Array;
    readonly value: Uint8Array | null;
    readonly producer: RecordProducer | undefined;
  }
  | { readonly marker: RecordProducer; readonly committed: boolean };

interface ArmedTimer {
  readonly atMs: number;
  readonly order: number;
  readonly event: GroupEvent;
}

/** A coordinator with its driver, a log and a clock, all in memory and in one thread. */
export class GroupWorld {
  machine: GroupCoordinator;
  nowMs = START_MS;
  /** Error code that appends fail with. */
  appendError: number = ErrorCode.NONE;
  readonly log: LogEntry[] = [];
  readonly #codec = new GroupRecordCodec();
  readonly #timers = new Map<string, ArmedTimer>();
  #order = 0;

  constructor(
    readonly config: GroupConfig,
    private readonly onReply: (reply: Reply, response: unknown) => void,
    private readonly onRecord: (record: GroupRecord) => void = () => {},
  ) {
    this.machine = new GroupCoordinator(config);
    this.#carryOut(this.machine.loaded(this.now()));
  }

  now() {
    return { wallMs: this.nowMs, monotonicMs: this.nowMs };
  }

  submit(event: GroupEvent): void {
    this.#carryOut(this.machine.step(event, this.now()));
  }

  /** Lets time pass; timers fire in order. */
  advance(ms: number): void {
    const endMs = this.nowMs + ms;
    for (;;) {
      const due = this.#nextTimer();
      if (due === undefined || due[1].atMs > endMs) break;
      this.#timers.delete(due[0]);
      this.nowMs = Math.max(this.nowMs, due[1].atMs);
      this.submit(due[1].event);
    }
    this.nowMs = endMs;
  }

  /** When the next timer fires; undefined when none is armed. */
  nextTimerMs(): number | undefined {
    return this.#nextTimer()?.[1].atMs;
  }

  endTransaction(marker: RecordProducer, committed: boolean): void {
    this.log.push({ marker, committed });
    this.machine.replayMarker(marker, committed);
  }

  /** The coordinator ends and another begins from the log; those who wait are answered. */
  restart(): void {
    for (const reply of this.machine.unloaded()) this.onReply(reply, reply.response);
    this.#timers.clear();
    this.machine = this.replayed();
    this.#carryOut(this.machine.loaded(this.now()));
  }

  /** A coordinator that has seen the log and nothing else. */
  replayed(): GroupCoordinator {
    const machine = new GroupCoordinator(this.config);
    for (const entry of this.log) {
      if ("marker" in entry) machine.replayMarker(entry.marker, entry.committed);
      else {
        const record = this.#codec.decode(entry.key, entry.value);
        assert.ok(record);
        machine.replay(record, entry.producer);
      }
    }
    return machine;
  }

  #nextTimer(): [string, ArmedTimer] | undefined {
    let first: [string, ArmedTimer] | undefined;
    for (const entry of this.#timers) {
      const isFirst = first === undefined || entry[1].atMs < first[1].atMs ||
        (entry[1].atMs === first[1].atMs && entry[1].order < first[1].order);
      if (isFirst) first = entry;
    }
    return first;
  }

  #carryOut(effects: Effects<GroupEvent, GroupRecord>): void {
    const { records, producer } = effects;
    const errorCode = records.length > 0 ? this.appendError : ErrorCode.NONE;
    if (errorCode === ErrorCode.NONE) {
      for (const record of records) this.log.push({ ...this.#codec.encode(record), producer });
      for (const record of records) {
        this.machine.replay(record, producer);
        this.onRecord(record);
      }
    }
    for (const { key, delayMs, event } of effects.timers) {
      if (event === undefined) this.#timers.delete(key);
      else {
        this.#timers.set(key, { atMs: this.nowMs + delayMs, order: this.#order++, event });
      }
    }
    for (const reply of effects.replies) {
      const isRefused = errorCode !== ErrorCode.NONE && reply.ifRefused !== undefined;
      this.onReply(reply, isRefused ? reply.ifRefused!(errorCode) : reply.response);
    }
    if (effects.ticket !== undefined) {
      this.#carryOut(this.machine.settled(effects.ticket, errorCode, this.now()));
    }
  }
}
