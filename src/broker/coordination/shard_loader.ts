import { InvariantError } from "../../base/invariant.ts";
import type { Clock } from "../../io/clock.ts";
import type {
  CoordinatorMachine,
  RecordCodec,
  RecordProducer,
} from "../../coordinator/coordinator.ts";
import * as layout from "../../protocol/records/batch_layout.ts";
import { batchSizeAt } from "../../protocol/records/batch_scan.ts";
import { ControlType, readControlRecord } from "../../protocol/records/control_record.ts";
import { openBatch } from "../../protocol/records/record_reader.ts";
import type { Partition } from "../partition.ts";

/** Loading gives the event loop its turn after so long. */
const TURN_MS = 8;

/** How a partition is replayed. */
export interface ReplayOptions {
  readonly clock: Clock;
  /** Bytes read at a time. */
  readonly loadBufferBytes: number;
  /** False ends the replay early: the partition has gone away. */
  isWanted(): boolean;
}

/** How much was replayed. */
export interface Replayed {
  readonly records: number;
  readonly bytes: number;
}

/** Records and markers are all that loading tells a machine. */
type Replayable<Rec> = Pick<CoordinatorMachine<never, Rec, never>, "replay" | "replayMarker">;

/**
 * Replays all that is in the partition, in order, in turns of a few milliseconds: what a leader has
 * of its predecessors is committed before anything of its own, even if it is not yet.
 *
 * @throws {DiskError | CorruptLogError | CorruptBatchError | ProtocolError}
 */
export async function replayPartition<Rec>(
  partition: Partition,
  machine: Replayable<Rec>,
  codec: RecordCodec<Rec>,
  options: ReplayOptions,
): Promise<Replayed> {
  const { clock, loadBufferBytes } = options;
  let records = 0;
  let bytes = 0;
  let offset = partition.log.startOffset;
  let turnEndMs = clock.monotonicMs() + TURN_MS;
  while (offset < partition.log.endOffset && options.isWanted()) {
    const slice = await partition.read(offset, {
      maxBytes: loadBufferBytes,
      isolation: "log_end",
      atLeastOneBatch: true,
    });
    try {
      if (slice.bytes === 0) break;
      for (const chunk of slice.chunks) {
        for (let at = 0; at < chunk.length;) {
          const size = batchSizeAt(chunk, at, chunk.length);
          if (size <= 0) throw new InvariantError("the log gave out a part of a batch");
          records += replayBatch(chunk, at, machine, codec);
          at += size;
          if (clock.monotonicMs() < turnEndMs) continue;
          await new Promise<void>((resolve) => clock.schedule(0, resolve));
          turnEndMs = clock.monotonicMs() + TURN_MS;
          if (!options.isWanted()) return { records, bytes };
        }
      }
      bytes += slice.bytes;
      offset = slice.nextOffset;
    } finally {
      slice.release();
    }
  }
  return { records, bytes };
}

/** Replays the batch at `at`; returns how many records it has. */
function replayBatch<Rec>(
  chunk: Uint8Array,
  at: number,
  machine: Replayable<Rec>,
  codec: RecordCodec<Rec>,
): number {
  if (layout.isControl(chunk, at)) {
    const control = readControlRecord(chunk, at);
    if (control === undefined) return 0;
    const committed = control.type === ControlType.commit;
    if (committed || control.type === ControlType.abort) {
      machine.replayMarker(producerOf(chunk, at), committed);
    }
    return 0;
  }
  const producer = layout.isTransactional(chunk, at) ? producerOf(chunk, at) : undefined;
  const cursor = openBatch(chunk, at);
  let count = 0;
  while (cursor.next()) {
    const { key } = cursor;
    if (key === null) continue;
    const record = codec.decode(key, cursor.value);
    if (record !== undefined) machine.replay(record, producer);
    count++;
  }
  return count;
}

function producerOf(chunk: Uint8Array, at: number): RecordProducer {
  return {
    producerId: layout.producerId(chunk, at),
    producerEpoch: layout.producerEpoch(chunk, at),
  };
}
