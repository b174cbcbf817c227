/** What would be deleted if a change were made, and who would miss it. */
import { fetchCommitted, listGroups } from "../../../client/admin/groups.ts";
import type { ClusterClient } from "../../../client/cluster_client.ts";
import { EARLIEST, LATEST, listOffsets } from "../../../client/list_offsets.ts";
import { timestampAt } from "../../../client/record_at.ts";
import { segmentBytesFor } from "../../../metadata/storage/allotments.ts";
import {
  planTrims,
  type SegmentSpan,
  type TrimCandidate,
} from "../../../metadata/storage/trim_plan.ts";
import type { PartitionView, StorageView, TopicView } from "./view.ts";

/** What a partition would lose. Offsets and times are reckoned as if all records had one size. */
export interface Deletion {
  readonly topic: string;
  readonly partition: number;
  readonly bytes: number;
  readonly fromOffset: number;
  /** The first that stays. */
  readonly toOffset: number;
  /** Ms since the epoch; -1 where unknown. */
  readonly fromTimeMs: number;
  readonly toTimeMs: number;
}

/** A group that has not read all of what would be deleted. */
export interface Loss {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** In offsets. */
  readonly unread: number;
}

interface LogSpan {
  readonly start: number;
  readonly end: number;
  readonly fromTimeMs: number;
  readonly toTimeMs: number;
}

/** A log cut into segments of the size that it would get. */
class PlannedLog implements TrimCandidate {
  readonly segments: readonly SegmentSpan[];

  constructor(
    readonly view: PartitionView,
    readonly allotmentBytes: number,
    readonly minBytes: number,
    readonly span: LogSpan,
    segmentBytes: number,
  ) {
    const { sizeBytes } = view;
    const count = Math.max(1, Math.ceil(sizeBytes / segmentBytes));
    const { start, end, fromTimeMs, toTimeMs } = span;
    this.segments = Array.from({ length: count }, (_, i) => ({
      sizeBytes: Math.min(segmentBytes, sizeBytes - i * segmentBytes),
      endOffset: start +
        Math.round((end - start) * Math.min(1, (i + 1) * segmentBytes / sizeBytes)),
      maxTimestampMs: fromTimeMs + (toTimeMs - fromTimeMs) * (i + 1) / count,
    }));
  }

  get sizeBytes(): number {
    return this.view.sizeBytes;
  }
}

/** What brokers would delete to keep to `view`. Asks for offsets and times where anything would go. */
export async function plannedDeletions(
  client: ClusterClient,
  view: StorageView,
): Promise<Deletion[]> {
  const found = new Map<string, Deletion>();
  for (const topic of view.topics) {
    const { budget, partitions } = topic;
    const size = partitions.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (budget.isSpared || size <= budget.limitBytes) continue;
    const logs = await plannedLogs(client, [topic], (partition) => partition.topicShareBytes);
    collect(found, size - budget.limitBytes, logs);
  }
  for (const { id, usedBytes, marks } of view.brokers) {
    const overBytes = usedBytes - (marks?.targetBytes ?? Infinity);
    if (overBytes <= 0) continue;
    const here = view.topics.filter(({ budget }) => !budget.isSpared).map((topic) => ({
      ...topic,
      partitions: topic.partitions.filter(({ replicas }) => replicas.includes(id)),
    }));
    const logs = await plannedLogs(client, here, (partition) => partition.allotmentBytes);
    collect(found, overBytes, logs);
  }
  return [...found.values()];
}

/** What two limits both ask for goes once. */
function collect(found: Map<string, Deletion>, overBytes: number, logs: readonly PlannedLog[]) {
  const gone = (log: PlannedLog) => found.get(keyOf(log.view))?.bytes ?? 0;
  const alreadyBytes = logs.reduce((sum, log) => sum + gone(log), 0);
  for (const { candidate, startOffset, bytes } of planTrims(overBytes - alreadyBytes, logs)) {
    const { view, span } = candidate;
    const key = keyOf(view);
    const before = found.get(key);
    if (before !== undefined && before.toOffset >= startOffset) continue;
    const share = span.end === span.start
      ? 1
      : (startOffset - span.start) / (span.end - span.start);
    found.set(key, {
      topic: view.topic,
      partition: view.partition,
      bytes,
      fromOffset: span.start,
      toOffset: startOffset,
      fromTimeMs: span.fromTimeMs,
      toTimeMs: span.fromTimeMs < 0
        ? -1
        : Math.round(span.fromTimeMs + (span.toTimeMs - span.fromTimeMs) * share),
    });
  }
}

function keyOf({ topic, partition }: PartitionView): string {
  return `${topic}:${partition}`;
}

async function plannedLogs(
  client: ClusterClient,
  topics: readonly TopicView[],
  keepsOf: (partition: PartitionView) => number,
): Promise<PlannedLog[]> {
  const all = topics.flatMap((topic) => topic.partitions.map((view) => ({ topic, view })))
    .filter(({ view, topic }) => view.sizeBytes > topic.budget.minBytes);
  if (all.length === 0) return [];
  const positions = (timestamp: number) =>
    listOffsets(
      client,
      all.map(({ view: { topic, partition } }) => ({ topic, partition, timestamp })),
    );
  const [starts, ends] = await Promise.all([positions(EARLIEST), positions(LATEST)]);
  return await Promise.all(all.map(async ({ topic, view }, i) => {
    const start = starts[i]!.offset;
    const end = ends[i]!.offset;
    const at = async (offset: number) =>
      offset < start ? -1 : await timestampAt(client, view.topic, view.partition, offset) ?? -1;
    const span = { start, end, fromTimeMs: await at(start), toTimeMs: await at(end - 1) };
    const keeps = keepsOf(view);
    const segmentBytes = segmentBytesFor(view.allotmentBytes, Infinity);
    return new PlannedLog(view, keeps, topic.budget.minBytes, span, segmentBytes);
  }));
}

/** The groups that have committed an offset before what stays. */
export async function losses(
  client: ClusterClient,
  deletions: readonly Deletion[],
): Promise<Loss[]> {
  if (deletions.length === 0) return [];
  const byPartition = new Map(deletions.map((d) => [`${d.topic}:${d.partition}`, d]));
  const found: Loss[] = [];
  for (const { groupId: group } of await listGroups(client)) {
    for (const { topic, partition, offset } of await fetchCommitted(client, group)) {
      const deletion = byPartition.get(`${topic}:${partition}`);
      if (deletion === undefined || offset >= deletion.toOffset) continue;
      const unread = deletion.toOffset - Math.max(offset, deletion.fromOffset);
      found.push({ group, topic, partition, unread });
    }
  }
  return found;
}
