import { isControl } from "./batch_layout.ts";
import { buildBatch } from "./batch_builder.ts";
import { CorruptBatchError } from "./corrupt_batch_error.ts";
import { openBatch } from "./record_reader.ts";

/** What a control batch says, by the number in its record's key. */
export const ControlType = {
  abort: 0,
  commit: 1,
  leaderChange: 2,
  snapshotHeader: 3,
  snapshotFooter: 4,
  kraftVersion: 5,
  kraftVoters: 6,
} as const;

/** The end of a transaction in one partition (KIP-98). */
export interface TransactionMarker {
  readonly committed: boolean;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  readonly baseOffset?: number;
  readonly partitionLeaderEpoch?: number;
}

const KEY_BYTES = 4;
const VALUE_BYTES = 6;

/** The control batch that ends a transaction. */
export function buildTransactionMarker(marker: TransactionMarker): Uint8Array {
  const { committed, coordinatorEpoch, timestamp, ...header } = marker;
  const key = new Uint8Array(KEY_BYTES);
  key[3] = committed ? ControlType.commit : ControlType.abort;
  const value = new Uint8Array(VALUE_BYTES);
  new DataView(value.buffer).setInt32(2, coordinatorEpoch);
  return buildBatch([{ key, value, timestamp }], {
    ...header,
    isTransactional: true,
    isControl: true,
  });
}

/** What the record of a control batch says. */
export interface ControlRecord {
  /** One of {@link ControlType}, or a number from the future. */
  readonly type: number;
  /** Of the transaction coordinator that wrote it; -1 when it is no end of a transaction. */
  readonly coordinatorEpoch: number;
}

/**
 * The first record of the control batch at `position`; undefined when the batch is no control
 * batch, or when compaction has removed its record.
 *
 * @throws {CorruptBatchError} when the record isn't laid out as a control record
 */
export function readControlRecord(buffer: Uint8Array, position = 0): ControlRecord | undefined {
  if (!isControl(buffer, position)) return undefined;
  const cursor = openBatch(buffer, position);
  if (!cursor.next()) return undefined;
  const { key, value } = cursor;
  if (key === null || key.length < KEY_BYTES) throw new CorruptBatchError("no control record key");
  const type = new DataView(key.buffer, key.byteOffset).getInt16(2);
  if (type !== ControlType.abort && type !== ControlType.commit) {
    return { type, coordinatorEpoch: -1 };
  }
  if (value === null || value.length < VALUE_BYTES) {
    throw new CorruptBatchError("no coordinator epoch in a transaction marker");
  }
  return { type, coordinatorEpoch: new DataView(value.buffer, value.byteOffset).getInt32(2) };
}
