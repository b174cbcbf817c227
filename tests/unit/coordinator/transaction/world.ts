/**
 * Producers, a coordinator and partitions, small enough to be played through in any order: the real
 * state machine and the real producer states, with everything between them made here.
 */
import assert from "node:assert/strict";
import type { CodeResult, ProducerResult } from "../../../../src/coordinator/transaction/events.ts";
import {
  isPrepared,
  type ProducerIdentity,
  type Transaction,
  TransactionStatus,
} from "../../../../src/coordinator/transaction/transaction.ts";
import { ProducerStates } from "../../../../src/log/producer_states.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { TransactionBench } from "./bench.ts";

export const TOPIC = "orders";
const PARTITION_COUNT = 3;
/** What became of a record or of a transaction. */
type Outcome = "committed" | "aborted";

/** A transaction as its producer sees it. */
class Attempt {
  outcome: Outcome | undefined;
  /** Records that were acknowledged. */
  readonly written: { readonly partition: number; readonly offset: number }[] = [];
}

interface LogEntry extends ProducerIdentity {
  /** Undefined for a marker. */
  readonly attempt: Attempt | undefined;
  readonly committed: boolean;
}

class PartitionModel {
  states = new ProducerStates();
  readonly log: LogEntry[] = [];

  isOpen({ producerId, producerEpoch }: ProducerIdentity): boolean {
    const state = this.states.get(producerId);
    return state?.txnFirstOffset !== undefined && state.txnFirstOffset >= 0 &&
      state.epoch === producerEpoch;
  }

  write(who: ProducerIdentity, sequence: number, attempt: Attempt, mustStartAtZero: boolean) {
    const { producerId, producerEpoch } = who;
    const verdict = this.states.check(
      producerId,
      producerEpoch,
      sequence,
      0,
      true,
      mustStartAtZero,
    );
    if (verdict.kind !== "accepted") return undefined;
    const offset = this.log.length;
    this.states.wrote(producerId, producerEpoch, sequence, offset, offset, 0, true);
    this.log.push({ ...who, attempt, committed: false });
    return offset;
  }

  /** What the marker writer of the broker does. */
  mark(transaction: Transaction): void {
    const { producerId, producerEpoch, status } = transaction;
    const verdict = this.states.checkMarker(producerId, producerEpoch, 0);
    if (verdict.kind !== "accepted") return;
    const committed = status === TransactionStatus.prepareCommit;
    const offset = this.log.length;
    this.states.ended(producerId, producerEpoch, 0, committed, offset, 0);
    this.log.push({ producerId, producerEpoch, attempt: undefined, committed });
  }

  /** The fate of each record, as a reader of committed records finds it. */
  fates(): Map<number, Outcome> {
    const fates = new Map<number, Outcome>();
    const open = new Map<number, number[]>();
    this.log.forEach(({ producerId, attempt, committed }, offset) => {
      const offsets = open.get(producerId) ?? [];
      if (attempt !== undefined) open.set(producerId, [...offsets, offset]);
      else {
        for (const each of offsets) fates.set(each, committed ? "committed" : "aborted");
        open.delete(producerId);
      }
    });
    return fates;
  }
}

/** One client process with a transactional id. */
interface Client {
  readonly transactionalId: string;
  readonly bumpsEpochs: boolean;
  identity: ProducerIdentity | undefined;
  attempt: Attempt;
  readonly added: Set<number>;
  readonly sequences: Map<number, number>;
  /** A batch was not acknowledged: the transaction can only be aborted. */
  mustAbort: boolean;
}

/** A batch that is held up on its way. */
interface LateBatch {
  readonly client: Client;
  readonly identity: ProducerIdentity;
  readonly partition: number;
  readonly sequence: number;
  readonly attempt: Attempt;
}

