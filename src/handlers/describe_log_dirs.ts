/**
 * DescribeLogDirs (key 35), versions 1 to 4.
 *
 * The one data directory, the sizes of the logs in it, and the space of its file system.
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { describeLogDirsApi } from "../protocol/generated/apis/describe_log_dirs.ts";
import type { DescribeLogDirsRequest } from "../protocol/generated/describe_log_dirs_request.ts";
import type { DescribeLogDirsPartitionInit } from "../protocol/generated/describe_log_dirs_response.ts";
import { type Route, route } from "./route.ts";

export function describeLogDirsRoute(broker: Broker): Route {
  return route(describeLogDirsApi, (_context, request) => {
    const space = broker.disk.space();
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      results: [{
        errorCode: ErrorCode.NONE,
        logDir: broker.settings.dataDir,
        topics: sizes(broker, request),
        totalBytes: space?.totalBytes ?? -1,
        usableBytes: space?.usableBytes ?? -1,
      }],
    };
  });
}

function sizes(broker: Broker, request: DescribeLogDirsRequest) {
  const asked = request.topics === null
    ? undefined
    : new Map(request.topics.map(({ topic, partitions }) => [topic, new Set(partitions)]));
  const byTopic = new Map<string, DescribeLogDirsPartitionInit[]>();
  for (const { topic, index, log, highWatermark } of broker.partitions.all()) {
    if (asked !== undefined && asked.get(topic.name)?.has(index) !== true) continue;
    let partitions = byTopic.get(topic.name);
    if (partitions === undefined) byTopic.set(topic.name, partitions = []);
    partitions.push({
      partitionIndex: index,
      partitionSize: log.sizeBytes,
      offsetLag: Math.max(0, highWatermark - log.endOffset),
      isFutureKey: false,
    });
  }
  return Array.from(byTopic, ([name, partitions]) => ({ name, partitions }));
}
