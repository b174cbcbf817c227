import { ErrorCode } from "../protocol/error_codes.ts";
import { listOffsetsApi } from "../protocol/generated/apis/list_offsets.ts";
import type { ClusterClient } from "./cluster_client.ts";
import { leaderIn } from "./cluster_metadata.ts";
import { BrokerError } from "./errors.ts";

/** Timestamps that stand for positions in ListOffsets. */
export const EARLIEST = -2;
export const LATEST = -1;

/** One partition of one topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A question: which offset has the first record at or after the time. */
export interface OffsetQuestion extends TopicPartition {
  /** Milliseconds since the epoch, {@link EARLIEST} or {@link LATEST}. */
  readonly timestamp: number;
}

/** The answer. */
export interface ListedOffset extends TopicPartition {
  /** -1 when no record is that late. */
  readonly offset: number;
  /** Of the record at the offset; -1 where a position was asked for. */
  readonly timestamp: number;
}

/**
 * Asks the leaders; answers come in the order of the questions.
 *
 * @param isolationLevel 1 counts what transactions have not decided as not there
 * @throws {BrokerError} when a partition does not exist or has no leader for too long
 */
export function listOffsets(
  client: ClusterClient,
  questions: readonly OffsetQuestion[],
  isolationLevel = 0,
): Promise<ListedOffset[]> {
  return client.retrying(
    () => askLeaders(client, questions, isolationLevel),
    () => questions.forEach(({ topic }) => client.metadata.forgetTopic(topic)),
  );
}

async function askLeaders(
  client: ClusterClient,
  questions: readonly OffsetQuestion[],
  isolationLevel: number,
): Promise<ListedOffset[]> {
  const byLeader = new Map<number, number[]>();
  for (const [index, { topic, partition }] of questions.entries()) {
    const leader = leaderIn(await client.topic(topic), partition);
    const others = byLeader.get(leader);
    if (others === undefined) byLeader.set(leader, [index]);
    else others.push(index);
  }
  const listed: ListedOffset[] = [];
  await Promise.all([...byLeader].map(async ([leader, indexes]) => {
    const asked = indexes.map((index) => questions[index]!);
    const answers = await askLeader(client, leader, asked, isolationLevel);
    indexes.forEach((index, i) => listed[index] = answers[i]!);
  }));
  return listed;
}

async function askLeader(
  client: ClusterClient,
  leader: number,
  questions: readonly OffsetQuestion[],
  isolationLevel: number,
): Promise<ListedOffset[]> {
  const link = await client.link({ to: "broker", id: leader });
  const topics = [...new Set(questions.map(({ topic }) => topic))];
  const response = await link.send(listOffsetsApi, {
    replicaId: -1,
    isolationLevel,
    timeoutMs: client.requestTimeoutMs,
    topics: topics.map((name) => ({
      name,
      partitions: questions.filter(({ topic }) => topic === name).map((question) => ({
        partitionIndex: question.partition,
        timestamp: question.timestamp,
      })),
    })),
  });
  const answers = new Map(
    response.topics.flatMap(({ name, partitions }) =>
      partitions.map((answer) => [`${name}:${answer.partitionIndex}`, answer])
    ),
  );
  return questions.map(({ topic, partition }) => {
    const answer = answers.get(`${topic}:${partition}`);
    const code = answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (answer === undefined || code !== ErrorCode.NONE) {
      throw new BrokerError(code, `offsets of partition ${topic}-${partition}`);
    }
    return { topic, partition, offset: answer.offset, timestamp: answer.timestamp };
  });
}
