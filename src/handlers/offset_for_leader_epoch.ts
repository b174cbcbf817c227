/**
 * OffsetForLeaderEpoch (key 23), versions 2 to 4.
 *
 * Where a leader epoch ends in our log, so that a client or follower can tell whether what it has
 * was truncated away (KIP-101, KIP-279, KIP-320).
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { offsetForLeaderEpochApi } from "../protocol/generated/apis/offset_for_leader_epoch.ts";
import type { OffsetForLeaderPartition } from "../protocol/generated/offset_for_leader_epoch_request.ts";
import type { EpochEndOffsetInit } from "../protocol/generated/offset_for_leader_epoch_response.ts";
import { type Route, route } from "./route.ts";

export function offsetForLeaderEpochRoute(broker: Broker): Route {
  return route(offsetForLeaderEpochApi, (_context, request) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((asked) => endOfEpoch(broker, topic, asked)),
    })),
  }));
}

function endOfEpoch(
  broker: Broker,
  topic: string,
  asked: OffsetForLeaderPartition,
): EpochEndOffsetInit {
  const partition = broker.partitions.find(topic, asked.partition);
  if (partition === undefined) {
    const errorCode = broker.partitions.whyMissing(topic, asked.partition);
    return { partition: asked.partition, errorCode };
  }
  const errorCode = partition.leaderAvailability() ||
    partition.checkLeaderEpoch(asked.currentLeaderEpoch);
  if (errorCode !== ErrorCode.NONE) return { partition: asked.partition, errorCode };
  try {
    const { epoch, endOffset } = partition.endOffsetForEpoch(asked.leaderEpoch);
    return { partition: asked.partition, errorCode, leaderEpoch: epoch, endOffset };
  } catch (error) {
    return { partition: asked.partition, errorCode: partition.failedWith(error) };
  }
}
