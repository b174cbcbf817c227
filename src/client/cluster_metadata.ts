import type { SocketAddress } from "../io/network.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import type {
  MetadataResponse,
  MetadataResponseBroker,
  MetadataResponsePartition,
  MetadataResponseTopic,
} from "../protocol/generated/metadata_response.ts";
import { BrokerError, noSuchPartition } from "./errors.ts";

/** What the client knows of brokers and topics. Answers of Metadata are merged into it. */
export class ClusterMetadata {
  clusterId: string | null = null;
  controllerId = -1;
  readonly #brokers = new Map<number, MetadataResponseBroker>();
  readonly #topics = new Map<string, MetadataResponseTopic>();

  /** By id, ascending. */
  get brokers(): MetadataResponseBroker[] {
    return [...this.#brokers.values()].sort((a, b) => a.nodeId - b.nodeId);
  }

  /** Takes over `response`. Brokers are replaced; of the topics, those that it names. */
  merge(response: MetadataResponse): void {
    this.clusterId = response.clusterId;
    this.controllerId = response.controllerId;
    this.#brokers.clear();
    for (const broker of response.brokers) this.#brokers.set(broker.nodeId, broker);
    for (const topic of response.topics) {
      if (topic.name === null) continue;
      if (topic.errorCode === ErrorCode.NONE) this.#topics.set(topic.name, topic);
      else this.#topics.delete(topic.name);
    }
  }

  addressOf(brokerId: number): SocketAddress | undefined {
    return this.#brokers.get(brokerId);
  }

  topic(name: string): MetadataResponseTopic | undefined {
    return this.#topics.get(name);
  }

  forgetTopic(name: string): void {
    this.#topics.delete(name);
  }

  forgetController(): void {
    this.controllerId = -1;
  }
}

/** Partitions of `topic` by ascending index. */
export function partitionsOf(topic: MetadataResponseTopic): MetadataResponsePartition[] {
  return [...topic.partitions].sort((a, b) => a.partitionIndex - b.partitionIndex);
}

/**
 * The broker that leads the partition.
 * @throws {BrokerError} when there is no such partition, or it has no leader now
 */
export function leaderIn(topic: MetadataResponseTopic, partition: number): number {
  const found = topic.partitions.find(({ partitionIndex }) => partitionIndex === partition);
  const subject = `partition ${topic.name}-${partition}`;
  if (found === undefined) {
    throw noSuchPartition(topic.name ?? "", partition, topic.partitions.length);
  }
  if (found.leaderId < 0) {
    throw new BrokerError(ErrorCode.LEADER_NOT_AVAILABLE, subject, "it has no leader now");
  }
  return found.leaderId;
}
