import type { ClusterClient } from "../../client/cluster_client.ts";
import type { ReadRange } from "../../client/consumer/partition_reader.ts";
import { EARLIEST, LATEST, listOffsets, type TopicPartition } from "../../client/list_offsets.ts";
import type { OffsetPoint, OffsetRange } from "./offset_grammar.ts";

/** A partition with the bounds of its log. */
export interface Bounds extends TopicPartition {
  readonly start: number;
  /** Behind the last record: the high watermark, or the last stable offset. */
  readonly end: number;
}

/** The bounds of each partition, in the order given. */
export async function logBounds(
  client: ClusterClient,
  partitions: readonly TopicPartition[],
  isolationLevel = 0,
): Promise<Bounds[]> {
  const ask = (timestamp: number) =>
    listOffsets(
      client,
      partitions.map(({ topic, partition }) => ({ topic, partition, timestamp })),
      isolationLevel,
    );
  const [starts, ends] = await Promise.all([ask(EARLIEST), ask(LATEST)]);
  return partitions.map(({ topic, partition }, i) => ({
    topic,
    partition,
    start: starts[i]!.offset,
    end: ends[i]!.offset,
  }));
}

/** The offset that `point` means in each partition, in the order given. */
export async function resolvePoint(
  client: ClusterClient,
  bounds: readonly Bounds[],
  point: OffsetPoint,
): Promise<number[]> {
  switch (point.at) {
    case "start":
      return bounds.map(({ start }) => start);
    case "end":
      return bounds.map(({ end }) => end);
    case "offset":
      return bounds.map(() => point.offset);
    case "afterStart":
      return bounds.map(({ start, end }) => Math.min(start + point.count, end));
    case "beforeEnd":
      return bounds.map(({ start, end }) => Math.max(end - point.count, start));
    case "time": {
      const listed = await listOffsets(
        client,
        bounds.map(({ topic, partition }) => ({
          topic,
          partition,
          timestamp: point.timestampMs,
        })),
      );
      // Where no record is that late, the place is the end.
      return listed.map(({ offset }, i) => offset < 0 ? bounds[i]!.end : offset);
    }
  }
}

/** What to read of each partition. */
export async function resolveRange(
  client: ClusterClient,
  partitions: readonly TopicPartition[],
  range: OffsetRange,
  isolationLevel: number,
): Promise<ReadRange[]> {
  const bounds = await logBounds(client, partitions, isolationLevel);
  const starts = await resolvePoint(client, bounds, range.start);
  const ends = range.end === undefined ? undefined : await resolvePoint(client, bounds, range.end);
  return partitions.map(({ topic, partition }, i) => ({
    topic,
    partition,
    start: starts[i]!,
    end: ends === undefined ? Infinity : Math.min(ends[i]!, bounds[i]!.end),
  }));
}
