import * as layout from "../../protocol/records/batch_layout.ts";
import { openRecords } from "./batch_filter.ts";
import { CleanedTransactions } from "./cleaned_transactions.ts";
import { KeyCursor } from "./key_cursor.ts";
import type { OffsetMap } from "./offset_map.ts";
import type { AbortedTransaction } from "../transaction_index.ts";

/** Fills the map with the keys of the dirty part of a log, batch by batch. */
export class KeyIndexing {
  /** Records that were looked at. */
  records = 0;
  readonly #transactions: CleanedTransactions;
  readonly #cursor = new KeyCursor();

  constructor(
    private readonly map: OffsetMap,
    private readonly firstDirtyOffset: number,
    aborted: readonly AbortedTransaction[],
  ) {
    // The markers of earlier ones are not among the batches to come.
    const coming = aborted.filter(({ lastOffset }) => lastOffset >= firstDirtyOffset);
    this.#transactions = new CleanedTransactions(coming, () => {});
  }

  /**
   * Takes up the whole batch at `at`. Those of aborted transactions are no part of what a key was.
   * @returns false when the map has no room for all of it; what had room is in it
   * @throws {CorruptBatchError} {CompressionError}
   */
  add(buffer: Uint8Array, at: number): boolean {
    this.records += layout.recordCount(buffer, at);
    const isData = !layout.isControl(buffer, at);
    const isLive = isData
      ? !this.#transactions.sawBatch(buffer, at)
      : this.#transactions.sawMarker(buffer, at) && false;
    const lastOffset = layout.lastOffset(buffer, at);
    if (lastOffset < this.firstDirtyOffset) return true;
    if (isLive && !this.#addRecords(buffer, at)) return false;
    this.map.latestOffset = lastOffset;
    return true;
  }

  #addRecords(buffer: Uint8Array, at: number): boolean {
    const { map, firstDirtyOffset } = this;
    const baseOffset = layout.baseOffset(buffer, at);
    const cursor = this.#cursor;
    openRecords(cursor, buffer, at);
    while (cursor.next()) {
      const offset = baseOffset + cursor.offsetDelta;
      if (offset < firstDirtyOffset || cursor.keyLength < 0) continue;
      if (map.isFull) return false;
      map.put(cursor.bytes, cursor.keyStart, cursor.keyStart + cursor.keyLength, offset);
      map.latestOffset = offset;
    }
    return true;
  }
}
