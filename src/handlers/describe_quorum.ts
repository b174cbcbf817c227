/**
 * DescribeQuorum (key 55), versions 0 to 2.
 *
 * Leader, epoch, voters and progress of the metadata log, which is partition 0 of
 * `__cluster_metadata`; there is no other partition to ask for.
 */
import { ZERO_UUID } from "../base/uuid.ts";
import type { Broker } from "../broker/broker.ts";
import type { QuorumReplica } from "../broker/metadata_quorum.ts";
import { CLUSTER_METADATA_TOPIC } from "../metadata/topic_names.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { describeQuorumApi } from "../protocol/generated/apis/describe_quorum.ts";
import type {
  DescribeQuorumResponseInit,
  PartitionDataInit,
  ReplicaStateInit,
} from "../protocol/generated/describe_quorum_response.ts";
import { endpointFor } from "./endpoints.ts";
import { type ConnectionContext, type Route, route } from "./route.ts";

/** From this version on a response tells who the voters are by directory, and where (KIP-853). */
const DIRECTORIES_FROM = 2;

export function describeQuorumRoute(broker: Broker): Route {
  return route(describeQuorumApi, (context, request): DescribeQuorumResponseInit => ({
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topics: request.topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) =>
        topicName === CLUSTER_METADATA_TOPIC && partitionIndex === 0
          ? described(broker, context.apiVersion >= DIRECTORIES_FROM)
          : unknown(partitionIndex)
      ),
    })),
    nodes: context.apiVersion >= DIRECTORIES_FROM ? nodes(broker, context.connection) : [],
  }));
}

function described(broker: Broker, withDirectories: boolean): PartitionDataInit {
  const { leaderId, leaderEpoch, highWatermark, voters, observers } = broker.quorum.describe();
  return {
    partitionIndex: 0,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    leaderId,
    leaderEpoch,
    highWatermark,
    currentVoters: voters.map((state) => replica(state, withDirectories)),
    observers: observers.map((state) => replica(state, withDirectories)),
  };
}

function replica(state: QuorumReplica, withDirectories: boolean): ReplicaStateInit {
  return {
    replicaId: state.replicaId,
    replicaDirectoryId: withDirectories ? state.directoryId : ZERO_UUID,
    logEndOffset: state.logEndOffset,
    lastFetchTimestamp: state.lastFetchTimestampMs,
    lastCaughtUpTimestamp: state.lastCaughtUpTimestampMs,
  };
}

function unknown(partitionIndex: number): PartitionDataInit {
  return {
    partitionIndex,
    errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    errorMessage: "There is no such partition of a quorum.",
    leaderId: -1,
    leaderEpoch: -1,
    highWatermark: -1,
    currentVoters: [],
    observers: [],
  };
}

function nodes(broker: Broker, connection: ConnectionContext) {
  const described = [];
  for (const registration of broker.quorum.image.brokers.all()) {
    const endpoint = endpointFor(broker, connection, registration);
    if (endpoint === undefined) continue;
    const { host, port } = endpoint;
    const listeners = [{ name: connection.listenerName, host, port }];
    described.push({ nodeId: registration.id, listeners });
  }
  return described;
}
