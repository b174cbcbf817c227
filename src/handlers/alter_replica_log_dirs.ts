/**
 * AlterReplicaLogDirs (key 34), versions 1 and 2.
 *
 * There is one data directory: a replica that is to be there is there already, and any other
 * directory is unknown.
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { alterReplicaLogDirsApi } from "../protocol/generated/apis/alter_replica_log_dirs.ts";
import type { AlterReplicaLogDirPartitionResult } from "../protocol/generated/alter_replica_log_dirs_response.ts";
import { type Route, route } from "./route.ts";

export function alterReplicaLogDirsRoute(broker: Broker): Route {
  return route(alterReplicaLogDirsApi, (_context, { dirs }) => {
    const byTopic = new Map<string, AlterReplicaLogDirPartitionResult[]>();
    for (const { path, topics } of dirs) {
      for (const { name, partitions } of topics) {
        const results = byTopic.get(name) ?? [];
        byTopic.set(name, results);
        for (const partitionIndex of partitions) {
          const errorCode = move(broker, path, name, partitionIndex);
          results.push({ partitionIndex, errorCode });
        }
      }
    }
    const results = Array.from(byTopic, ([topicName, partitions]) => ({ topicName, partitions }));
    return { throttleTimeMs: 0, results };
  });
}

function move(broker: Broker, path: string, topic: string, index: number): number {
  if (path !== broker.settings.dataDir) return ErrorCode.LOG_DIR_NOT_FOUND;
  const partition = broker.partitions.find(topic, index);
  if (partition === undefined) return ErrorCode.REPLICA_NOT_AVAILABLE;
  return partition.isOnline ? ErrorCode.NONE : ErrorCode.KAFKA_STORAGE_ERROR;
}
