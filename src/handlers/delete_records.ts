/**
 * DeleteRecords (key 21), versions 0 to 2.
 *
 * Moves the log start offset up; -1 stands for the high watermark. An offset at or below the start
 * is a success that changes nothing.
 */
import type { Broker } from "../broker/broker.ts";
import { isInternalTopic } from "../metadata/topic_names.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { deleteRecordsApi } from "../protocol/generated/apis/delete_records.ts";
import type { DeleteRecordsPartition } from "../protocol/generated/delete_records_request.ts";
import type { DeleteRecordsPartitionResultInit } from "../protocol/generated/delete_records_response.ts";
import { type Route, route } from "./route.ts";

export function deleteRecordsRoute(broker: Broker): Route {
  return route(deleteRecordsApi, (_context, request) => {
    const topics = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((asked) => deleteRecords(broker, name, asked)),
    }));
    // Records that were reported gone must not come back after a crash.
    if (broker.partitions.saveLogStarts()) return { throttleTimeMs: 0, topics };
    return {
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitions }) => ({ name, partitions: partitions.map(lost) })),
    };
  });
}

function lost(result: DeleteRecordsPartitionResultInit): DeleteRecordsPartitionResultInit {
  if (result.errorCode !== ErrorCode.NONE) return result;
  const { partitionIndex } = result;
  return { partitionIndex, lowWatermark: -1, errorCode: ErrorCode.KAFKA_STORAGE_ERROR };
}

function deleteRecords(
  broker: Broker,
  topic: string,
  asked: DeleteRecordsPartition,
): DeleteRecordsPartitionResultInit {
  const { partitionIndex, offset } = asked;
  const failed = (errorCode: number) => ({ partitionIndex, lowWatermark: -1, errorCode });
  const partition = broker.partitions.find(topic, partitionIndex);
  if (partition === undefined) return failed(broker.partitions.whyMissing(topic, partitionIndex));
  if (isInternalTopic(topic)) return failed(ErrorCode.INVALID_TOPIC_EXCEPTION);
  const unavailable = partition.availability();
  if (unavailable !== ErrorCode.NONE) return failed(unavailable);
  const { cleanupCompact, cleanupDelete } = partition.topic.settings.log;
  if (cleanupCompact && !cleanupDelete) return failed(ErrorCode.POLICY_VIOLATION);
  return { partitionIndex, ...partition.deleteRecordsBefore(offset) };
}
