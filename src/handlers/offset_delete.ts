/**
 * OffsetDelete (key 47), version 0 (KIP-496).
 *
 * Removes committed offsets. Of a group with members only those in topics that nobody subscribes
 * to; an offset that is not there is a success.
 */
import type { Broker } from "../broker/broker.ts";
import type { DeletedOffsets, TopicPartition } from "../coordinator/group/group_events.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { offsetDeleteApi } from "../protocol/generated/apis/offset_delete.ts";
import type { OffsetDeleteRequest } from "../protocol/generated/offset_delete_request.ts";
import type { OffsetDeleteResponseInit } from "../protocol/generated/offset_delete_response.ts";
import { type Route, route } from "./route.ts";

export function offsetDeleteRoute(broker: Broker): Route {
  return route(offsetDeleteApi, (_context, request) => offsetDelete(broker, request));
}

async function offsetDelete(
  broker: Broker,
  { groupId, topics }: OffsetDeleteRequest,
): Promise<OffsetDeleteResponseInit> {
  const shard = broker.groups.find(groupId);
  const failed = (errorCode: number) => ({ errorCode, throttleTimeMs: 0, topics: [] });
  if (typeof shard === "number") return failed(shard);
  const partitions: TopicPartition[] = [];
  for (const { name, partitions: asked } of topics) {
    for (const { partitionIndex } of asked) {
      if (exists(broker, name, partitionIndex)) {
        partitions.push({ topic: name, partition: partitionIndex });
      }
    }
  }
  const { errorCode, partitionErrors } = await shard.ask<DeletedOffsets>((token) => ({
    type: "delete_offsets",
    token,
    groupId,
    partitions,
  }));
  if (errorCode !== ErrorCode.NONE) return failed(errorCode);
  let next = 0;
  return {
    errorCode: ErrorCode.NONE,
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions: asked }) => ({
      name,
      partitions: asked.map(({ partitionIndex }) => {
        const asksFor = partitions[next];
        const wasAsked = asksFor?.topic === name && asksFor.partition === partitionIndex;
        return {
          partitionIndex,
          errorCode: wasAsked
            ? partitionErrors[next++] ?? ErrorCode.NONE
            : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
        };
      }),
    })),
  };
}

function exists(broker: Broker, topic: string, partition: number): boolean {
  return broker.quorum.image.topics.byName(topic)?.partitions[partition] !== undefined;
}
