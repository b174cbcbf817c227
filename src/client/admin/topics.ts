import { ZERO_UUID } from "../../base/uuid.ts";
import { ErrorCode } from "../../protocol/error_codes.ts";
import { createPartitionsApi } from "../../protocol/generated/apis/create_partitions.ts";
import { createTopicsApi } from "../../protocol/generated/apis/create_topics.ts";
import { deleteRecordsApi } from "../../protocol/generated/apis/delete_records.ts";
import { deleteTopicsApi } from "../../protocol/generated/apis/delete_topics.ts";
import type { CreatableTopicResult } from "../../protocol/generated/create_topics_response.ts";
import type { MetadataResponseTopic } from "../../protocol/generated/metadata_response.ts";
import type { ClusterClient } from "../cluster_client.ts";
import { leaderIn } from "../cluster_metadata.ts";
import { expectNoError, noSuchTopic } from "../errors.ts";

/** A topic to be made. -1 for a count means: as the brokers are configured. */
export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly configs: ReadonlyMap<string, string>;
}

const CONTROLLER = { to: "controller" } as const;

/**
 * Makes a topic.
 * @param validateOnly checks alone, and makes nothing
 * @throws {BrokerError}
 */
export async function createTopic(
  client: ClusterClient,
  topic: NewTopic,
  validateOnly = false,
): Promise<CreatableTopicResult> {
  const check = (result: CreatableTopicResult | undefined): void => {
    const code = result?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
    expectNoError(code, `topic ${topic.name}`, result?.errorMessage);
  };
  const response = await client.call(CONTROLLER, createTopicsApi, {
    topics: [{
      name: topic.name,
      numPartitions: topic.partitions,
      replicationFactor: topic.replicationFactor,
      assignments: [],
      configs: [...topic.configs].map(([name, value]) => ({ name, value })),
    }],
    timeoutMs: client.requestTimeoutMs,
    validateOnly,
  }, { check: ({ topics }) => check(topics[0]) });
  return response.topics[0]!;
}

/** All topics that there are, by name. */
export async function listTopics(client: ClusterClient): Promise<MetadataResponseTopic[]> {
  const { topics } = await client.refresh(null);
  return [...topics].sort((a, b) => compareNames(a.name ?? "", b.name ?? ""));
}

/**
 * Metadata of the topics named, in that order.
 * @throws {BrokerError} when one does not exist
 */
export async function describeTopics(
  client: ClusterClient,
  names: readonly string[],
): Promise<MetadataResponseTopic[]> {
  if (names.length === 0) return [];
  const { topics } = await client.refresh(names);
  return names.map((name) => {
    const topic = topics.find((topic) => topic.name === name);
    const code = topic?.errorCode ?? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
    if (code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) throw noSuchTopic(name);
    expectNoError(code, `topic ${name}`);
    return topic!;
  });
}

/** @throws {BrokerError} */
export async function deleteTopic(client: ClusterClient, name: string): Promise<void> {
  await client.call(CONTROLLER, deleteTopicsApi, {
    topics: [{ name, topicId: ZERO_UUID }],
    topicNames: [],
    timeoutMs: client.requestTimeoutMs,
  }, {
    versionMin: 6,
    check: ({ responses }) => {
      const code = responses[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      // A topic that is not there will not come by waiting.
      if (code === ErrorCode.UNKNOWN_TOPIC_OR_PARTITION) throw noSuchTopic(name);
      expectNoError(code, `topic ${name}`, responses[0]?.errorMessage);
    },
  });
  client.metadata.forgetTopic(name);
}

/** Sees to it that the topic has `count` partitions. @throws {BrokerError} */
export async function addPartitions(
  client: ClusterClient,
  name: string,
  count: number,
  validateOnly = false,
): Promise<void> {
  await client.call(CONTROLLER, createPartitionsApi, {
    topics: [{ name, count, assignments: null }],
    timeoutMs: client.requestTimeoutMs,
    validateOnly,
  }, {
    check: ({ results }) => {
      const code = results[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, `topic ${name}`, results[0]?.errorMessage);
    },
  });
  client.metadata.forgetTopic(name);
}

/**
 * Makes what is before `offset` unreadable.
 * @param offset -1 for the high watermark
 * @returns the new start of the log
 * @throws {BrokerError}
 */
export async function deleteRecords(
  client: ClusterClient,
  topic: string,
  partition: number,
  offset: number,
): Promise<number> {
  leaderIn(await client.topic(topic), partition);
  const response = await client.call({ to: "leader", topic, partition }, deleteRecordsApi, {
    topics: [{ name: topic, partitions: [{ partitionIndex: partition, offset }] }],
    timeoutMs: client.requestTimeoutMs,
  }, {
    check: ({ topics }) => {
      const code = topics[0]?.partitions[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
      expectNoError(code, `partition ${topic}-${partition}`);
    },
  });
  return response.topics[0]!.partitions[0]!.lowWatermark;
}

/** Orders names as code points are. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
