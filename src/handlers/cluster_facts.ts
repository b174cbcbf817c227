/** What clients are told of brokers, the same in every answer. */
import type { Broker } from "../broker/broker.ts";
import type { ClusterImage } from "../metadata/cluster_image.ts";
import type { PartitionRegistration } from "../metadata/image/topics_image.ts";

/**
 * The broker that clients take for the controller: the active one, and this one while none is known,
 * since every broker hands on what only the controller decides.
 */
export function controllerId({ quorum, identity }: Broker): number {
  const leader = quorum.image.brokers.byId(quorum.leaderId);
  return leader === undefined || leader.fenced ? identity.brokerId : leader.id;
}

/** Replicas whose brokers are down, or not there at all. */
export function offlineReplicas(
  { brokers }: ClusterImage,
  { replicas }: PartitionRegistration,
): readonly number[] {
  return replicas.filter((id) => brokers.byId(id)?.fenced !== false);
}
