import { crc32c } from "../base/crc32c.ts";
import type { Disk } from "../io/disk.ts";
import {
  type ProducerEntry,
  producerSnapshot,
} from "../protocol/generated/storage/producer_snapshot.ts";
import { ProtocolError } from "../protocol/protocol_error.ts";
import { ByteReader } from "../protocol/wire/byte_reader.ts";
import { ByteWriter } from "../protocol/wire/byte_writer.ts";
import { readFile, writeFile } from "./atomic_file.ts";
import { readInt16, writeInt32 } from "./big_endian.ts";
import { addSequence, type ProducerState, type ProducerStates } from "./producer_states.ts";
import { offsetFileName, SNAPSHOT_SUFFIX } from "./segment_names.ts";

const VERSION = 1;
const CRC_AT = 2;
const ENTRIES_AT = 6;
const SEQUENCES = 2 ** 31;

/**
 * A producer snapshot: int16 version, uint32 CRC-32C of what follows, then the entries.
 *
 * A producer has one entry for each batch that is remembered of it, oldest first. Kafka writes the
 * newest batch alone and, reading, lets later entries of a producer replace earlier ones, so it
 * takes the same from it; here a retry of any of the batches is still known after a restart.
 */
export function encodeProducerSnapshot(states: ProducerStates): Uint8Array {
  const producerEntries: ProducerEntry[] = [];
  for (const state of states.entries()) addEntries(state, producerEntries);
  const writer = new ByteWriter();
  writer.int16(VERSION);
  producerSnapshot.write(writer, { crc: 0, producerEntries }, VERSION);
  const bytes = writer.toBytes();
  writeInt32(bytes, CRC_AT, crc32c(bytes, ENTRIES_AT));
  return bytes;
}

/** The producers in a snapshot; undefined when it is damaged or of another version. */
export function decodeProducerSnapshot(bytes: Uint8Array): ProducerState[] | undefined {
  if (bytes.length < ENTRIES_AT || readInt16(bytes, 0) !== VERSION) return undefined;
  const reader = new ByteReader(bytes.length).reset(bytes, CRC_AT);
  let snapshot;
  try {
    snapshot = producerSnapshot.read(reader, VERSION);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
  if (reader.remaining !== 0 || snapshot.crc !== crc32c(bytes, ENTRIES_AT)) return undefined;
  const states = new Map<number, ProducerState>();
  for (const entry of snapshot.producerEntries) takeEntry(entry, states);
  return [...states.values()];
}

function addEntries(state: ProducerState, entries: ProducerEntry[]): void {
  const { producerId, epoch, coordinatorEpoch, txnFirstOffset } = state;
  const shared = { producerId, epoch, coordinatorEpoch };
  const older = state.batches.slice(0, -1);
  for (const { lastSequence, lastOffset, offsetDelta, timestampMs } of older) {
    entries.push({
      ...shared,
      lastSequence,
      lastOffset,
      offsetDelta,
      timestamp: timestampMs,
      currentTxnFirstOffset: -1,
    });
  }
  const newest = state.batches.at(-1);
  entries.push({
    ...shared,
    lastSequence: newest?.lastSequence ?? -1,
    lastOffset: newest?.lastOffset ?? -1,
    offsetDelta: newest?.offsetDelta ?? 0,
    timestamp: state.lastTimestampMs,
    currentTxnFirstOffset: txnFirstOffset,
  });
}

function takeEntry(entry: ProducerEntry, states: Map<number, ProducerState>): void {
  const { producerId, epoch, lastSequence, lastOffset, offsetDelta, timestamp } = entry;
  const earlier = states.get(producerId);
  const batches = earlier?.epoch === epoch ? earlier.batches : [];
  if (lastOffset >= 0) {
    const firstSequence = (lastSequence - offsetDelta + SEQUENCES) % SEQUENCES;
    batches.push({
      firstSequence,
      lastSequence: addSequence(firstSequence, offsetDelta),
      lastOffset,
      offsetDelta,
      timestampMs: timestamp,
    });
  }
  states.set(producerId, {
    producerId,
    epoch,
    coordinatorEpoch: entry.coordinatorEpoch,
    lastTimestampMs: timestamp,
    txnFirstOffset: entry.currentTxnFirstOffset,
    batches,
  });
}

/** The snapshot files of one partition: `<20-digit offset>.snapshot`, the state below the offset. */
export class ProducerSnapshots {
  /** Increasing. */
  #offsets: number[];

  constructor(
    private readonly disk: Disk,
    private readonly directory: string,
    offsets: readonly number[],
  ) {
    this.#offsets = [...offsets].sort((a, b) => a - b);
  }

  get latestOffset(): number | undefined {
    return this.#offsets.at(-1);
  }

  offsets(): readonly number[] {
    return this.#offsets;
  }

  /**
   * Writes the snapshot that `bytes` is. Not synced: a snapshot that a crash damages is told by its
   * CRC, and the one before it does as well.
   */
  write(offset: number, bytes: Uint8Array): void {
    writeFile(this.disk, this.#path(offset), bytes);
    this.#offsets = this.#offsets.filter((other) => other !== offset);
    this.#offsets.push(offset);
    this.#offsets.sort((a, b) => a - b);
  }

  /**
   * Fills `states` from the newest sound snapshot at or below `offset`; removes unsound ones.
   * @returns the offset that replaying the log begins at; undefined without a snapshot
   */
  load(states: ProducerStates, offset: number): number | undefined {
    for (const candidate of this.#offsets.filter((other) => other <= offset).reverse()) {
      const bytes = readFile(this.disk, this.#path(candidate));
      const producers = bytes === undefined ? undefined : decodeProducerSnapshot(bytes);
      if (producers === undefined) {
        this.removeWhere((other) => other === candidate);
        continue;
      }
      for (const state of producers) states.restore(state);
      return candidate;
    }
    return undefined;
  }

  /** @returns whether any was removed; not yet durably */
  removeWhere(isRemoved: (offset: number) => boolean): boolean {
    const removed = this.#offsets.filter(isRemoved);
    for (const offset of removed) this.disk.remove(this.#path(offset));
    this.#offsets = this.#offsets.filter((offset) => !removed.includes(offset));
    return removed.length > 0;
  }

  #path(offset: number): string {
    return `${this.directory}/${offsetFileName(offset, SNAPSHOT_SUFFIX)}`;
  }
}
