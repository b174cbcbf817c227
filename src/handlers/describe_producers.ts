/**
 * DescribeProducers (key 61), version 0 (KIP-664).
 *
 * The producers that a partition remembers, and the transaction that each has open there.
 */
import type { Broker } from "../broker/broker.ts";
import { topicNameProblem } from "../metadata/topic_names.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { describeProducersApi } from "../protocol/generated/apis/describe_producers.ts";
import type {
  PartitionResponseInit,
  ProducerStateInit,
} from "../protocol/generated/describe_producers_response.ts";
import { type Route, route } from "./route.ts";

export function describeProducersRoute(broker: Broker): Route {
  return route(describeProducersApi, (_context, request) => ({
    throttleTimeMs: 0,
    topics: request.topics.map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((index) => describe(broker, name, index)),
    })),
  }));
}

function describe(broker: Broker, topic: string, partitionIndex: number): PartitionResponseInit {
  if (topicNameProblem(topic) !== undefined) {
    return failed(partitionIndex, ErrorCode.INVALID_TOPIC_EXCEPTION);
  }
  const partition = broker.partitions.find(topic, partitionIndex);
  if (partition === undefined) return failed(partitionIndex, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
  const unavailable = partition.leaderAvailability();
  if (unavailable !== ErrorCode.NONE) return failed(partitionIndex, unavailable);
  const activeProducers: ProducerStateInit[] = [];
  for (const state of partition.log.producers.entries()) {
    activeProducers.push({
      producerId: state.producerId,
      producerEpoch: state.epoch,
      lastSequence: state.batches.at(-1)?.lastSequence ?? -1,
      lastTimestamp: state.lastTimestampMs,
      coordinatorEpoch: state.coordinatorEpoch,
      currentTxnStartOffset: state.txnFirstOffset,
    });
  }
  return { partitionIndex, errorCode: ErrorCode.NONE, errorMessage: null, activeProducers };
}

function failed(partitionIndex: number, errorCode: number): PartitionResponseInit {
  return { partitionIndex, errorCode, errorMessage: null, activeProducers: [] };
}
