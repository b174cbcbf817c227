import type { Codec } from "../../protocol/compression/codec.ts";
import type { BatchWriter } from "./batch_writer.ts";

/** A batch that is on its way, or waits for it. */
export interface SealedBatch {
  readonly bytes: Uint8Array;
  readonly recordCount: number;
  /** Holds the bytes, unless they were compressed; free again after the acknowledgement. */
  readonly writer: BatchWriter;
  /** When it was sealed, on the monotonic clock. */
  readonly sealedMs: number;
}

/** Who produces: the idempotent producer's identity, or -1 for both. */
export interface ProducerIdentity {
  readonly producerId: number;
  readonly producerEpoch: number;
}

const SEQUENCES = 2 ** 31;

/**
 * The batches of one partition in their order, from the one that is being filled to the oldest
 * that is not acknowledged.
 *
 * After a failure nothing is sent until all that is under way has been answered; then everything
 * that is unacknowledged goes again in its order, and sequence numbers sort out what had arrived.
 */
export class PartitionQueue {
  /** Not acknowledged, in order; the first {@link sentCount} of them are under way. */
  readonly unacknowledged: SealedBatch[] = [];
  sentCount = 0;
  isRecovering = false;
  filling: BatchWriter | undefined;
  /** When the first record of the batch that is being filled came, on the monotonic clock. */
  fillingSinceMs = 0;
  #nextSequence = 0;

  constructor(readonly partition: number) {}

  /** Ends the batch that is being filled; it gets its place in the order now. */
  seal(
    identity: ProducerIdentity,
    codec: Codec,
    level: number | undefined,
    nowMs: number,
  ): SealedBatch {
    const writer = this.filling!;
    this.filling = undefined;
    const { recordCount } = writer;
    const baseSequence = identity.producerId >= 0 ? this.#nextSequence : -1;
    const bytes = writer.finish(codec, { ...identity, baseSequence }, level);
    this.#nextSequence = (this.#nextSequence + recordCount) % SEQUENCES;
    const batch = { bytes, recordCount, writer, sealedMs: nowMs };
    this.unacknowledged.push(batch);
    return batch;
  }

  /** The next batch to send; undefined when there is none, or enough are under way. */
  takeNext(inFlightMax: number): SealedBatch | undefined {
    if (this.sentCount >= inFlightMax) return undefined;
    const batch = this.unacknowledged[this.sentCount];
    if (batch !== undefined) this.sentCount++;
    return batch;
  }

  acknowledge(batch: SealedBatch): void {
    this.unacknowledged.splice(this.unacknowledged.indexOf(batch), 1);
    this.sentCount--;
  }
}
