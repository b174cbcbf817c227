/**
 * What is answered when the disk has no room for the metadata that were decided: each thing that
 * was to be changed is told KAFKA_STORAGE_ERROR, on which clients try again. Nothing was changed.
 */
import { ZERO_UUID } from "../base/uuid.ts";
import { isMetadataDiskFull } from "../broker/metadata_log/decisions.ts";
import type { ApiDefinition } from "../protocol/codec.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { alterClientQuotasApi } from "../protocol/generated/apis/alter_client_quotas.ts";
import { alterConfigsApi } from "../protocol/generated/apis/alter_configs.ts";
import { alterPartitionReassignmentsApi } from "../protocol/generated/apis/alter_partition_reassignments.ts";
import { alterUserScramCredentialsApi } from "../protocol/generated/apis/alter_user_scram_credentials.ts";
import { createPartitionsApi } from "../protocol/generated/apis/create_partitions.ts";
import { createTopicsApi } from "../protocol/generated/apis/create_topics.ts";
import { deleteTopicsApi } from "../protocol/generated/apis/delete_topics.ts";
import { electLeadersApi } from "../protocol/generated/apis/elect_leaders.ts";
import { incrementalAlterConfigsApi } from "../protocol/generated/apis/incremental_alter_configs.ts";
import { unregisterBrokerApi } from "../protocol/generated/apis/unregister_broker.ts";
import { updateFeaturesApi } from "../protocol/generated/apis/update_features.ts";
import type { Route } from "./route.ts";

const FAILURE = {
  errorCode: ErrorCode.KAFKA_STORAGE_ERROR,
  errorMessage: "The disk of the metadata log is full; nothing was changed.",
};
const FAILED = { throttleTimeMs: 0, ...FAILURE };

type Refusal = (request: unknown) => object;

const REFUSALS: ReadonlyMap<number, Refusal> = new Map([
  refusal(createTopicsApi, ({ topics }) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name }) => ({ name, topicId: ZERO_UUID, ...FAILURE, configs: null })),
  })),
  refusal(deleteTopicsApi, ({ topics, topicNames }) => ({
    throttleTimeMs: 0,
    responses: [
      ...topics.map(({ name, topicId }) => ({ name, topicId, ...FAILURE })),
      ...topicNames.map((name) => ({ name, topicId: ZERO_UUID, ...FAILURE })),
    ],
  })),
  refusal(createPartitionsApi, ({ topics }) => ({
    throttleTimeMs: 0,
    results: topics.map(({ name }) => ({ name, ...FAILURE })),
  })),
  refusal(alterConfigsApi, ({ resources }) => refusedResources(resources)),
  refusal(incrementalAlterConfigsApi, ({ resources }) => refusedResources(resources)),
  refusal(electLeadersApi, ({ topicPartitions }) => ({
    throttleTimeMs: 0,
    errorCode: FAILURE.errorCode,
    replicaElectionResults: (topicPartitions ?? []).map(({ topic, partitions }) => ({
      topic,
      partitionResult: partitions.map((partitionId) => ({ partitionId, ...FAILURE })),
    })),
  })),
  refusal(alterPartitionReassignmentsApi, () => ({ ...FAILED, responses: [] })),
  refusal(alterClientQuotasApi, ({ entries }) => ({
    throttleTimeMs: 0,
    entries: entries.map(({ entity }) => ({ ...FAILURE, entity })),
  })),
  refusal(alterUserScramCredentialsApi, ({ deletions, upsertions }) => {
    const users = new Set([...deletions, ...upsertions].map(({ name }) => name));
    return {
      throttleTimeMs: 0,
      results: Array.from(users, (user) => ({ user, ...FAILURE })),
    };
  }),
  refusal(updateFeaturesApi, ({ featureUpdates }) => ({
    ...FAILED,
    results: featureUpdates.map(({ feature }) => ({ feature, ...FAILURE })),
  })),
  refusal(unregisterBrokerApi, () => FAILED),
]);

/** The route, with an answer for what the disk has no room for. */
export function answeringFullDisk(row: Route): Route {
  const refuse = REFUSALS.get(row.api.key);
  if (refuse === undefined) return row;
  return {
    ...row,
    handle(context, request) {
      const reply = row.handle(context, request);
      if (!(reply instanceof Promise)) return reply;
      return reply.catch((error) => {
        if (!isMetadataDiskFull(error)) throw error;
        return refuse(request);
      });
    },
  };
}

/** A row of {@link REFUSALS}, typed by its API. */
function refusal<Request, Response extends object>(
  { key }: ApiDefinition<Request, Response>,
  refuse: (request: Request) => NoInfer<Response>,
): readonly [number, Refusal] {
  return [key, refuse as Refusal];
}

function refusedResources(
  resources: readonly { readonly resourceType: number; readonly resourceName: string }[],
) {
  const responses = resources.map(({ resourceType, resourceName }) => ({
    ...FAILURE,
    resourceType,
    resourceName,
  }));
  return { throttleTimeMs: 0, responses };
}
