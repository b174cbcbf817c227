import { randomUuid } from "../base/uuid.ts";
import type { Random } from "../io/random.ts";
import { ANY_PARTITIONS, type PartitionPermits } from "../metadata/partition_permits.ts";
import type { PlacementContext } from "../metadata/partitions.ts";
import { createTopics } from "../metadata/topics.ts";
import type { BrokerConfigLayers } from "../metadata/config/effective.ts";
import type { CreateTopicsRequest } from "../protocol/generated/create_topics_request.ts";
import type { CreateTopicsResponseInit } from "../protocol/generated/create_topics_response.ts";
import type { MetadataDecisions } from "./metadata_log/decisions.ts";

/** Stands for "the default of the broker" in the counts of a CreateTopics request. */
const BROKER_DEFAULT = -1;

/** Creates topics, asked for or on first use. Random numbers enter the decision here. */
export class TopicCreation {
  constructor(
    private readonly decisions: MetadataDecisions,
    private readonly random: Random,
    private readonly layers: () => BrokerConfigLayers,
  ) {}

  decide(
    request: CreateTopicsRequest,
    permits: PartitionPermits = ANY_PARTITIONS,
  ): Promise<CreateTopicsResponseInit> {
    const context = {
      permits,
      ...this.placement(),
      layers: this.layers(),
      newTopicId: () => randomUuid((bytes) => this.random.fill(bytes)),
    };
    return this.decisions.decide((image) => createTopics(image, request, context));
  }

  /**
   * Creates topics with the defaults of the broker.
   * @returns the error codes of those that were refused; a topic that is there by now is none
   */
  async create(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const topics = names.map((name) => ({
      name,
      numPartitions: BROKER_DEFAULT,
      replicationFactor: BROKER_DEFAULT,
      assignments: [],
      configs: [],
    }));
    const { topics: results } = await this.decide({ topics, timeoutMs: 0, validateOnly: false });
    const refused = new Map<string, number>();
    for (const { name, errorCode } of results) {
      if (errorCode !== 0) refused.set(name, errorCode);
    }
    return refused;
  }

  /** Where on the round of brokers placement begins. */
  placement(): PlacementContext {
    const bytes = new Uint8Array(2);
    this.random.fill(bytes);
    return { startIndex: bytes[0]!, startShift: bytes[1]! };
  }
}
