import { crc32cSliced } from "../../../src/base/crc32c.ts";
import * as layout from "../../../src/protocol/records/batch_layout.ts";
import { readRecords } from "../../../src/protocol/records/record_reader.ts";

/** A batch as a reader takes it apart. */
export interface ReadBatch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly producerId: number;
  readonly isTransactional: boolean;
  /** Undefined for a batch of records; else whether the marker says commit. */
  readonly marker: "commit" | "abort" | undefined;
  readonly values: readonly { readonly offset: number; readonly value: string }[];
}

/** Something that no reader may ever be given. */
export class BadBatchError extends Error {
  override readonly name = "BadBatchError";
}

const decoder = new TextDecoder();

/** Every whole batch in `records`, the checksum of each verified. */
export function readBatches(records: Uint8Array): ReadBatch[] {
  const batches: ReadBatch[] = [];
  for (let at = 0; at < records.length;) {
    const size = layout.sizeInBytes(records, at);
    if (size < layout.HEADER_BYTES) throw new BadBatchError(`a batch of ${size} bytes at ${at}`);
    if (at + size > records.length) break;
    const crc = crc32cSliced(records, at + layout.ATTRIBUTES_AT, at + size);
    if (crc !== layout.storedCrc(records, at)) {
      throw new BadBatchError(`offset ${layout.baseOffset(records, at)} has a wrong checksum`);
    }
    batches.push(readBatch(records.subarray(at, at + size)));
    at += size;
  }
  return batches;
}

function readBatch(bytes: Uint8Array): ReadBatch {
  const isControl = layout.isControl(bytes, 0);
  const records = readRecords(bytes);
  const key = records[0]?.key ?? new Uint8Array(4);
  return {
    baseOffset: layout.baseOffset(bytes, 0),
    lastOffset: layout.lastOffset(bytes, 0),
    leaderEpoch: layout.partitionLeaderEpoch(bytes, 0),
    producerId: layout.producerId(bytes, 0),
    isTransactional: layout.isTransactional(bytes, 0),
    // The second int16 of a control record's key is its type: 0 aborts, 1 commits.
    marker: isControl ? key[3] === 1 ? "commit" : "abort" : undefined,
    values: isControl ? [] : records.map(({ offset, value }) => ({
      offset,
      value: decoder.decode(value ?? new Uint8Array(0)),
    })),
  };
}
