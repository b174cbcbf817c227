/**
 * Who may keep how much of a broker's disk: the budget goes to topics by weight and demand, and in
 * each topic to its partitions by demand. Pure.
 */
import { type Claim, fillByPull } from "./water_filling.ts";

/** The smallest segment that Kafka allows: less can't be told apart by trimming. */
export const SEGMENT_BYTES_MIN = 2 ** 20;
/** A log is kept in at least so many segments, so that trimming one is no great loss. */
const SEGMENTS_PER_ALLOTMENT = 8;
/** A partition is to have room for what it gets in that time. */
const HORIZON_SECONDS = 600;

/** What a topic is allowed and promised. */
export interface TopicBudget {
  readonly name: string;
  /** `retention.topic.bytes`: of all partitions together, one copy; Infinity without a limit. */
  readonly limitBytes: number;
  /** `retention.weight` */
  readonly weight: number;
  /** `retention.min.bytes`, of each partition. */
  readonly minBytes: number;
  /** `retention.bytes`, of each partition; Infinity without a limit. */
  readonly partitionLimitBytes: number;
  /** Compacted and internal topics are counted, and never trimmed for space. */
  readonly isSpared: boolean;
}

/** A partition and what is known of it. */
export interface PartitionUse {
  readonly partition: number;
  readonly sizeBytes: number;
  /** What it gets, over the last minutes. */
  readonly bytesPerSecond: number;
  /** Held by other brokers only: counts for the total of its topic, and not on this disk. */
  readonly isRemote: boolean;
}

/** A topic and its partitions, as far as they are known. */
export interface TopicUse {
  readonly budget: TopicBudget;
  readonly partitions: readonly PartitionUse[];
}

/** What a partition may keep. */
export interface Allotment {
  readonly topic: string;
  readonly partition: number;
  /** The smallest of the limits that apply. */
  readonly bytes: number;
  /** What the total of its topic leaves to it; Infinity where that has no limit. */
  readonly topicShareBytes: number;
}

/**
 * Divides `budgetBytes` among the partitions on this disk, what spared ones have taken off first.
 * The order is that of the topics and their partitions; remote ones get a share of their topic only.
 */
export function allot(budgetBytes: number, topics: readonly TopicUse[]): Allotment[] {
  let left = budgetBytes;
  for (const { budget, partitions } of topics) {
    if (budget.isSpared) left -= localBytes(partitions);
  }
  const sharing = topics.filter(({ budget }) => !budget.isSpared);
  const topicParts = fillByPull(Math.max(0, left), sharing.map(topicClaims(sharing)));
  let at = 0;
  return topics.flatMap((topic) =>
    topic.budget.isSpared ? sparedAllotments(topic) : divided(topic, topicParts[at++]!)
  );
}

/** The size of segments that lets a log keep to its allotment. */
export function segmentBytesFor(allotmentBytes: number, segmentBytes: number): number {
  if (allotmentBytes === Infinity) return segmentBytes;
  const share = Math.floor(allotmentBytes / SEGMENTS_PER_ALLOTMENT);
  return Math.min(segmentBytes, Math.max(SEGMENT_BYTES_MIN, share));
}

function localBytes(partitions: readonly PartitionUse[]): number {
  return partitions.reduce((sum, { sizeBytes, isRemote }) => isRemote ? sum : sum + sizeBytes, 0);
}

function sparedAllotments({ budget, partitions }: TopicUse): Allotment[] {
  return partitions.filter(({ isRemote }) => !isRemote).map(({ partition }) => ({
    topic: budget.name,
    partition,
    bytes: Infinity,
    topicShareBytes: Infinity,
  }));
}

function topicClaims(topics: readonly TopicUse[]): (topic: TopicUse) => Claim {
  const rateOf = ({ partitions }: TopicUse) =>
    partitions.reduce((sum, p) => p.isRemote ? sum : sum + p.bytesPerSecond, 0);
  const total = topics.reduce((sum, topic) => sum + rateOf(topic), 0);
  return (topic) => {
    const { budget, partitions } = topic;
    const local = partitions.filter(({ isRemote }) => !isRemote);
    const claims = local.map((partition) => partitionClaim(budget, partition, 1));
    const sum = (key: "floorBytes" | "wantBytes" | "maxBytes") =>
      claims.reduce((bytes, claim) => bytes + claim[key], 0);
    const maxBytes = Math.min(budget.limitBytes, sum("maxBytes"));
    const floorBytes = Math.min(sum("floorBytes"), maxBytes);
    const wantBytes = Math.max(floorBytes, Math.min(sum("wantBytes"), maxBytes));
    const pull = budget.weight * demand(rateOf(topic), total, topics.length);
    return { floorBytes, wantBytes, maxBytes: Math.max(maxBytes, wantBytes), pull };
  };
}

/** One for being there, and one more for each time that the mean rate is had. */
function demand(rate: number, totalRate: number, count: number): number {
  return totalRate <= 0 ? 1 : 1 + rate * count / totalRate;
}

function partitionClaim(
  { minBytes, partitionLimitBytes }: TopicBudget,
  { sizeBytes, bytesPerSecond }: PartitionUse,
  pull: number,
): Claim {
  const maxBytes = Math.max(partitionLimitBytes, minBytes);
  const floorBytes = Math.min(Math.max(minBytes, SEGMENT_BYTES_MIN), maxBytes);
  const growing = sizeBytes + bytesPerSecond * HORIZON_SECONDS;
  const wantBytes = Math.max(floorBytes, Math.min(growing, maxBytes));
  return { floorBytes, wantBytes, maxBytes, pull };
}

function divided({ budget, partitions }: TopicUse, partBytes: number): Allotment[] {
  const { name: topic, limitBytes, partitionLimitBytes } = budget;
  const local = partitions.filter(({ isRemote }) => !isRemote);
  const parts = shares(budget, local, partBytes);
  const ofTopic = limitBytes === Infinity ? undefined : shares(budget, partitions, limitBytes);
  const allotments: Allotment[] = [];
  for (const [i, { partition, isRemote }] of partitions.entries()) {
    if (isRemote) continue;
    const topicShareBytes = ofTopic?.[i] ?? Infinity;
    const bytes = Math.min(parts[allotments.length]!, topicShareBytes, partitionLimitBytes);
    allotments.push({ topic, partition, bytes, topicShareBytes });
  }
  return allotments;
}

function shares(
  budget: TopicBudget,
  partitions: readonly PartitionUse[],
  totalBytes: number,
): number[] {
  const rates = partitions.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
  const claims = partitions.map((use) =>
    partitionClaim(budget, use, demand(use.bytesPerSecond, rates, partitions.length))
  );
  return fillByPull(totalBytes, claims);
}
