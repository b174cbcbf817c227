import { describeClusterApi } from "../../protocol/generated/apis/describe_cluster.ts";
import { describeQuorumApi } from "../../protocol/generated/apis/describe_quorum.ts";
import { electLeadersApi } from "../../protocol/generated/apis/elect_leaders.ts";
import type { DescribeClusterResponse } from "../../protocol/generated/describe_cluster_response.ts";
import type { PartitionData as QuorumPartition } from "../../protocol/generated/describe_quorum_response.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import type { ClusterClient } from "../cluster_client.ts";
import { BrokerError, expectNoError } from "../errors.ts";
import type { TopicPartition } from "../list_offsets.ts";

/** The log that the quorum agrees on. */
const METADATA_TOPIC = "__cluster_metadata";
const PREFERRED = 0;

/** Brokers, those that are registered and fenced too where the cluster can tell (KIP-1073). */
export async function describeCluster(client: ClusterClient): Promise<DescribeClusterResponse> {
  const link = await client.link({ to: "any" });
  const tellsFenced = link.version(describeClusterApi) >= 2;
  return await client.call({ to: "any" }, describeClusterApi, {
    includeClusterAuthorizedOperations: false,
    includeFencedBrokers: tellsFenced,
  }, { check: ({ errorCode, errorMessage }) => expectNoError(errorCode, "cluster", errorMessage) });
}

/** The voters and observers of the metadata quorum (KIP-595). @throws {BrokerError} */
export async function describeQuorum(client: ClusterClient): Promise<QuorumPartition> {
  const response = await client.call({ to: "any" }, describeQuorumApi, {
    topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }],
  }, {
    check: ({ errorCode, errorMessage, topics }) => {
      expectNoError(errorCode, "quorum", errorMessage);
      const partition = topics[0]?.partitions[0];
      const code = partition?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, "quorum", partition?.errorMessage);
    },
  });
  return response.topics[0]!.partitions[0]!;
}

/** The outcome of an election for one partition. */
export interface ElectionResult extends TopicPartition {
  /** Undefined when the preferred replica leads now. */
  readonly error: BrokerError | undefined;
}

/**
 * Has the preferred replicas elected leaders (KIP-183).
 * @param partitions null for all
 * @returns the partitions where there was something to do
 */
export async function electPreferredLeaders(
  client: ClusterClient,
  partitions: readonly TopicPartition[] | null,
): Promise<ElectionResult[]> {
  const topics = partitions === null ? [] : [...new Set(partitions.map(({ topic }) => topic))];
  const response = await client.call({ to: "controller" }, electLeadersApi, {
    electionType: PREFERRED,
    topicPartitions: partitions === null ? null : topics.map((topic) => ({
      topic,
      partitions: partitions.filter((p) => p.topic === topic).map(({ partition }) => partition),
    })),
    timeoutMs: client.requestTimeoutMs,
  }, { check: ({ errorCode }) => expectNoError(errorCode, "election") });
  return response.replicaElectionResults.flatMap(({ topic, partitionResult }) =>
    partitionResult
      .filter(({ errorCode }) => errorCode !== ErrorCode.ELECTION_NOT_NEEDED)
      .map(({ partitionId, errorCode, errorMessage }) => ({
        topic,
        partition: partitionId,
        error: errorCode === ErrorCode.NONE
          ? undefined
          : new BrokerError(errorCode, `partition ${topic}-${partitionId}`, errorMessage),
      }))
  );
}
