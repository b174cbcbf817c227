import type { LogDirectory } from "../../../src/log/log_directory.ts";
import type { PartitionLog } from "../../../src/log/partition_log.ts";
import { Codec } from "../../../src/protocol/compression/codec.ts";
import * as layout from "../../../src/protocol/records/batch_layout.ts";
import { batchOf, markerOf } from "./log_harness.ts";
import type { Chance } from "./simulated_disk.ts";

/** The batches that a log holds, as the one who wrote them knows it. */
export interface LogModel {
  readonly batches: readonly Uint8Array[];
  /** Offset after the last batch. */
  readonly endOffset: number;
  /** All below it was reported to be durable. */
  readonly flushedOffset: number;
}

export const EMPTY_MODEL: LogModel = { batches: [], endOffset: 0, flushedOffset: 0 };

/**
 * Does random things to a log, and keeps in mind what must come of them: `model` is what was
 * answered for, `next` is `model` as it is when the call under way succeeds.
 */
export class LogWorkload {
  next: LogModel;
  startOffset = 0;
  #leaderEpoch = 0;
  #timestamp = 1000;

  constructor(
    private readonly directory: LogDirectory,
    private readonly log: PartitionLog,
    private readonly chance: Chance,
    public model: LogModel = EMPTY_MODEL,
  ) {
    this.next = model;
    this.#leaderEpoch = Math.max(0, log.latestEpoch) + 1;
  }

  async step(): Promise<void> {
    const pick = this.chance();
    if (pick < 0.6) this.#append(this.#anyBatch());
    else if (pick < 0.68) this.#follow();
    else if (pick < 0.76) await this.#flush(() => this.log.flush());
    else if (pick < 0.83) await this.#flush(() => this.directory.checkpoint());
    else if (pick < 0.88) await this.#appendDuringFlush();
    else if (pick < 0.94) this.#truncate();
    else if (pick < 0.96) this.#advanceStart();
    else this.log.rollIfDue(1e15);
    this.model = this.next;
  }

  #append(batch: Uint8Array): void {
    const { endOffset } = this.log;
    const stored = batch.slice();
    layout.setBaseOffset(stored, 0, endOffset);
    layout.setPartitionLeaderEpoch(stored, 0, this.#leaderEpoch);
    this.#expect([stored]);
    const result = this.log.append(batch, this.#leaderEpoch);
    if (result.kind !== "appended") throw new Error(JSON.stringify(result));
  }

  #follow(): void {
    const batches: Uint8Array[] = [];
    let offset = this.log.endOffset;
    for (let i = 0; i < 3; i++) {
      const batch = batchOf(1 + this.#below(3), {
        baseOffset: offset,
        partitionLeaderEpoch: this.#leaderEpoch,
        timestamp: this.#tick(),
      });
      offset = layout.lastOffset(batch, 0) + 1;
      batches.push(batch);
    }
    this.#expect(batches);
    const bytes = new Uint8Array(batches.reduce((sum, batch) => sum + batch.length, 0));
    let at = 0;
    for (const batch of batches) {
      bytes.set(batch, at);
      at += batch.length;
    }
    const result = this.log.appendAsFollower(bytes);
    if (result.kind !== "appended") throw new Error(JSON.stringify(result));
  }

  async #flush(flush: () => Promise<void>): Promise<void> {
    const { endOffset } = this.model;
    await flush();
    this.next = { ...this.model, flushedOffset: endOffset };
  }

  /** What is appended or cut while a flush is under way is not part of it. */
  async #appendDuringFlush(): Promise<void> {
    const { endOffset } = this.model;
    const flushes = [this.log.flush(), this.directory.checkpoint()];
    // A crash rejects all of them; the first that is awaited is enough to tell.
    for (const flush of flushes) flush.catch(() => {});
    const later = this.chance();
    if (later < 0.7) this.#append(this.#anyBatch());
    if (later > 0.5) {
      this.model = this.next;
      this.#truncate();
    }
    this.model = this.next;
    await Promise.all(flushes);
    const flushedOffset = Math.min(endOffset, this.model.endOffset);
    this.next = { ...this.model, flushedOffset };
  }

  #truncate(): void {
    const { batches, flushedOffset } = this.model;
    const kept = batches.slice(0, batches.length - this.#below(4));
    const last = kept.at(-1);
    if (last === undefined || layout.lastOffset(last, 0) < this.log.startOffset) return;
    const endOffset = layout.lastOffset(last, 0) + 1;
    this.next = {
      batches: kept,
      endOffset,
      flushedOffset: Math.min(flushedOffset, endOffset),
    };
    this.log.truncateTo(endOffset);
    this.#leaderEpoch++;
  }

  #advanceStart(): void {
    const { startOffset, endOffset } = this.log;
    this.startOffset = startOffset + this.#below(Math.min(20, endOffset - startOffset + 1));
    this.log.advanceStartOffset(this.startOffset);
  }

  #anyBatch(): Uint8Array {
    const pick = this.#below(6);
    const count = 1 + this.#below(4);
    const timestamp = this.#tick();
    if (pick === 0) return batchOf(count, { timestamp });
    if (pick === 1) return batchOf(count, { timestamp, codec: Codec.gzip });
    const producerId = pick < 4 ? 1 + this.#below(2) : 10 + this.#below(2);
    const state = this.log.producers.get(producerId);
    const epoch = Math.max(0, state?.epoch ?? 0);
    const isTransactional = producerId >= 10;
    const isOpen = (state?.txnFirstOffset ?? -1) >= 0;
    if (isOpen && this.chance() < 0.4) return markerOf(producerId, this.chance() < 0.5, epoch);
    const last = state?.batches.at(-1)?.lastSequence ?? -1;
    const bumped = !isTransactional && this.chance() < 0.1;
    return batchOf(count, {
      producerId,
      producerEpoch: bumped ? epoch + 1 : epoch,
      baseSequence: bumped ? 0 : last + 1,
      isTransactional,
      timestamp,
    });
  }

  #expect(batches: readonly Uint8Array[]): void {
    const last = layout.lastOffset(batches.at(-1)!, 0);
    this.next = {
      ...this.model,
      batches: [...this.model.batches, ...batches],
      endOffset: last + 1,
    };
  }

  /** Mostly later, sometimes earlier, sometimes the same. */
  #tick(): number {
    this.#timestamp += this.#below(30) - 8;
    return Math.max(0, this.#timestamp);
  }

  #below(bound: number): number {
    return Math.floor(this.chance() * bound);
  }
}
