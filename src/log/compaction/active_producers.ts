import * as layout from "../../protocol/records/batch_layout.ts";
import type { ProducerStates } from "../producer_states.ts";
import type { ActiveProducers } from "./cleaning_job.ts";

/** The producers of the log whose last record compaction must not forget. */
export function activeProducers(producers: ProducerStates): ActiveProducers {
  const ids = new Float64Array(producers.size);
  const epochs = new Int16Array(producers.size);
  const lastOffsets = new Float64Array(producers.size);
  let i = 0;
  for (const state of producers.entries()) {
    ids[i] = state.producerId;
    epochs[i] = state.epoch;
    lastOffsets[i] = state.batches.at(-1)?.lastOffset ?? -1;
    i++;
  }
  return { ids, epochs, lastOffsets };
}

/** Finds the batches with which active producers have ended. */
export class LastBatches {
  /** Producer id to its place in the arrays. */
  readonly #places = new Map<number, number>();

  constructor(private readonly producers: ActiveProducers) {
    producers.ids.forEach((id, place) => this.#places.set(id, place));
  }

  /**
   * Whether the log needs the batch to know its producer again: it holds the last sequence, or,
   * where the producer has written nothing in its epoch, that epoch.
   */
  has(buffer: Uint8Array, at: number): boolean {
    const id = layout.producerId(buffer, at);
    if (id < 0) return false;
    const place = this.#places.get(id);
    if (place === undefined) return false;
    const lastOffset = this.producers.lastOffsets[place]!;
    if (lastOffset >= 0) return layout.lastOffset(buffer, at) === lastOffset;
    return layout.isControl(buffer, at) &&
      layout.producerEpoch(buffer, at) === this.producers.epochs[place];
  }
}
