/**
 * What keeps eligible leader replicas (KIP-966) sound when `min.insync.replicas` changes. A replica is
 * eligible because the high watermark stood still since it left the in-sync set. That ends when the
 * minimum falls to what is in sync: from then on records are acknowledged that it has not. Pure.
 */
import type { ClusterImage } from "./cluster_image.ts";
import type { ConfigMap } from "./config/effective.ts";
import { ALL_BROKERS, type ConfigResource } from "./config_resources.ts";
import { ConfigResourceType } from "./image/configs_image.ts";
import type { Topic } from "./image/topics_image.ts";
import { configuredMinInsync } from "./leadership_rules.ts";
import type { MetadataRecordInit } from "./records.ts";

const MIN_INSYNC = "min.insync.replicas";

/**
 * Ends the eligibility of replicas that the new configuration of a resource leaves without ground.
 * Where nobody is in sync nothing is acknowledged, and it goes on.
 *
 * @param after what is set on the resource once it is altered
 */
export function eligibilityEnded(
  image: ClusterImage,
  { resourceType, resourceName }: ConfigResource,
  after: ConfigMap,
): readonly MetadataRecordInit[] {
  const before = image.configs.of(resourceType, resourceName);
  if (before.get(MIN_INSYNC) === after.get(MIN_INSYNC)) return [];
  const clusterWide = image.configs.of(ConfigResourceType.BROKER, ALL_BROKERS);
  if (resourceType === ConfigResourceType.TOPIC) {
    const topic = image.topics.byName(resourceName);
    return topic === undefined ? [] : endedOf(topic, configuredMinInsync(after, clusterWide));
  }
  if (resourceType !== ConfigResourceType.BROKER || resourceName !== ALL_BROKERS) return [];
  return [...image.topics.all()].flatMap((topic) => {
    const own = image.configs.of(ConfigResourceType.TOPIC, topic.name);
    return endedOf(topic, configuredMinInsync(own, after));
  });
}

function endedOf({ id: topicId, partitions }: Topic, minInsync: number): MetadataRecordInit[] {
  return partitions
    .filter(({ isr, replicas, eligibleLeaderReplicas }) =>
      eligibleLeaderReplicas.length > 0 &&
      isr.length >= Math.min(minInsync, replicas.length)
    )
    .map(({ partitionId }) => ({
      type: "PartitionChangeRecord",
      value: { partitionId, topicId, eligibleLeaderReplicas: [] },
    }));
}

/**
 * Goes back to in-sync sets alone. Where such a set is empty, the replicas that are eligible make it:
 * they have all that was acknowledged.
 */
export function eligibilityDropped(image: ClusterImage): readonly MetadataRecordInit[] {
  const records: MetadataRecordInit[] = [];
  for (const { id: topicId, partitions } of image.topics.all()) {
    for (const { partitionId, isr, eligibleLeaderReplicas: eligible, lastKnownElr } of partitions) {
      if (eligible.length === 0 && lastKnownElr.length === 0) continue;
      const inSync = isr.length === 0 ? { isr: eligible } : {};
      const none = { eligibleLeaderReplicas: [], lastKnownElr: [] };
      records.push({
        type: "PartitionChangeRecord",
        value: { partitionId, topicId, ...inSync, ...none },
      });
    }
  }
  return records;
}

/**
 * Makes `min.insync.replicas` of the broker that decides the cluster's, when the cluster has none: an
 * operator who gave it to the brokers at their start means all of them.
 */
export function adoptMinInsyncReplicas(
  image: ClusterImage,
  staticConfigs: ConfigMap,
): readonly MetadataRecordInit[] {
  const value = staticConfigs.get(MIN_INSYNC);
  const clusterWide = image.configs.of(ConfigResourceType.BROKER, ALL_BROKERS);
  if (value === undefined || clusterWide.has(MIN_INSYNC)) return [];
  return [{
    type: "ConfigRecord",
    value: {
      resourceType: ConfigResourceType.BROKER,
      resourceName: ALL_BROKERS,
      name: MIN_INSYNC,
      value,
    },
  }];
}
