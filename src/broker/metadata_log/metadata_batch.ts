/** Metadata records in record batches, and the control records around them (KIP-595, KIP-630). */
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataRecord,
  type MetadataRecordInit,
} from "../../metadata/records.ts";
import type { MessageCodec } from "../../protocol/codec.ts";
import { buildBatch } from "../../protocol/records/batch_builder.ts";
import type { ControlType } from "../../protocol/records/control_record.ts";
import { CorruptBatchError } from "../../protocol/records/corrupt_batch_error.ts";
import { openBatch } from "../../protocol/records/record_reader.ts";
import { encodeMessage } from "../../protocol/wire/message_bytes.ts";

/** Where and when a batch is written. */
export interface BatchStamp {
  readonly baseOffset: number;
  readonly leaderEpoch: number;
  readonly timestampMs: number;
}

/** One batch of metadata records. */
export function buildMetadataBatch(
  records: readonly MetadataRecordInit[],
  { baseOffset, leaderEpoch, timestampMs }: BatchStamp,
): Uint8Array {
  return buildBatch(
    records.map((record) => ({ value: encodeMetadataRecord(record), timestamp: timestampMs })),
    { baseOffset, partitionLeaderEpoch: leaderEpoch },
  );
}

/** One control batch; its value is `message` in `version`. */
export function buildControlBatch<Init>(
  type: (typeof ControlType)[keyof typeof ControlType],
  codec: MessageCodec<unknown, Init>,
  message: Init,
  { baseOffset, leaderEpoch, timestampMs }: BatchStamp,
  version = 0,
): Uint8Array {
  const key = Uint8Array.of(0, 0, 0, type);
  const value = encodeMessage(codec, message, version);
  return buildBatch([{ key, value, timestamp: timestampMs }], {
    baseOffset,
    partitionLeaderEpoch: leaderEpoch,
    isControl: true,
  });
}

/**
 * The metadata records of the batch at `position`, which is no control batch.
 * @throws {CorruptBatchError | ProtocolError} when it holds anything else
 */
export function readMetadataBatch(bytes: Uint8Array, position: number): MetadataRecord[] {
  const records: MetadataRecord[] = [];
  const cursor = openBatch(bytes, position);
  while (cursor.next()) {
    const { value } = cursor;
    if (value === null) throw new CorruptBatchError("a metadata record without a value");
    records.push(decodeMetadataRecord(value));
  }
  return records;
}
