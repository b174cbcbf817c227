/** Registration of brokers, and what their restart means for leadership. Pure. */
import type { Uuid } from "../base/uuid.ts";
import type { ClusterImage } from "./cluster_image.ts";
import type { Decision } from "./decision.ts";
import { SUPPORTED_FEATURES } from "./features.ts";
import type { BrokerEndpoint } from "./image/brokers_image.ts";
import { NO_LEADER } from "./image/topics_image.ts";
import type { MetadataRecordInit } from "./records.ts";

/** A broker that has started. */
export interface StartedBroker {
  readonly id: number;
  /** Made anew at this start. */
  readonly incarnationId: Uuid;
  readonly endpoints: readonly BrokerEndpoint[];
  readonly rack: string | null;
  /** The id of its data directory. */
  readonly logDirs: readonly Uuid[];
}

/**
 * Registers a broker that is ready to serve, in place of its last registration. The response is
 * its epoch.
 *
 * @param brokerEpoch above that of every earlier registration: the next offset of the metadata log
 */
export function registerBroker(
  broker: StartedBroker,
  brokerEpoch: number,
): Decision<{ readonly brokerEpoch: number }> {
  return {
    records: [{
      type: "RegisterBrokerRecord",
      value: {
        brokerId: broker.id,
        incarnationId: broker.incarnationId,
        brokerEpoch,
        endPoints: broker.endpoints,
        features: SUPPORTED_FEATURES.map(({ name, min, max }) => ({
          name,
          minSupportedVersion: min,
          maxSupportedVersion: max,
        })),
        rack: broker.rack,
        fenced: false,
        logDirs: broker.logDirs,
      },
    }],
    response: { brokerEpoch },
  };
}

/**
 * Begins a new leader epoch in every partition that `brokerId` leads, or that has no leader and
 * `brokerId` in sync. After an unclean stop its log may have lost a tail, and what is written in
 * place of it must be told apart from what was there (KIP-101).
 */
export function renewLeadership(image: ClusterImage, brokerId: number): MetadataRecordInit[] {
  const records: MetadataRecordInit[] = [];
  for (const { id: topicId, partitions } of image.topics.all()) {
    for (const { partitionId, leader, isr } of partitions) {
      const leads = leader === brokerId || (leader === NO_LEADER && isr.includes(brokerId));
      if (!leads) continue;
      records.push({
        type: "PartitionChangeRecord",
        value: { partitionId, topicId, leader: brokerId },
      });
    }
  }
  return records;
}
