import type { Broker } from "../../../src/broker/broker.ts";
import type { Partition } from "../../../src/broker/partition.ts";
import { crc32cSliced } from "../../../src/base/crc32c.ts";
import * as layout from "../../../src/protocol/records/batch_layout.ts";
import type { Report } from "./violation.ts";

const READ_BYTES = 256 * 1024;

/** A batch as one replica stores it. */
interface StoredBatch {
  readonly lastOffset: number;
  readonly crc: number;
}

/**
 * Compares what the replicas of every partition store below the lowest of their high watermarks:
 * the same batches, byte by byte, each with a true checksum. Offsets that a replica has deleted, or
 * compacted away, are not compared.
 */
export async function compareLogs(
  brokers: readonly { readonly node: string; readonly broker: Broker }[],
  report: Report,
): Promise<number> {
  const replicas = new Map<string, { readonly node: string; readonly partition: Partition }[]>();
  for (const { node, broker } of brokers) {
    for (const partition of broker.partitions.all()) {
      if (!partition.isOnline || partition.log.config.cleanupCompact) continue;
      const key = `${partition.topicId} ${partition.topic.name}-${partition.index}`;
      const known = replicas.get(key);
      if (known === undefined) replicas.set(key, [{ node, partition }]);
      else known.push({ node, partition });
    }
  }
  let compared = 0;
  for (const [key, copies] of replicas) {
    const end = Math.min(...copies.map(({ partition }) => partition.highWatermark));
    const first = copies[0]!;
    const expected = await storedBatches(first.partition, end);
    for (const { node, partition } of copies.slice(1)) {
      const found = await storedBatches(partition, end);
      for (const [offset, batch] of found) {
        const other = expected.get(offset);
        if (other === undefined && offset < first.partition.log.startOffset) continue;
        if (other?.crc !== batch.crc || other.lastOffset !== batch.lastOffset) {
          report("oneValue", `${key}: the batch at ${offset} differs on ${first.node} and ${node}`);
          return compared;
        }
        compared++;
      }
    }
  }
  return compared;
}

async function storedBatches(partition: Partition, end: number): Promise<Map<number, StoredBatch>> {
  const batches = new Map<number, StoredBatch>();
  const { log } = partition;
  let offset = log.startOffset;
  while (offset < end) {
    const slice = await log.read(offset, {
      maxBytes: READ_BYTES,
      upTo: end,
      atLeastOneBatch: true,
    });
    if (slice.bytes === 0) break;
    for (const chunk of slice.chunks) {
      for (let at = 0; at < chunk.length;) {
        const size = layout.sizeInBytes(chunk, at);
        batches.set(layout.baseOffset(chunk, at), {
          lastOffset: layout.lastOffset(chunk, at),
          crc: crc32cSliced(chunk, at, at + size),
        });
        at += size;
      }
    }
    offset = slice.nextOffset;
    slice.release();
  }
  return batches;
}