export class World {
  readonly bench = new TransactionBench();
  readonly partitions = Array.from({ length: PARTITION_COUNT }, () => new PartitionModel());
  readonly clients: Client[];
  readonly attempts: Attempt[] = [];
  /** Markers that are on their way. */
  #deliveries: { readonly transaction: Transaction; readonly left: Set<number> }[] = [];
  readonly #late: LateBatch[] = [];
  readonly #epochs = new Map<string, ProducerIdentity>();

  /** @param ids transactional id and generation of each client */
  constructor(ids: readonly { readonly id: string; readonly bumpsEpochs: boolean }[]) {
    this.clients = ids.map(({ id, bumpsEpochs }) => ({
      transactionalId: id,
      bumpsEpochs,
      identity: undefined,
      attempt: this.#newAttempt(),
      added: new Set<number>(),
      sequences: new Map<number, number>(),
      mustAbort: false,
    }));
    this.#take(this.bench.reload());
  }

  init(client: Client): void {
    const { response, effects } = this.bench.ask<ProducerResult>((token, freshProducerId) => ({
      kind: "initProducer",
      token,
      transactionalId: client.transactionalId,
      timeoutMs: 1000,
      expected: undefined,
      freshProducerId,
    }));
    this.#take(effects);
    if (response.errorCode !== ErrorCode.NONE) return;
    client.identity = response;
    client.sequences.clear();
    this.#beginAttempt(client);
  }

