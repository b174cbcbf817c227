import { randomUuid } from "../base/uuid.ts";
import type { Random } from "../io/random.ts";
import { ANY_PARTITIONS, type PartitionPermits } from "../metadata/partition_permits.ts";
import type { PlacementContext } from "../metadata/partitions.ts";
import type { BudgetOfBroker } from "../metadata/storage/minimums.ts";
import { createTopics } from "../metadata/topics.ts";
import type { BrokerConfigLayers } from "../metadata/config/effective.ts";
import { createTopicsApi } from "../protocol/generated/apis/create_topics.ts";
import type { CreateTopicsRequest } from "../protocol/generated/create_topics_request.ts";
import type { CreateTopicsResponseInit } from "../protocol/generated/create_topics_response.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { type ControllerChannel, isControllerLost } from "./cluster/controller_channel.ts";
import { isMetadataDiskFull, type MetadataDecisions } from "./metadata_log/decisions.ts";
import { type MetadataQuorum, NotControllerError } from "./metadata_quorum.ts";

/** Stands for "the default of the broker" in the counts of a CreateTopics request. */
const BROKER_DEFAULT = -1;

/** The version in which the active controller is asked for topics. */
const CREATE_TOPICS_VERSION = 7;
/** How long it may take to find a controller that creates them. */
const CREATE_MS_MAX = 10_000;

/** What {@link TopicCreation} works with. */
export interface TopicCreationOptions {
  readonly decisions: MetadataDecisions;
  readonly random: Random;
  readonly layers: () => BrokerConfigLayers;
  readonly quorum: Pick<MetadataQuorum, "isLeader">;
  /** What the logs of a broker may take. */
  readonly budgetOf: BudgetOfBroker;
  /** Undefined when this broker is the only one that decides. */
  readonly channel: ControllerChannel | undefined;
}

/** Creates topics, asked for or on first use. Random numbers enter the decision here. */
export class TopicCreation {
  constructor(private readonly options: TopicCreationOptions) {}

  /** As the active controller, or by asking it. */
  async decide(
    request: CreateTopicsRequest,
    permits: PartitionPermits = ANY_PARTITIONS,
  ): Promise<CreateTopicsResponseInit> {
    const { decisions, random, layers, quorum, channel, budgetOf } = this.options;
    if (channel !== undefined && !quorum.isLeader) return await this.#ask(channel, request);
    const context = {
      permits,
      ...this.placement(),
      layers: layers(),
      budgetOf,
      newTopicId: () => randomUuid((bytes) => random.fill(bytes)),
    };
    try {
      return await decisions.decide((image) => createTopics(image, request, context));
    } catch (error) {
      const mayRepeat = error instanceof NotControllerError && error.isOutcomeKnown;
      if (channel === undefined || !mayRepeat) throw error;
      return await this.#ask(channel, request);
    }
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
    const refused = new Map<string, number>();
    let results: CreateTopicsResponseInit["topics"];
    try {
      ({ topics: results } = await this.decide({ topics, timeoutMs: 0, validateOnly: false }));
    } catch (error) {
      if (!isControllerLost(error) && !isMetadataDiskFull(error)) throw error;
      // Whoever asks again finds out whether they were created.
      return new Map(names.map((name) => [name, ErrorCode.LEADER_NOT_AVAILABLE]));
    }
    for (const { name, errorCode } of results) {
      if (errorCode !== 0) refused.set(name, errorCode);
    }
    return refused;
  }

  /** Where on the round of brokers placement begins. */
  placement(): PlacementContext {
    const bytes = new Uint8Array(2);
    this.options.random.fill(bytes);
    return { startIndex: bytes[0]!, startShift: bytes[1]! };
  }

  async #ask(
    channel: ControllerChannel,
    request: CreateTopicsRequest,
  ): Promise<CreateTopicsResponseInit> {
    const origin = { clientId: "", clientHost: "", listenerName: "" };
    const version = CREATE_TOPICS_VERSION;
    const { response } = await channel.forward(
      createTopicsApi,
      version,
      request,
      origin,
      CREATE_MS_MAX,
    );
    return response;
  }
}
