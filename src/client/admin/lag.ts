import type { ClusterClient } from "../cluster_client.ts";
import { LATEST, listOffsets, type TopicPartition } from "../list_offsets.ts";
import { timestampAt } from "../record_at.ts";
import { type CommittedOffset, fetchCommitted } from "./groups.ts";
import { isRetriable } from "../errors.ts";

/** How far a group is behind in one partition. */
export interface PartitionLag extends TopicPartition {
  /** -1 when the group has committed nothing there. */
  readonly committed: number;
  /** The high watermark; undefined when the topic is not there any more. */
  readonly end: number | undefined;
  /** In records. */
  readonly lag: number | undefined;
  /** Age of the first record that is not consumed, in ms; 0 when all are, undefined if unknown. */
  readonly lagMs: number | undefined;
}

/**
 * What `group` has committed, and how far that is behind.
 *
 * @param others partitions to tell of even if nothing is committed for them
 * @param withTime whether to find out the lag in time, which reads one batch for each partition
 */
export async function groupLag(
  client: ClusterClient,
  group: string,
  others: readonly TopicPartition[] = [],
  withTime = true,
): Promise<PartitionLag[]> {
  const committed = await fetchCommitted(client, group);
  const known = new Set(committed.map(({ topic, partition }) => `${topic}:${partition}`));
  const missing = others.filter(({ topic, partition }) => !known.has(`${topic}:${partition}`))
    .map(({ topic, partition }) => ({ topic, partition, offset: -1, metadata: null }));
  const all = [...committed, ...missing];
  const { topics } = await client.refresh([...new Set(all.map(({ topic }) => topic))]);
  const live = new Set(topics.filter(({ errorCode }) => errorCode === 0).map(({ name }) => name));
  const questions = all.filter(({ topic }) => live.has(topic))
    .map(({ topic, partition }) => ({ topic, partition, timestamp: LATEST }));
  const ends = new Map(
    (questions.length === 0 ? [] : await listOffsets(client, questions))
      .map(({ topic, partition, offset }) => [`${topic}:${partition}`, offset]),
  );
  return await Promise.all(all.map(async (position) => {
    const { topic, partition, offset } = position;
    const end = ends.get(`${topic}:${partition}`);
    const lag = end === undefined || offset < 0 ? undefined : Math.max(0, end - offset);
    const lagMs = withTime ? await lagInTime(client, position, lag) : undefined;
    return { topic, partition, committed: offset, end, lag, lagMs };
  }));
}

async function lagInTime(
  client: ClusterClient,
  { topic, partition, offset }: CommittedOffset,
  lag: number | undefined,
): Promise<number | undefined> {
  if (lag === undefined) return undefined;
  if (lag === 0) return 0;
  try {
    const timestamp = await timestampAt(client, topic, partition, offset);
    if (timestamp === undefined || timestamp < 0) return undefined;
    return Math.max(0, client.clock.wallMs() - timestamp);
  } catch (error) {
    // The lag in records is known; that its age can't be told now is no reason to hide it.
    if (isRetriable(error)) return undefined;
    throw error;
  }
}

/** The sum of what is known of the lags; undefined when nothing is. */
export function totalLag(lags: readonly PartitionLag[]): number | undefined {
  const known = lags.map(({ lag }) => lag).filter((lag) => lag !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, lag) => sum + lag, 0);
}
