/** By which rules the leaders of a topic are elected: who lives, and what the topic asks for. Pure. */
import { type Uuid, ZERO_UUID } from "../base/uuid.ts";
import type { ClusterImage } from "./cluster_image.ts";
import {
  type BrokerConfigLayers,
  type ConfigMap,
  DEFAULT_LAYERS,
  effectiveTopicBoolean,
  effectiveTopicNumber,
} from "./config/effective.ts";
import { ALL_BROKERS } from "./config_resources.ts";
import { ConfigResourceType } from "./image/configs_image.ts";
import type { PartitionRegistration, Topic } from "./image/topics_image.ts";
import type { Election, ElectionRules } from "./partition_change.ts";

/** The feature that keeps eligible leader replicas (KIP-966). */
export const ELIGIBLE_REPLICAS_FEATURE = "eligible.leader.replicas.version";

/** Brokers that a decision is about, while the image still has them as they were. */
export interface BrokerTransitions {
  /** Fenced or shut down by this decision. */
  readonly leaving?: ReadonlySet<number>;
  /** Unfenced by this decision. */
  readonly joining?: number;
}

const NOBODY: ReadonlySet<number> = new Set();

/** Rules for partitions, one topic after the other, against one image. */
export class LeadershipRules {
  private readonly leaving: ReadonlySet<number>;
  private readonly joining: number | undefined;
  private readonly keepsEligibleReplicas: boolean;

  constructor(
    private readonly image: ClusterImage,
    /** The settings of the broker that decides. */
    private readonly layers: BrokerConfigLayers,
    { leaving = NOBODY, joining }: BrokerTransitions = {},
  ) {
    this.leaving = leaving;
    this.joining = joining;
    this.keepsEligibleReplicas = image.featureLevel(ELIGIBLE_REPLICAS_FEATURE) > 0;
  }

  /** @param election undefined for what `unclean.leader.election.enable` of the topic says */
  of(topic: Topic, partition: PartitionRegistration, election?: Election): ElectionRules {
    const { replicas, directories } = partition;
    return {
      election: election ?? (this.allowsUnclean(topic) ? "unclean" : "online"),
      minInsyncReplicas: minInsyncReplicas(this.image, topic, partition),
      keepsEligibleReplicas: this.keepsEligibleReplicas,
      mayLead: (id) =>
        this.isActive(id) && this.hasDirectory(id, directories[replicas.indexOf(id)]),
    };
  }

  /** Whether the setting of the topic lets a replica lead that is not in sync. */
  allowsUnclean(topic: Topic): boolean {
    const own = this.image.configs.of(ConfigResourceType.TOPIC, topic.name);
    return effectiveTopicBoolean("unclean.leader.election.enable", own, this.layers);
  }

  /** Registered, not fenced, not about to go. */
  isActive(brokerId: number): boolean {
    if (this.leaving.has(brokerId)) return false;
    return this.joining === brokerId || isActive(this.image, brokerId);
  }

  private hasDirectory(brokerId: number, directory: Uuid | undefined): boolean {
    if (directory === undefined || directory === ZERO_UUID) return true;
    const logDirs = this.image.brokers.byId(brokerId)?.logDirs ?? [];
    return logDirs.length === 0 || logDirs.includes(directory);
  }
}

/** Registered, not fenced, and not shutting down: may lead, be in sync and take new replicas. */
export function isActive(image: ClusterImage, brokerId: number): boolean {
  const broker = image.brokers.byId(brokerId);
  return broker !== undefined && !broker.fenced && !broker.inControlledShutdown;
}

/**
 * `min.insync.replicas` as all brokers see it alike: of the topic, else of the cluster, else 1, and
 * never more than there are replicas. What a broker was started with has no part in it, for it may
 * differ from broker to broker: a leader must never go on where another broker counts on it to wait.
 */
export function minInsyncReplicas(
  image: ClusterImage,
  { name }: Topic,
  { replicas }: { readonly replicas: readonly number[] },
): number {
  const clusterWide = image.configs.of(ConfigResourceType.BROKER, ALL_BROKERS);
  const own = image.configs.of(ConfigResourceType.TOPIC, name);
  return Math.min(configuredMinInsync(own, clusterWide), replicas.length);
}

/** `min.insync.replicas` by the settings of a topic and those of all brokers. */
export function configuredMinInsync(own: ConfigMap, clusterWide: ConfigMap): number {
  const layers = { ...DEFAULT_LAYERS, dynamicDefault: clusterWide };
  return effectiveTopicNumber("min.insync.replicas", own, layers);
}
