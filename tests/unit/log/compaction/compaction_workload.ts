import type { ManualClock } from "../manual_clock.ts";
import type { PartitionLog } from "../../../../src/log/partition_log.ts";
import { Codec } from "../../../../src/protocol/compression/codec.ts";
import { buildBatch, type RecordInit } from "../../../../src/protocol/records/batch_builder.ts";
import { buildTransactionMarker } from "../../../../src/protocol/records/control_record.ts";
import { appended } from "../log_harness.ts";
import type { Chance, SimulatedDisk } from "../simulated_disk.ts";
import { clean, DAY_MS, recordOf, roll, surveyOf } from "./cleaning_harness.ts";
import { CompactionModel } from "./compaction_model.ts";

const KEYS = "abcdefgh";
const CODECS = [Codec.none, Codec.none, Codec.gzip, Codec.lz4, Codec.zstd, Codec.snappy];
/** Producers below it are idempotent, those from it on transactional. */
const FIRST_TRANSACTIONAL = 10;

interface Producer {
  readonly id: number;
  epoch: number;
  nextSequence: number;
  /** Number of its open transaction; -1 when there is none. */
  transaction: number;
}

/** The log that a workload works on; another one after a restart. */
export interface WorkloadLog {
  log: PartitionLog;
  readonly clock: ManualClock;
  readonly disk: SimulatedDisk;
}

/** Writes to a compacted log at random, cleans it at random, and keeps a model of it. */
export class CompactionWorkload {
  readonly model = new CompactionModel();
  readonly #producers: Producer[] = [1, 2, 10, 11, 12].map((id) => ({
    id,
    epoch: 0,
    nextSequence: 0,
    transaction: -1,
  }));
  #transactions = 0;
  #values = 0;
  /** The clock of the cleanings; that of the log would tick through every second of it. */
  nowMs: number;

  constructor(
    readonly at: WorkloadLog,
    private readonly chance: Chance,
    private readonly codecs: readonly Codec[] = CODECS,
  ) {
    this.nowMs = at.clock.wallMs();
  }

  async step(): Promise<void> {
    if (this.chance() < 0.93) this.write();
    else await this.clean();
  }

  /** As {@link step}, without cleaning. */
  write(): void {
    const dice = this.chance();
    if (dice < 0.27) this.#writePlainly();
    else if (dice < 0.77) this.#writeAs(this.#pick(this.#producers));
    else if (dice < 0.91) this.#endTransaction();
    else roll(this.at.log, this.at.clock);
  }

  /** Cleans as much as a table of random size allows. */
  async clean(): Promise<void> {
    const { at, model, chance } = this;
    this.nowMs += Math.floor(chance() * 1.5 * DAY_MS);
    const { nowMs } = this;
    const { cleanedOffset } = model;
    if (surveyOf(at.log, nowMs, { cleanedOffset }).cleanableBytes === 0) return;
    const dedupeBytes = chance() < 0.3 ? 1 : 1024;
    const outcome = await clean(at, { cleanedOffset, nowMs, resources: { dedupeBytes } });
    if (outcome.kind === "cleaned") {
      model.cleaned(outcome.endOffset, outcome.rewrittenOffset, nowMs);
    }
  }

  #writePlainly(): void {
    const records = this.#records();
    const codec = this.#pick(this.codecs);
    const { baseOffset } = appended(this.at.log, buildBatch(records, { codec }));
    this.model.note(baseOffset, records, -1);
  }

  #writeAs(producer: Producer): void {
    const isTransactional = producer.id >= FIRST_TRANSACTIONAL;
    if (isTransactional && producer.transaction < 0) {
      producer.transaction = this.#transactions++;
      this.model.open.add(producer.transaction);
    }
    const records = this.#records();
    const batch = buildBatch(records, {
      codec: this.#pick(this.codecs),
      producerId: producer.id,
      producerEpoch: producer.epoch,
      baseSequence: producer.nextSequence,
      isTransactional,
    });
    const { baseOffset } = appended(this.at.log, batch);
    this.model.note(baseOffset, records, producer.transaction);
    producer.nextSequence += records.length;
    this.#remember(producer);
  }

  /** Ends all transactions, so that nothing holds up the cleaning. */
  endTransactions(): void {
    while (this.#endTransaction());
  }

  #endTransaction(): boolean {
    const open = this.#producers.filter(({ transaction }) => transaction >= 0);
    if (open.length === 0) return false;
    const producer = this.#pick(open);
    const isCommit = this.chance() < 0.5;
    // Every transaction may begin with a new epoch (KIP-890): then its marker is the first of it.
    if (this.chance() < 0.3) {
      producer.epoch++;
      producer.nextSequence = 0;
    }
    appended(
      this.at.log,
      buildTransactionMarker({
        committed: isCommit,
        producerId: producer.id,
        producerEpoch: producer.epoch,
        coordinatorEpoch: 0,
        timestamp: this.at.clock.wallMs(),
      }),
    );
    this.model.open.delete(producer.transaction);
    if (!isCommit) this.model.aborted.add(producer.transaction);
    producer.transaction = -1;
    this.#remember(producer);
    return true;
  }

  #remember({ id, epoch, nextSequence }: Producer): void {
    this.model.producers.set(id, { epoch, sequence: nextSequence - 1 });
  }

  #records(): RecordInit[] {
    return Array.from({ length: 1 + Math.floor(this.chance() * 4) }, () => {
      const key = this.#pick([...KEYS]);
      const timestamp = this.at.clock.wallMs() - Math.floor(this.chance() * 1e6);
      const text = this.chance() < 0.2 ? key : `${key}=${this.#values++}`;
      return recordOf(text, timestamp);
    });
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.chance() * from.length)]!;
  }
}
