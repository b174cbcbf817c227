/** A transaction machine on a bench: records go through their bytes, replies are collected. */
import assert from "node:assert/strict";
import type { Effects } from "../../../../src/coordinator/coordinator.ts";
import type {
  TransactionEvent,
  WriteMarkers,
} from "../../../../src/coordinator/transaction/events.ts";
import {
  type TransactionLimits,
  TransactionMachine,
} from "../../../../src/coordinator/transaction/transaction_machine.ts";
import {
  type TransactionRecord,
  transactionRecordCodec,
} from "../../../../src/coordinator/transaction/transaction_records.ts";

type MachineEffects = Effects<TransactionEvent, TransactionRecord, WriteMarkers>;

const LIMITS: TransactionLimits = {
  timeoutMsMax: 900_000,
  abortCheckMs: 10_000,
  idExpirationMs: 604_800_000,
  expirationCheckMs: 3_600_000,
};

export class TransactionBench {
  machine = new TransactionMachine(() => LIMITS);
  nowMs = 1_000_000;
  nextProducerId = 1000;
  /** True makes the next append fail. */
  refusesAppends = false;
  readonly log: { readonly key: Uint8Array; readonly value: Uint8Array | null }[] = [];
  readonly #codec = transactionRecordCodec(() => 1);

  get now() {
    return { wallMs: this.nowMs, monotonicMs: this.nowMs };
  }

  /** Steps the machine and replays what it wrote, as the driver does. */
  step(event: TransactionEvent): MachineEffects {
    return this.#carryOut(this.machine.step(event, this.now));
  }

  /** Steps with an event that has one reply; finds a producer id when one is asked for. */
  ask<Response>(
    eventFor: (token: unknown, freshProducerId: number | undefined) => TransactionEvent,
  ): { readonly response: Response; readonly effects: MachineEffects } {
    const token = {};
    let effects = this.step(eventFor(token, undefined));
    if ((this.#reply(effects, token) as { needsProducerId?: boolean }).needsProducerId) {
      assert.equal(effects.records.length, 0);
      effects = this.step(eventFor(token, this.nextProducerId++));
    }
    return { response: this.#reply(effects, token) as Response, effects };
  }

  /** A new machine takes over from the log. */
  reload(): MachineEffects {
    this.machine = new TransactionMachine(() => LIMITS);
    for (const { key, value } of this.log) {
      const record = this.#codec.decode(key, value);
      assert.ok(record !== undefined);
      this.machine.replay(record);
    }
    return this.machine.loaded();
  }

  #reply(effects: MachineEffects, token: unknown): unknown {
    const replies = effects.replies.filter((reply) => reply.token === token);
    assert.equal(replies.length, 1, "a request is answered once");
    const { response, ifRefused } = replies[0]!;
    if (!this.refusesAppends || effects.records.length === 0) return response;
    assert.ok(ifRefused !== undefined, "a write can be refused");
    return ifRefused(15);
  }

  #carryOut(effects: MachineEffects): MachineEffects {
    if (this.refusesAppends) return effects;
    for (const record of effects.records) {
      const raw = this.#codec.encode(record);
      this.log.push(raw);
      const decoded = this.#codec.decode(raw.key, raw.value);
      const { transaction } = record;
      assert.deepEqual(decoded, {
        ...record,
        transaction: transaction === undefined
          ? undefined
          : { ...transaction, lastProducerEpoch: -1 },
      });
      this.machine.replay(record);
    }
    return effects;
  }
}
