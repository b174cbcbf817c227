/**
 * ListOffsets (key 2), versions 1 to 11.
 *
 * Offsets by time: the ends of a partition, the earliest record at or after a timestamp (looked up
 * inside batches), the record with the largest timestamp. Without tiered storage the local log
 * start is the log start, and no offset is tiered.
 */
import type { Broker } from "../broker/broker.ts";
import type { Isolation, Partition } from "../broker/partition.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { listOffsetsApi } from "../protocol/generated/apis/list_offsets.ts";
import type {
  ListOffsetsPartition,
  ListOffsetsRequest,
} from "../protocol/generated/list_offsets_request.ts";
import type {
  ListOffsetsPartitionResponseInit,
  ListOffsetsResponseInit,
} from "../protocol/generated/list_offsets_response.ts";
import { type RequestContext, type Route, route } from "./route.ts";

/** The special values of the timestamp field, and the version that each came with. */
const LATEST = -1;
const EARLIEST = -2;
const MAX_TIMESTAMP = -3;
const EARLIEST_LOCAL = -4;
const LATEST_TIERED = -5;
const EARLIEST_PENDING_UPLOAD = -6;
const SINCE_VERSION = new Map([
  [LATEST, 1],
  [EARLIEST, 1],
  [MAX_TIMESTAMP, 7],
  [EARLIEST_LOCAL, 8],
  [LATEST_TIERED, 9],
  [EARLIEST_PENDING_UPLOAD, 11],
]);

interface Found {
  readonly offset: number;
  readonly timestamp: number;
  readonly leaderEpoch: number;
}

/** Before it a response has no leader epoch. */
const LEADER_EPOCH_FROM = 4;
/** From this version on clients know that a new leader may not know yet what is committed. */
const NOT_AVAILABLE_FROM = 5;
/** Tools that compare replicas name themselves so, and may ask any. */
const DEBUGGING_REPLICA = -2;

/** A new leader knows less of what is committed than the one before it may have told. */
const NOT_KNOWN_YET = Symbol("not known yet");

const NOT_FOUND: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 };

export function listOffsetsRoute(broker: Broker): Route {
  return route(listOffsetsApi, (context, request) => listOffsets(broker, context, request));
}

function listOffsets(
  broker: Broker,
  context: RequestContext,
  request: ListOffsetsRequest,
): ListOffsetsResponseInit {
  const how: Lookup = {
    isolation: request.isolationLevel === 1 ? "read_committed" : "read_uncommitted",
    apiVersion: context.apiVersion,
    asksAnyReplica: request.replicaId === DEBUGGING_REPLICA,
  };
  const duplicates = namedTwice(request);
  const topics = [];
  for (const { name, partitions } of request.topics) {
    const answers: ListOffsetsPartitionResponseInit[] = [];
    for (const asked of partitions) {
      const key = `${name}:${asked.partitionIndex}`;
      answers.push(
        duplicates.has(key)
          ? failed(asked, ErrorCode.INVALID_REQUEST)
          : lookUp(broker, name, asked, how),
      );
    }
    topics.push({ name, partitions: answers });
  }
  return { throttleTimeMs: 0, topics };
}

function namedTwice(request: ListOffsetsRequest): Set<string> {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const { name, partitions } of request.topics) {
    for (const { partitionIndex } of partitions) {
      const key = `${name}:${partitionIndex}`;
      if (seen.has(key)) twice.add(key);
      seen.add(key);
    }
  }
  return twice;
}

interface Lookup {
  readonly isolation: Isolation;
  readonly apiVersion: number;
  readonly asksAnyReplica: boolean;
}

function lookUp(
  broker: Broker,
  topic: string,
  asked: ListOffsetsPartition,
  how: Lookup,
): ListOffsetsPartitionResponseInit {
  const partition = broker.partitions.find(topic, asked.partitionIndex);
  if (partition === undefined) {
    return failed(asked, broker.partitions.whyMissing(topic, asked.partitionIndex));
  }
  const unavailable = how.asksAnyReplica
    ? partition.availability()
    : partition.leaderAvailability();
  const errorCode = unavailable || partition.checkLeaderEpoch(asked.currentLeaderEpoch);
  if (errorCode !== ErrorCode.NONE) return failed(asked, errorCode);
  const since = SINCE_VERSION.get(asked.timestamp);
  if (asked.timestamp < 0 && (since === undefined || how.apiVersion < since)) {
    return failed(asked, ErrorCode.UNSUPPORTED_VERSION);
  }
  let found: Found | typeof NOT_KNOWN_YET;
  try {
    found = offsetFor(partition, asked.timestamp, how.isolation);
  } catch (error) {
    return failed(asked, partition.failedWith(error));
  }
  if (found === NOT_KNOWN_YET) {
    return failed(
      asked,
      how.apiVersion < NOT_AVAILABLE_FROM
        ? ErrorCode.LEADER_NOT_AVAILABLE
        : ErrorCode.OFFSET_NOT_AVAILABLE,
    );
  }
  const { offset, timestamp, leaderEpoch } = found;
  const answer = { partitionIndex: asked.partitionIndex, errorCode, offset, timestamp };
  return how.apiVersion < LEADER_EPOCH_FROM ? answer : { ...answer, leaderEpoch };
}

function offsetFor(
  partition: Partition,
  timestamp: number,
  isolation: Isolation,
): Found | typeof NOT_KNOWN_YET {
  const { log, leadership, highWatermark } = partition;
  const visibleEnd = partition.visibleEnd(isolation);
  const mayHide = leadership !== undefined && highWatermark < leadership.epochStartOffset;
  switch (timestamp) {
    case LATEST:
      if (mayHide) return NOT_KNOWN_YET;
      return { offset: visibleEnd, timestamp: -1, leaderEpoch: partition.leaderEpoch };
    case EARLIEST:
    case EARLIEST_LOCAL:
      return {
        offset: log.startOffset,
        timestamp: -1,
        leaderEpoch: log.epochAt(log.startOffset) ?? partition.leaderEpoch,
      };
    case LATEST_TIERED:
    case EARLIEST_PENDING_UPLOAD:
      return NOT_FOUND;
    default: {
      const found = timestamp === MAX_TIMESTAMP
        ? log.maxTimestampOffset()
        : log.offsetForTimestamp(timestamp);
      if (found !== undefined && found.offset < visibleEnd) return found;
      return mayHide ? NOT_KNOWN_YET : NOT_FOUND;
    }
  }
}

function failed(asked: ListOffsetsPartition, errorCode: number): ListOffsetsPartitionResponseInit {
  return { partitionIndex: asked.partitionIndex, errorCode };
}
