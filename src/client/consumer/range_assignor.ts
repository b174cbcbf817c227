import type { TopicPartition } from "../list_offsets.ts";

/** What one member wants. */
export interface MemberSubscription {
  readonly memberId: string;
  readonly topics: readonly string[];
}

/**
 * The range assignor: of each topic, every member that wants it gets a run of neighbouring
 * partitions; the first members by id get one more where the numbers don't divide.
 *
 * @param partitionCounts of the topics that exist
 * @returns for each member what it gets, empty lists included
 */
export function assignRanges(
  members: readonly MemberSubscription[],
  partitionCounts: ReadonlyMap<string, number>,
): Map<string, TopicPartition[]> {
  const assignment = new Map<string, TopicPartition[]>();
  const sorted = [...members].sort((a, b) => a.memberId < b.memberId ? -1 : 1);
  for (const { memberId } of sorted) assignment.set(memberId, []);
  const topics = [...new Set(sorted.flatMap(({ topics }) => topics))].sort();
  for (const topic of topics) {
    const count = partitionCounts.get(topic) ?? 0;
    const wanting = sorted.filter(({ topics }) => topics.includes(topic));
    const share = Math.floor(count / wanting.length);
    const larger = count % wanting.length;
    let next = 0;
    wanting.forEach(({ memberId }, i) => {
      const end = next + share + (i < larger ? 1 : 0);
      for (; next < end; next++) assignment.get(memberId)!.push({ topic, partition: next });
    });
  }
  return assignment;
}
