/**
 * DescribeQuorum (key 55), versions 0 to 2.
 *
 * Leader, epoch, voters and progress of the metadata log, which is partition 0 of
 * `__cluster_metadata`; there is no other partition to ask for.
 */
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

export function describeQuorumRoute(broker: Broker): Route {
  return route(describeQuorumApi, (context, request): DescribeQuorumResponseInit => ({
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    topics: request.topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) =>
        topicName === CLUSTER_METADATA_TOPIC && partitionIndex === 0
          ? described(broker)
          : unknown(partitionIndex)
      ),
    })),
    nodes: nodes(broker, context.connection),
  }));
}

function described(broker: Broker): PartitionDataInit {
  const { leaderId, leaderEpoch, highWatermark, voters, observers } = broker.quorum.describe();
  return {
    partitionIndex: 0,
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    leaderId,
    leaderEpoch,
    highWatermark,
    currentVoters: voters.map(replica),
    observers: observers.map(replica),
  };
}

function replica(state: QuorumReplica): ReplicaStateInit {
  return {
    replicaId: state.replicaId,
    replicaDirectoryId: state.directoryId,
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