  write(client: Client, partition: number): void {
    const { identity } = client;
    if (identity === undefined) return;
    const model = this.partitions[partition]!;
    if (!client.bumpsEpochs && !client.added.has(partition)) {
      if (!this.#add(client, identity, partition)) return this.#giveUp(client);
      client.added.add(partition);
    }
    if (!model.isOpen(identity) && !this.#admit(client, identity, partition)) {
      return this.#giveUp(client);
    }
    const sequence = client.sequences.get(partition) ?? 0;
    const offset = model.write(identity, sequence, client.attempt, client.bumpsEpochs);
    if (offset === undefined) return this.#giveUp(client);
    client.sequences.set(partition, sequence + 1);
    client.attempt.written.push({ partition, offset });
  }

  /**
   * A batch leaves and is given up on. Only clients with an epoch per transaction: in the first
   * generation it is the client's part to ask for a new epoch then.
   */
  sendLate(client: Client, partition: number): void {
    const { identity, attempt } = client;
    if (identity === undefined || !client.bumpsEpochs) return;
    const sequence = client.sequences.get(partition) ?? 0;
    this.#late.push({ client, identity, partition, sequence, attempt });
    client.mustAbort = true;
  }

  arriveLate(pick: number): void {
    const [late] = this.#late.splice(pick % Math.max(1, this.#late.length), 1);
    if (late === undefined) return;
    const { client, identity, partition, sequence, attempt } = late;
    const model = this.partitions[partition]!;
    if (!model.isOpen(identity) && !this.#admit(client, identity, partition)) return;
    const offset = model.write(identity, sequence, attempt, true);
    if (offset !== undefined) attempt.written.push({ partition, offset });
  }

  end(client: Client, wantsCommit: boolean): void {
    const { identity } = client;
    if (identity === undefined) return;
    const committed = wantsCommit && !client.mustAbort;
    const { response, effects } = this.bench.ask<ProducerResult>((token, freshProducerId) => ({
      kind: "endTransaction",
      token,
      transactionalId: client.transactionalId,
      ...identity,
      committed,
      clientVersion: client.bumpsEpochs ? 2 : 0,
      freshProducerId,
    }));
    this.#take(effects);
    if (response.errorCode === ErrorCode.CONCURRENT_TRANSACTIONS) return;
    if (response.errorCode !== ErrorCode.NONE) return this.#giveUp(client);
    client.attempt.outcome = committed ? "committed" : "aborted";
    if (client.bumpsEpochs) {
      client.identity = response;
      client.sequences.clear();
    }
    this.#beginAttempt(client);
  }

  /** One marker of those on their way arrives, or all have and the coordinator is told. */
  deliver(pick: number): void {
    if (this.#deliveries.length === 0) return;
    const index = pick % this.#deliveries.length;
    const { transaction, left } = this.#deliveries[index]!;
    const [partition] = left;
    if (partition !== undefined) {
      this.partitions[partition]!.mark(transaction);
      left.delete(partition);
      return;
    }
    this.#deliveries.splice(index, 1);
    const { transactionalId, producerId, producerEpoch } = transaction;
    this.#take(
      this.bench.step({ kind: "markersWritten", transactionalId, producerId, producerEpoch }),
    );
  }

  wait(ms: number): void {
    this.bench.nowMs += ms;
    this.#take(this.bench.step({ kind: "abortTimedOut" }));
  }

  /** The coordinator dies: what it knew only by heart is gone. */
  crash(): void {
    this.#deliveries = [];
    this.#take(this.bench.reload());
  }

  refuseAppends(refuses: boolean): void {
    this.bench.refusesAppends = refuses;
  }

  /** Lets everything come to its end. */
  settle(): void {
    this.bench.refusesAppends = false;
    this.wait(100_000);
    while (this.#deliveries.length > 0) this.deliver(0);
    while (this.#late.length > 0) this.arriveLate(0);
    this.wait(100_000);
    while (this.#deliveries.length > 0) this.deliver(0);
  }

  /** All that must hold once everything has settled. */
  check(): void {
    const fates = this.partitions.map((partition) => partition.fates());
    for (const { outcome, written } of this.attempts) {
      for (const { partition, offset } of written) {
        const fate = fates[partition]!.get(offset);
        assert.equal(fate, outcome ?? "aborted", `record ${offset} of partition ${partition}`);
      }
    }
    for (const { states } of this.partitions) {
      assert.equal(states.firstUnstableOffset(Infinity), undefined, "a transaction hangs");
    }
    for (const { transactionalId } of this.clients) {
      const transaction = this.bench.machine.find(transactionalId);
      assert.ok(transaction === undefined || !isPrepared(transaction));
    }
  }

  #admit(client: Client, identity: ProducerIdentity, partition: number): boolean {
    if (client.bumpsEpochs) return this.#add(client, identity, partition);
    const { machine } = this.bench;
    return machine.verify(client.transactionalId, identity, TOPIC, partition) === ErrorCode.NONE;
  }

  #add(client: Client, identity: ProducerIdentity, partition: number): boolean {
    const { response, effects } = this.bench.ask<CodeResult>((token) => ({
      kind: "addPartitions",
      token,
      transactionalId: client.transactionalId,
      producerId: identity.producerId,
      producerEpoch: identity.producerEpoch,
      partitions: new Map([[TOPIC, [partition]]]),
      clientVersion: client.bumpsEpochs ? 2 : 0,
    }));
    this.#take(effects);
    return response.errorCode === ErrorCode.NONE;
  }

  /** The client stops; what it has not ended will be aborted. */
  #giveUp(client: Client): void {
    client.identity = undefined;
  }

  #newAttempt(): Attempt {
    const attempt = new Attempt();
    this.attempts.push(attempt);
    return attempt;
  }

  #beginAttempt(client: Client): void {
    client.added.clear();
    client.mustAbort = false;
    client.attempt = this.#newAttempt();
  }

  #take({ records, actions }: ReturnType<TransactionBench["step"]>): void {
    if (this.bench.refusesAppends && records.length > 0) return;
    for (const { transaction } of records) {
      if (transaction === undefined) continue;
      const before = this.#epochs.get(transaction.transactionalId);
      const { producerId, producerEpoch } = transaction;
      if (before !== undefined && before.producerId === producerId) {
        assert.ok(producerEpoch >= before.producerEpoch, "an epoch goes back");
      }
      this.#epochs.set(transaction.transactionalId, { producerId, producerEpoch });
    }
    for (const { transaction } of actions) {
      this.#deliveries.push({
        transaction,
        left: new Set(transaction.partitions.get(TOPIC) ?? []),
      });
    }
  }
}
