import type { Broker } from "../broker/broker.ts";
import { alterConfigsRoute } from "./alter_configs.ts";
import { apiVersionsRoute } from "./api_versions.ts";
import { createPartitionsRoute } from "./create_partitions.ts";
import { createTopicsRoute } from "./create_topics.ts";
import { deleteRecordsRoute } from "./delete_records.ts";
import { deleteTopicsRoute } from "./delete_topics.ts";
import { describeClusterRoute } from "./describe_cluster.ts";
import { describeConfigsRoute } from "./describe_configs.ts";
import { describeLogDirsRoute } from "./describe_log_dirs.ts";
import { describeQuorumRoute } from "./describe_quorum.ts";
import { describeTopicPartitionsRoute } from "./describe_topic_partitions.ts";
import { fetchRoute } from "./fetch.ts";
import { incrementalAlterConfigsRoute } from "./incremental_alter_configs.ts";
import { initProducerIdRoute } from "./init_producer_id.ts";
import { listConfigResourcesRoute } from "./list_config_resources.ts";
import { listOffsetsRoute } from "./list_offsets.ts";
import { metadataRoute } from "./metadata.ts";
import { offsetForLeaderEpochRoute } from "./offset_for_leader_epoch.ts";
import { produceRoute } from "./produce.ts";
import type { Route } from "./route.ts";
import { updateFeaturesRoute } from "./update_features.ts";

/** Every API that this broker serves, in the order of the keys. */
export function routes(broker: Broker): readonly Route[] {
  const table: readonly Route[] = [
    produceRoute(broker),
    fetchRoute(broker),
    listOffsetsRoute(broker),
    metadataRoute(broker),
    apiVersionsRoute(broker, () => table),
    createTopicsRoute(broker),
    deleteTopicsRoute(broker),
    deleteRecordsRoute(broker),
    initProducerIdRoute(broker),
    offsetForLeaderEpochRoute(broker),
    describeConfigsRoute(broker),
    alterConfigsRoute(broker),
    describeLogDirsRoute(broker),
    createPartitionsRoute(broker),
    incrementalAlterConfigsRoute(broker),
    describeQuorumRoute(broker),
    updateFeaturesRoute(broker),
    describeClusterRoute(broker),
    listConfigResourcesRoute(broker),
    describeTopicPartitionsRoute(broker),
  ];
  return table;
}
