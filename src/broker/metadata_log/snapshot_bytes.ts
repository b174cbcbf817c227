/** The contents of a snapshot: header, records, footer, in record batches as Kafka lays them out. */
import type { MetadataRecord, MetadataRecordInit } from "../../metadata/records.ts";
import { snapshotFooterRecord } from "../../protocol/generated/common/snapshot_footer_record.ts";
import { snapshotHeaderRecord } from "../../protocol/generated/common/snapshot_header_record.ts";
import { ProtocolError } from "../../protocol/protocol_error.ts";
import { isControl } from "../../protocol/records/batch_layout.ts";
import { scanBatches, verifyCrc } from "../../protocol/records/batch_scan.ts";
import { ControlType, readControlRecord } from "../../protocol/records/control_record.ts";
import { CorruptBatchError } from "../../protocol/records/corrupt_batch_error.ts";
import type { QuorumPeer } from "../metadata_quorum.ts";
import { kraftVersionBatch, votersBatch, votersOf } from "./control_batches.ts";
import { buildControlBatch, buildMetadataBatch, readMetadataBatch } from "./metadata_batch.ts";
import { concatenated } from "./metadata_log.ts";

const RECORDS_PER_BATCH = 1024;

/** Of when and which epoch a snapshot is. */
export interface SnapshotStamp {
  readonly leaderEpoch: number;
  /** Time of the last record that the snapshot holds. */
  readonly lastTimestampMs: number;
}

/** What a snapshot holds. */
export interface SnapshotContents {
  readonly records: readonly MetadataRecord[];
  /** Undefined when the log had no Voters record: the voters are those it began with. */
  readonly voters: readonly QuorumPeer[] | undefined;
}

/** A snapshot that holds `records`, and `voters` when they ever changed. */
export function encodeSnapshot(
  records: readonly MetadataRecordInit[],
  { leaderEpoch, lastTimestampMs }: SnapshotStamp,
  voters?: readonly QuorumPeer[],
): Uint8Array {
  let baseOffset = 0;
  const stamp = () => ({ baseOffset, leaderEpoch, timestampMs: lastTimestampMs });
  const header = { version: 0, lastContainedLogTimestamp: lastTimestampMs };
  const batches = [
    buildControlBatch(ControlType.snapshotHeader, snapshotHeaderRecord, header, stamp()),
  ];
  baseOffset++;
  if (voters !== undefined) {
    batches.push(kraftVersionBatch(stamp()));
    baseOffset++;
    batches.push(votersBatch(voters, () => undefined, stamp()));
    baseOffset++;
  }
  for (let first = 0; first < records.length; first += RECORDS_PER_BATCH) {
    const part = records.slice(first, first + RECORDS_PER_BATCH);
    batches.push(buildMetadataBatch(part, stamp()));
    baseOffset += part.length;
  }
  const footer = { version: 0 };
  batches.push(
    buildControlBatch(ControlType.snapshotFooter, snapshotFooterRecord, footer, stamp()),
  );
  return concatenated(batches);
}

/** The contents of a snapshot; undefined when it is not whole, or not a snapshot. */
export function decodeSnapshot(bytes: Uint8Array): SnapshotContents | undefined {
  try {
    return readSnapshot(bytes);
  } catch (error) {
    if (error instanceof ProtocolError || error instanceof CorruptBatchError) return undefined;
    throw error;
  }
}

function readSnapshot(bytes: Uint8Array): SnapshotContents | undefined {
  let voters: readonly QuorumPeer[] | undefined;
  const records: MetadataRecord[] = [];
  const controlTypes: number[] = [];
  let lastIsControl = false;
  const { end, reason } = scanBatches(bytes, (position) => {
    if (!verifyCrc(bytes, position)) return false;
    lastIsControl = isControl(bytes, position);
    if (lastIsControl) {
      controlTypes.push(readControlRecord(bytes, position)!.type);
      voters = votersOf(bytes, position) ?? voters;
    } else if (controlTypes[0] !== ControlType.snapshotHeader) return false;
    else for (const record of readMetadataBatch(bytes, position)) records.push(record);
    return true;
  });
  const isWhole = reason === "end" && end === bytes.length && lastIsControl &&
    controlTypes[0] === ControlType.snapshotHeader &&
    controlTypes.at(-1) === ControlType.snapshotFooter;
  return isWhole ? { records, voters } : undefined;
}
