import { ErrorCode } from "../protocol/error_codes.ts";
import { fetchApi } from "../protocol/generated/apis/fetch.ts";
import { openBatch } from "../protocol/records/record_reader.ts";
import { batchSizeAt } from "../protocol/records/batch_scan.ts";
import type { ClusterClient } from "./cluster_client.ts";
import { leaderIn } from "./cluster_metadata.ts";

/** A stateless Fetch, which opens no session (KIP-227). */
const NO_SESSION_EPOCH = -1;

/**
 * The time of the first record at or after `offset`, in milliseconds since the epoch; undefined
 * when there is none to be read now.
 */
export async function timestampAt(
  client: ClusterClient,
  topicName: string,
  partition: number,
  offset: number,
): Promise<number | undefined> {
  const topic = await client.topic(topicName);
  const link = await client.link({ to: "broker", id: leaderIn(topic, partition) });
  const response = await link.send(fetchApi, {
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1,
    sessionEpoch: NO_SESSION_EPOCH,
    topics: [{
      topic: topicName,
      topicId: topic.topicId,
      // A broker gives the first batch whole, whatever the limit (KIP-74).
      partitions: [{ partition, fetchOffset: offset, partitionMaxBytes: 1 }],
    }],
    forgottenTopicsData: [],
  });
  const answer = response.responses[0]?.partitions[0];
  if (answer === undefined || answer.errorCode !== ErrorCode.NONE) return undefined;
  const { records } = answer;
  if (records === null || batchSizeAt(records, 0, records.length) <= 0) return undefined;
  const cursor = openBatch(records);
  while (cursor.next()) if (cursor.offset >= offset) return cursor.timestamp;
  return undefined;
}
