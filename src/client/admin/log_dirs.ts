import { describeLogDirsApi } from "../../protocol/generated/apis/describe_log_dirs.ts";
import type { DescribeLogDirsResult } from "../../protocol/generated/describe_log_dirs_response.ts";
import type { ClusterClient } from "../cluster_client.ts";
import { expectNoError } from "../errors.ts";

/** What one broker keeps on its disks. */
export interface BrokerLogDirs {
  readonly brokerId: number;
  readonly logDirs: readonly DescribeLogDirsResult[];
}

/**
 * Asks all brokers that are up.
 * @param topics null for all
 */
export async function describeLogDirs(
  client: ClusterClient,
  topics: ReadonlyMap<string, readonly number[]> | null,
): Promise<BrokerLogDirs[]> {
  const wanted = topics === null
    ? null
    : [...topics].map(([topic, partitions]) => ({ topic, partitions: [...partitions] }));
  const ids = await client.brokerIds();
  return await Promise.all(ids.map(async (brokerId) => {
    const response = await client.call({ to: "broker", id: brokerId }, describeLogDirsApi, {
      topics: wanted,
    }, { check: ({ errorCode }) => expectNoError(errorCode, `log directories of ${brokerId}`) });
    return { brokerId, logDirs: response.results };
  }));
}

/** Bytes of each replica: by `topic:partition:broker`. */
export function replicaSizes(brokers: readonly BrokerLogDirs[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { brokerId, logDirs } of brokers) {
    for (const { topics } of logDirs) {
      for (const { name, partitions } of topics) {
        for (const { partitionIndex, partitionSize, isFutureKey } of partitions) {
          if (!isFutureKey) sizes.set(`${name}:${partitionIndex}:${brokerId}`, partitionSize);
        }
      }
    }
  }
  return sizes;
}
