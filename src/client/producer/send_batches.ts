import { ErrorCode } from "../../protocol/error_codes.ts";
import { produceApi } from "../../protocol/generated/apis/produce.ts";
import type { MetadataResponseTopic } from "../../protocol/generated/metadata_response.ts";
import type { ClusterClient } from "../cluster_client.ts";
import { BrokerError } from "../errors.ts";
import type { PartitionQueue, SealedBatch } from "./partition_queue.ts";

/** A batch and the queue that it came from. */
export interface PartitionBatch {
  readonly queue: PartitionQueue;
  readonly batch: SealedBatch;
}

/**
 * Produces one batch for each of several partitions of a topic, all led by `leader`.
 *
 * @returns for each batch the error that the broker answered with, or undefined
 * @throws when there was no answer
 */
export async function sendBatches(
  client: ClusterClient,
  leader: number,
  topic: MetadataResponseTopic,
  acks: number,
  batches: readonly PartitionBatch[],
): Promise<(BrokerError | undefined)[]> {
  const link = await client.link({ to: "broker", id: leader });
  const version = link.version(produceApi);
  const request = {
    acks,
    timeoutMs: client.requestTimeoutMs,
    topicData: [{
      name: topic.name!,
      topicId: topic.topicId,
      partitionData: batches.map(({ queue, batch }) => ({
        index: queue.partition,
        records: batch.bytes,
      })),
    }],
  };
  if (acks === 0) {
    await link.connection.post(produceApi, version, request);
    return batches.map(() => undefined);
  }
  const response = await link.connection.send(produceApi, version, request);
  const answers = response.responses[0]?.partitionResponses ?? [];
  return batches.map(({ queue: { partition } }) => {
    const answer = answers.find(({ index }) => index === partition);
    const code = answer?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    if (code === ErrorCode.NONE) return undefined;
    return new BrokerError(code, `partition ${topic.name}-${partition}`, answer?.errorMessage);
  });
}
