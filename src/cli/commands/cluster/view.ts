import { describeCluster, describeQuorum } from "../../../client/admin/cluster.ts";
import { ConfigResourceType, describeConfigs } from "../../../client/admin/configs.ts";
import { listTopics } from "../../../client/admin/topics.ts";
import type { ClusterClient } from "../../../client/cluster_client.ts";
import { partitionsOf } from "../../../client/cluster_metadata.ts";
import { BrokerError, UnsupportedApiError } from "../../../client/errors.ts";
import type { DescribeClusterResponse } from "../../../protocol/generated/describe_cluster_response.ts";
import type { PartitionData as QuorumPartition } from "../../../protocol/generated/describe_quorum_response.ts";
import type { ClusterView, PartitionView, QuorumView } from "./health_report.ts";

const MIN_IN_SYNC = "min.insync.replicas";

/** What a cluster tells of itself, read for a judgement of its health. */
export interface ClusterState {
  readonly described: DescribeClusterResponse;
  readonly quorum: QuorumPartition | undefined;
  readonly view: ClusterView;
}

export async function readCluster(client: ClusterClient): Promise<ClusterState> {
  const described = await describeCluster(client);
  const quorum = await quorumIfServed(client);
  const partitions: PartitionView[] = [];
  for (const topic of await listTopics(client)) {
    const isReplicated = topic.partitions.some(({ replicaNodes }) => replicaNodes.length > 1);
    // A single replica can't fall below a minimum: there is no leader then.
    const minInSync = isReplicated ? await minInSyncOf(client, topic.name!) : 1;
    for (const partition of partitionsOf(topic)) {
      const { leaderId, replicaNodes, isrNodes, offlineReplicas } = partition;
      partitions.push({
        topic: topic.name!,
        partition: partition.partitionIndex,
        leader: leaderId < 0 ? undefined : leaderId,
        replicas: replicaNodes,
        inSync: isrNodes,
        offline: offlineReplicas,
        minInSync: Math.min(minInSync, replicaNodes.length),
      });
    }
  }
  const brokers = described.brokers.map(({ brokerId, isFenced }) => ({ id: brokerId, isFenced }))
    .sort((a, b) => a.id - b.id);
  return { described, quorum, view: { brokers, partitions, quorum: quorumView(quorum) } };
}

async function minInSyncOf(client: ClusterClient, name: string): Promise<number> {
  const resource = { type: ConfigResourceType.topic, name } as const;
  const configs = await describeConfigs(client, resource, [MIN_IN_SYNC]);
  return Number(configs.find(({ name }) => name === MIN_IN_SYNC)?.value ?? 1);
}

/** Clusters with ZooKeeper have no quorum to describe. */
async function quorumIfServed(client: ClusterClient): Promise<QuorumPartition | undefined> {
  try {
    return await describeQuorum(client);
  } catch (error) {
    if (error instanceof UnsupportedApiError || error instanceof BrokerError) return undefined;
    throw error;
  }
}

function quorumView(quorum: QuorumPartition | undefined): QuorumView | undefined {
  if (quorum === undefined) return undefined;
  const { leaderId, currentVoters } = quorum;
  const end = currentVoters.find(({ replicaId }) => replicaId === leaderId)?.logEndOffset ??
    quorum.highWatermark;
  return {
    leader: leaderId < 0 ? undefined : leaderId,
    voterLags: new Map(
      currentVoters.map(({ replicaId, logEndOffset }) => [
        replicaId,
        logEndOffset < 0 ? Infinity : Math.max(0, end - logEndOffset),
      ]),
    ),
  };
}
