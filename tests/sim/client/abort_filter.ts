import type { ReadBatch } from "./batches.ts";

/** An aborted transaction, as a fetch tells of it. */
interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** Leaves out what was aborted, as every reader of committed records has to (KIP-98). */
export class AbortFilter {
  #coming: AbortedTransaction[] = [];
  /** Producers whose records up to their abort marker are left out. */
  readonly #aborted = new Set<number>();

  /** A response with these aborted transactions follows. */
  response(aborted: readonly AbortedTransaction[] | null): void {
    this.#coming = [...aborted ?? []].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  /** Whether the records of the next batch of the response are visible. */
  isVisible(batch: ReadBatch): boolean {
    for (let next = this.#coming[0]; next !== undefined; next = this.#coming[0]) {
      if (next.firstOffset > batch.lastOffset) break;
      this.#aborted.add(next.producerId);
      this.#coming.shift();
    }
    if (batch.marker === "abort") this.#aborted.delete(batch.producerId);
    return !(batch.isTransactional && this.#aborted.has(batch.producerId));
  }
}
