import type { Broker } from "../broker/broker.ts";
import { createAclsRoute, deleteAclsRoute, describeAclsRoute } from "./access_control.ts";
import { addOffsetsToTxnRoute } from "./add_offsets_to_txn.ts";
import { addPartitionsToTxnRoute } from "./add_partitions_to_txn.ts";
import { alterReplicaLogDirsRoute } from "./alter_replica_log_dirs.ts";
import { apiVersionsRoute } from "./api_versions.ts";
import { decidedRoutes } from "./decided_routes.ts";
import { deleteGroupsRoute } from "./delete_groups.ts";
import { deleteRecordsRoute } from "./delete_records.ts";
import {
  createDelegationTokenRoute,
  describeDelegationTokenRoute,
  expireDelegationTokenRoute,
  renewDelegationTokenRoute,
} from "./delegation_tokens.ts";
import { describeClientQuotasRoute } from "./describe_client_quotas.ts";
import { describeClusterRoute } from "./describe_cluster.ts";
import { describeConfigsRoute } from "./describe_configs.ts";
import { describeGroupsRoute } from "./describe_groups.ts";
import { describeLogDirsRoute } from "./describe_log_dirs.ts";
import { describeProducersRoute } from "./describe_producers.ts";
import { describeTopicPartitionsRoute } from "./describe_topic_partitions.ts";
import { describeTransactionsRoute } from "./describe_transactions.ts";
import { describeUserScramCredentialsRoute } from "./describe_user_scram_credentials.ts";
import { endTxnRoute } from "./end_txn.ts";
import { fetchRoute } from "./fetch.ts";
import { findCoordinatorRoute } from "./find_coordinator.ts";
import { onController } from "./forward.ts";
import { getTelemetrySubscriptionsRoute } from "./get_telemetry_subscriptions.ts";
import { heartbeatRoute } from "./heartbeat.ts";
import { initProducerIdRoute } from "./init_producer_id.ts";
import { joinGroupRoute } from "./join_group.ts";
import { leaveGroupRoute } from "./leave_group.ts";
import { listConfigResourcesRoute } from "./list_config_resources.ts";
import { listGroupsRoute } from "./list_groups.ts";
import { listOffsetsRoute } from "./list_offsets.ts";
import { listPartitionReassignmentsRoute } from "./list_partition_reassignments.ts";
import { listTransactionsRoute } from "./list_transactions.ts";
import { metadataRoute } from "./metadata.ts";
import { offsetCommitRoute } from "./offset_commit.ts";
import { offsetDeleteRoute } from "./offset_delete.ts";
import { offsetFetchRoute } from "./offset_fetch.ts";
import { offsetForLeaderEpochRoute } from "./offset_for_leader_epoch.ts";
import { produceRoute } from "./produce.ts";
import { pushTelemetryRoute } from "./push_telemetry.ts";
import type { Route } from "./route.ts";
import { syncGroupRoute } from "./sync_group.ts";
import { underQuotas } from "./throttling.ts";
import { txnOffsetCommitRoute } from "./txn_offset_commit.ts";
import { writeTxnMarkersRoute } from "./write_txn_markers.ts";

/** Every API that this broker serves, in the order of the keys. */
export function routes(broker: Broker): readonly Route[] {
  const table: readonly Route[] = [
    produceRoute(broker),
    fetchRoute(broker),
    listOffsetsRoute(broker),
    metadataRoute(broker),
    offsetCommitRoute(broker),
    offsetFetchRoute(broker),
    findCoordinatorRoute(broker),
    joinGroupRoute(broker),
    heartbeatRoute(broker),
    leaveGroupRoute(broker),
    syncGroupRoute(broker),
    describeGroupsRoute(broker),
    listGroupsRoute(broker),
    apiVersionsRoute(broker, () => served),
    deleteRecordsRoute(broker),
    initProducerIdRoute(broker),
    offsetForLeaderEpochRoute(broker),
    addPartitionsToTxnRoute(broker),
    addOffsetsToTxnRoute(broker),
    endTxnRoute(broker),
    writeTxnMarkersRoute(broker),
    txnOffsetCommitRoute(broker),
    describeAclsRoute(),
    createAclsRoute(),
    deleteAclsRoute(),
    describeConfigsRoute(broker),
    alterReplicaLogDirsRoute(broker),
    describeLogDirsRoute(broker),
    createDelegationTokenRoute(),
    renewDelegationTokenRoute(),
    expireDelegationTokenRoute(),
    describeDelegationTokenRoute(),
    deleteGroupsRoute(broker),
    listPartitionReassignmentsRoute(broker),
    offsetDeleteRoute(broker),
    describeClientQuotasRoute(broker),
    describeUserScramCredentialsRoute(broker),
    describeClusterRoute(broker),
    describeProducersRoute(broker),
    describeTransactionsRoute(broker),
    listTransactionsRoute(broker),
    getTelemetrySubscriptionsRoute(broker),
    pushTelemetryRoute(broker),
    listConfigResourcesRoute(broker),
    describeTopicPartitionsRoute(broker),
    ...decidedRoutes(broker).map((row) => onController(broker, row)),
  ];
  const served = table.map((row) => underQuotas(broker, row))
    .sort((a, b) => a.api.key - b.api.key);
  return served;
}
