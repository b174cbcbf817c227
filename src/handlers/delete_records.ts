/**
 * DeleteRecords (key 21), versions 0 to 2.
 *
 * Moves the log start offset up; -1 stands for the high watermark. An offset at or below the start
 * is a success that changes nothing. The answer waits until the followers that are up have moved
 * theirs, as long as the client allows.
 */
import type { Broker } from "../broker/broker.ts";
import type { Partition } from "../broker/partition.ts";
import { isInternalTopic } from "../metadata/topic_names.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { deleteRecordsApi } from "../protocol/generated/apis/delete_records.ts";
import type { DeleteRecordsPartition } from "../protocol/generated/delete_records_request.ts";
import type {
  DeleteRecordsPartitionResultInit,
  DeleteRecordsResponseInit,
} from "../protocol/generated/delete_records_response.ts";
import { type Route, route } from "./route.ts";

export function deleteRecordsRoute(broker: Broker): Route {
  return route(deleteRecordsApi, (_context, request) => {
    const topics = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((asked) => deleteRecords(broker, name, asked)),
    }));
    // Records that were reported gone must not come back after a crash.
    if (!broker.partitions.saveLogStarts()) {
      return {
        throttleTimeMs: 0,
        topics: topics.map(({ name, partitions }) => ({ name, partitions: partitions.map(lost) })),
      };
    }
    const isReplicated = topics.some(({ name, partitions }) =>
      partitions.some((result) => followersLag(broker, name, result))
    );
    if (!isReplicated) return { throttleTimeMs: 0, topics };
    return whenFollowersAre(broker, topics, request.timeoutMs);
  });
}

interface TopicResults {
  readonly name: string;
  readonly partitions: readonly DeleteRecordsPartitionResultInit[];
}

function followersLag(
  broker: Broker,
  topic: string,
  { partitionIndex, errorCode, lowWatermark }: DeleteRecordsPartitionResultInit,
): boolean {
  const partition = broker.partitions.find(topic, partitionIndex);
  return partition !== undefined && errorCode === ErrorCode.NONE &&
    lowWatermarkOf(broker, partition) < lowWatermark;
}

function lowWatermarkOf({ partitions }: Broker, partition: Partition): number {
  return partition.lowWatermark((brokerId) => partitions.isUp(brokerId));
}

/** The results, when every follower that is up has dropped the records or the time is over. */
async function whenFollowersAre(
  broker: Broker,
  topics: readonly TopicResults[],
  timeoutMs: number,
): Promise<DeleteRecordsResponseInit> {
  const { clock } = broker;
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  const settle = async (topic: string, result: DeleteRecordsPartitionResultInit) => {
    const { partitionIndex, lowWatermark } = result;
    const partition = broker.partitions.find(topic, partitionIndex);
    if (partition === undefined || result.errorCode !== ErrorCode.NONE) return result;
    while (lowWatermarkOf(broker, partition) < lowWatermark) {
      const leftMs = deadlineMs - clock.monotonicMs();
      if (leftMs <= 0) return failed(partitionIndex, ErrorCode.REQUEST_TIMED_OUT);
      const errorCode = await followersMoved(clock, partition, lowWatermark, leftMs);
      if (errorCode !== ErrorCode.NONE && errorCode !== ErrorCode.REQUEST_TIMED_OUT) {
        return failed(partitionIndex, errorCode);
      }
    }
    return { ...result, lowWatermark: lowWatermarkOf(broker, partition) };
  };
  const settled = await Promise.all(topics.map(async ({ name, partitions }) => ({
    name,
    partitions: await Promise.all(partitions.map((result) => settle(name, result))),
  })));
  return { throttleTimeMs: 0, topics: settled };
}

/** A follower that is fenced meanwhile is no longer waited for, so that the wait is looked after. */
const LOOK_AGAIN_MS = 500;

async function followersMoved(
  clock: Broker["clock"],
  partition: Partition,
  offset: number,
  leftMs: number,
): Promise<number> {
  const wait = partition.whenStartReaches(offset);
  const timer = clock.schedule(
    Math.min(leftMs, LOOK_AGAIN_MS),
    () => wait.giveUp(ErrorCode.REQUEST_TIMED_OUT),
  );
  const errorCode = await wait.outcome;
  timer.cancel();
  return errorCode;
}

function failed(partitionIndex: number, errorCode: number): DeleteRecordsPartitionResultInit {
  return { partitionIndex, lowWatermark: -1, errorCode };
}

function lost(result: DeleteRecordsPartitionResultInit): DeleteRecordsPartitionResultInit {
  if (result.errorCode !== ErrorCode.NONE) return result;
  return failed(result.partitionIndex, ErrorCode.KAFKA_STORAGE_ERROR);
}

function deleteRecords(
  broker: Broker,
  topic: string,
  asked: DeleteRecordsPartition,
): DeleteRecordsPartitionResultInit {
  const { partitionIndex, offset } = asked;
  const partition = broker.partitions.find(topic, partitionIndex);
  if (partition === undefined) {
    return failed(partitionIndex, broker.partitions.whyMissing(topic, partitionIndex));
  }
  if (isInternalTopic(topic)) return failed(partitionIndex, ErrorCode.INVALID_TOPIC_EXCEPTION);
  const unavailable = partition.leaderAvailability();
  if (unavailable !== ErrorCode.NONE) return failed(partitionIndex, unavailable);
  const { cleanupCompact, cleanupDelete } = partition.topic.settings.log;
  if (cleanupCompact && !cleanupDelete) return failed(partitionIndex, ErrorCode.POLICY_VIOLATION);
  return { partitionIndex, ...partition.deleteRecordsBefore(offset) };
}
