import type { ApiSchema, MessageSchema } from "./model.ts";
import { addOffsetsToTxnSchema } from "./add_offsets_to_txn.ts";
import { addPartitionsToTxnSchema } from "./add_partitions_to_txn.ts";
import { addRaftVoterSchema } from "./add_raft_voter.ts";
import { allocateProducerIdsSchema } from "./allocate_producer_ids.ts";
import { alterClientQuotasSchema } from "./alter_client_quotas.ts";
import { alterConfigsSchema } from "./alter_configs.ts";
import { alterPartitionSchema } from "./alter_partition.ts";
import { alterPartitionReassignmentsSchema } from "./alter_partition_reassignments.ts";
import { alterReplicaLogDirsSchema } from "./alter_replica_log_dirs.ts";
import { alterShareGroupOffsetsSchema } from "./alter_share_group_offsets.ts";
import { alterUserScramCredentialsSchema } from "./alter_user_scram_credentials.ts";
import { apiVersionsSchema } from "./api_versions.ts";
import { assignReplicasToDirsSchema } from "./assign_replicas_to_dirs.ts";
import { beginQuorumEpochSchema } from "./begin_quorum_epoch.ts";
import { brokerHeartbeatSchema } from "./broker_heartbeat.ts";
import { brokerRegistrationSchema } from "./broker_registration.ts";
import { consumerGroupDescribeSchema } from "./consumer_group_describe.ts";
import { consumerGroupHeartbeatSchema } from "./consumer_group_heartbeat.ts";
import { controllerRegistrationSchema } from "./controller_registration.ts";
import { createAclsSchema } from "./create_acls.ts";
import { createDelegationTokenSchema } from "./create_delegation_token.ts";
import { createPartitionsSchema } from "./create_partitions.ts";
import { createTopicsSchema } from "./create_topics.ts";
import { deleteAclsSchema } from "./delete_acls.ts";
import { deleteGroupsSchema } from "./delete_groups.ts";
import { deleteRecordsSchema } from "./delete_records.ts";
import { deleteShareGroupOffsetsSchema } from "./delete_share_group_offsets.ts";
import { deleteShareGroupStateSchema } from "./delete_share_group_state.ts";
import { deleteTopicsSchema } from "./delete_topics.ts";
import { describeAclsSchema } from "./describe_acls.ts";
import { describeClientQuotasSchema } from "./describe_client_quotas.ts";
import { describeClusterSchema } from "./describe_cluster.ts";
import { describeConfigsSchema } from "./describe_configs.ts";
import { describeDelegationTokenSchema } from "./describe_delegation_token.ts";
import { describeGroupsSchema } from "./describe_groups.ts";
import { describeLogDirsSchema } from "./describe_log_dirs.ts";
import { describeProducersSchema } from "./describe_producers.ts";
import { describeQuorumSchema } from "./describe_quorum.ts";
import { describeShareGroupOffsetsSchema } from "./describe_share_group_offsets.ts";
import { describeTopicPartitionsSchema } from "./describe_topic_partitions.ts";
import { describeTransactionsSchema } from "./describe_transactions.ts";
import { describeUserScramCredentialsSchema } from "./describe_user_scram_credentials.ts";
import { electLeadersSchema } from "./elect_leaders.ts";
import { endQuorumEpochSchema } from "./end_quorum_epoch.ts";
import { endTxnSchema } from "./end_txn.ts";
import { envelopeSchema } from "./envelope.ts";
import { expireDelegationTokenSchema } from "./expire_delegation_token.ts";
import { fetchSchema } from "./fetch.ts";
import { fetchSnapshotSchema } from "./fetch_snapshot.ts";
import { findCoordinatorSchema } from "./find_coordinator.ts";
import { getTelemetrySubscriptionsSchema } from "./get_telemetry_subscriptions.ts";
import { heartbeatSchema } from "./heartbeat.ts";
import { incrementalAlterConfigsSchema } from "./incremental_alter_configs.ts";
import { initProducerIdSchema } from "./init_producer_id.ts";
import { initializeShareGroupStateSchema } from "./initialize_share_group_state.ts";
import { joinGroupSchema } from "./join_group.ts";
import { leaveGroupSchema } from "./leave_group.ts";
import { listConfigResourcesSchema } from "./list_config_resources.ts";
import { listGroupsSchema } from "./list_groups.ts";
import { listOffsetsSchema } from "./list_offsets.ts";
import { listPartitionReassignmentsSchema } from "./list_partition_reassignments.ts";
import { listTransactionsSchema } from "./list_transactions.ts";
import { metadataSchema } from "./metadata.ts";
import { offsetCommitSchema } from "./offset_commit.ts";
import { offsetDeleteSchema } from "./offset_delete.ts";
import { offsetFetchSchema } from "./offset_fetch.ts";
import { offsetForLeaderEpochSchema } from "./offset_for_leader_epoch.ts";
import { produceSchema } from "./produce.ts";
import { pushTelemetrySchema } from "./push_telemetry.ts";
import { readShareGroupStateSchema } from "./read_share_group_state.ts";
import { readShareGroupStateSummarySchema } from "./read_share_group_state_summary.ts";
import { removeRaftVoterSchema } from "./remove_raft_voter.ts";
import { renewDelegationTokenSchema } from "./renew_delegation_token.ts";
import { saslAuthenticateSchema } from "./sasl_authenticate.ts";
import { saslHandshakeSchema } from "./sasl_handshake.ts";
import { shareAcknowledgeSchema } from "./share_acknowledge.ts";
import { shareFetchSchema } from "./share_fetch.ts";
import { shareGroupDescribeSchema } from "./share_group_describe.ts";
import { shareGroupHeartbeatSchema } from "./share_group_heartbeat.ts";
import { streamsGroupDescribeSchema } from "./streams_group_describe.ts";
import { streamsGroupHeartbeatSchema } from "./streams_group_heartbeat.ts";
import { syncGroupSchema } from "./sync_group.ts";
import { txnOffsetCommitSchema } from "./txn_offset_commit.ts";
import { unregisterBrokerSchema } from "./unregister_broker.ts";
import { updateFeaturesSchema } from "./update_features.ts";
import { updateRaftVoterSchema } from "./update_raft_voter.ts";
import { voteSchema } from "./vote.ts";
import { writeShareGroupStateSchema } from "./write_share_group_state.ts";
import { writeTxnMarkersSchema } from "./write_txn_markers.ts";
import { requestHeaderSchema, responseHeaderSchema } from "./header.ts";
import {
  consumerProtocolAssignmentSchema,
  consumerProtocolSubscriptionSchema,
} from "./common/consumer_protocol.ts";
import { defaultPrincipalDataSchema } from "./common/default_principal_data.ts";
import { endTxnMarkerSchema } from "./common/end_txn_marker.ts";
import { kraftVersionRecordSchema } from "./common/kraft_version_record.ts";
import { leaderChangeMessageSchema } from "./common/leader_change_message.ts";
import { snapshotFooterRecordSchema } from "./common/snapshot_footer_record.ts";
import { snapshotHeaderRecordSchema } from "./common/snapshot_header_record.ts";
import { votersRecordSchema } from "./common/voters_record.ts";
import {
  consumerGroupCurrentMemberAssignmentKeySchema,
  consumerGroupCurrentMemberAssignmentValueSchema,
} from "./group_coordinator/consumer_group_current_member_assignment.ts";
import {
  consumerGroupMemberMetadataKeySchema,
  consumerGroupMemberMetadataValueSchema,
} from "./group_coordinator/consumer_group_member_metadata.ts";
import {
  consumerGroupMetadataKeySchema,
  consumerGroupMetadataValueSchema,
} from "./group_coordinator/consumer_group_metadata.ts";
import {
  consumerGroupPartitionMetadataKeySchema,
  consumerGroupPartitionMetadataValueSchema,
} from "./group_coordinator/consumer_group_partition_metadata.ts";
import {
  consumerGroupRegularExpressionKeySchema,
  consumerGroupRegularExpressionValueSchema,
} from "./group_coordinator/consumer_group_regular_expression.ts";
import {
  consumerGroupTargetAssignmentMemberKeySchema,
  consumerGroupTargetAssignmentMemberValueSchema,
} from "./group_coordinator/consumer_group_target_assignment_member.ts";
import {
  consumerGroupTargetAssignmentMetadataKeySchema,
  consumerGroupTargetAssignmentMetadataValueSchema,
} from "./group_coordinator/consumer_group_target_assignment_metadata.ts";
import {
  groupMetadataKeySchema,
  groupMetadataValueSchema,
} from "./group_coordinator/group_metadata.ts";
import {
  legacyOffsetCommitKeySchema,
  legacyOffsetCommitValueSchema,
} from "./group_coordinator/legacy_offset_commit.ts";
import {
  offsetCommitKeySchema,
  offsetCommitValueSchema,
} from "./group_coordinator/offset_commit.ts";
import {
  shareGroupCurrentMemberAssignmentKeySchema,
  shareGroupCurrentMemberAssignmentValueSchema,
} from "./group_coordinator/share_group_current_member_assignment.ts";
import {
  shareGroupMemberMetadataKeySchema,
  shareGroupMemberMetadataValueSchema,
} from "./group_coordinator/share_group_member_metadata.ts";
import {
  shareGroupMetadataKeySchema,
  shareGroupMetadataValueSchema,
} from "./group_coordinator/share_group_metadata.ts";
import {
  shareGroupStatePartitionMetadataKeySchema,
  shareGroupStatePartitionMetadataValueSchema,
} from "./group_coordinator/share_group_state_partition_metadata.ts";
import {
  shareGroupTargetAssignmentMemberKeySchema,
  shareGroupTargetAssignmentMemberValueSchema,
} from "./group_coordinator/share_group_target_assignment_member.ts";
import {
  shareGroupTargetAssignmentMetadataKeySchema,
  shareGroupTargetAssignmentMetadataValueSchema,
} from "./group_coordinator/share_group_target_assignment_metadata.ts";
import {
  streamsGroupCurrentMemberAssignmentKeySchema,
  streamsGroupCurrentMemberAssignmentValueSchema,
} from "./group_coordinator/streams_group_current_member_assignment.ts";
import {
  streamsGroupMemberMetadataKeySchema,
  streamsGroupMemberMetadataValueSchema,
} from "./group_coordinator/streams_group_member_metadata.ts";
import {
  streamsGroupMetadataKeySchema,
  streamsGroupMetadataValueSchema,
} from "./group_coordinator/streams_group_metadata.ts";
import {
  streamsGroupTargetAssignmentMemberKeySchema,
  streamsGroupTargetAssignmentMemberValueSchema,
} from "./group_coordinator/streams_group_target_assignment_member.ts";
import {
  streamsGroupTargetAssignmentMetadataKeySchema,
  streamsGroupTargetAssignmentMetadataValueSchema,
} from "./group_coordinator/streams_group_target_assignment_metadata.ts";
import {
  streamsGroupTopologyKeySchema,
  streamsGroupTopologyValueSchema,
} from "./group_coordinator/streams_group_topology.ts";
import { abortTransactionRecordSchema } from "./metadata/abort_transaction_record.ts";
import { accessControlEntryRecordSchema } from "./metadata/access_control_entry_record.ts";
import { beginTransactionRecordSchema } from "./metadata/begin_transaction_record.ts";
import { brokerRegistrationChangeRecordSchema } from "./metadata/broker_registration_change_record.ts";
import { clearElrRecordSchema } from "./metadata/clear_elr_record.ts";
import { clientQuotaRecordSchema } from "./metadata/client_quota_record.ts";
import { configRecordSchema } from "./metadata/config_record.ts";
import { delegationTokenRecordSchema } from "./metadata/delegation_token_record.ts";
import { endTransactionRecordSchema } from "./metadata/end_transaction_record.ts";
import { featureLevelRecordSchema } from "./metadata/feature_level_record.ts";
import { fenceBrokerRecordSchema } from "./metadata/fence_broker_record.ts";
import { noOpRecordSchema } from "./metadata/no_op_record.ts";
import { partitionChangeRecordSchema } from "./metadata/partition_change_record.ts";
import { partitionRecordSchema } from "./metadata/partition_record.ts";
import { producerIdsRecordSchema } from "./metadata/producer_ids_record.ts";
import { registerBrokerRecordSchema } from "./metadata/register_broker_record.ts";
import { registerControllerRecordSchema } from "./metadata/register_controller_record.ts";
import { removeAccessControlEntryRecordSchema } from "./metadata/remove_access_control_entry_record.ts";
import { removeDelegationTokenRecordSchema } from "./metadata/remove_delegation_token_record.ts";
import { removeTopicRecordSchema } from "./metadata/remove_topic_record.ts";
import { removeUserScramCredentialRecordSchema } from "./metadata/remove_user_scram_credential_record.ts";
import { topicRecordSchema } from "./metadata/topic_record.ts";
import { unfenceBrokerRecordSchema } from "./metadata/unfence_broker_record.ts";
import { unregisterBrokerRecordSchema } from "./metadata/unregister_broker_record.ts";
import { userScramCredentialRecordSchema } from "./metadata/user_scram_credential_record.ts";
import { zkMigrationStateRecordSchema } from "./metadata/zk_migration_state_record.ts";
import { quorumStateDataSchema } from "./raft/quorum_state_data.ts";
import {
  shareSnapshotKeySchema,
  shareSnapshotValueSchema,
} from "./share_coordinator/share_snapshot.ts";
import { shareUpdateKeySchema, shareUpdateValueSchema } from "./share_coordinator/share_update.ts";
import { producerSnapshotSchema } from "./storage/producer_snapshot.ts";
import { remoteLogSegmentMetadataRecordSchema } from "./storage/remote_log_segment_metadata_record.ts";
import { remoteLogSegmentMetadataSnapshotRecordSchema } from "./storage/remote_log_segment_metadata_snapshot_record.ts";
import { remoteLogSegmentMetadataUpdateRecordSchema } from "./storage/remote_log_segment_metadata_update_record.ts";
import { remotePartitionDeleteMetadataRecordSchema } from "./storage/remote_partition_delete_metadata_record.ts";
import {
  transactionLogKeySchema,
  transactionLogValueSchema,
} from "./transaction_coordinator/transaction_log.ts";

/** Every API, by ascending key. */
export const API_SCHEMAS: readonly ApiSchema[] = [
  produceSchema,
  fetchSchema,
  listOffsetsSchema,
  metadataSchema,
  offsetCommitSchema,
  offsetFetchSchema,
  findCoordinatorSchema,
  joinGroupSchema,
  heartbeatSchema,
  leaveGroupSchema,
  syncGroupSchema,
  describeGroupsSchema,
  listGroupsSchema,
  saslHandshakeSchema,
  apiVersionsSchema,
  createTopicsSchema,
  deleteTopicsSchema,
  deleteRecordsSchema,
  initProducerIdSchema,
  offsetForLeaderEpochSchema,
  addPartitionsToTxnSchema,
  addOffsetsToTxnSchema,
  endTxnSchema,
  writeTxnMarkersSchema,
  txnOffsetCommitSchema,
  describeAclsSchema,
  createAclsSchema,
  deleteAclsSchema,
  describeConfigsSchema,
  alterConfigsSchema,
  alterReplicaLogDirsSchema,
  describeLogDirsSchema,
  saslAuthenticateSchema,
  createPartitionsSchema,
  createDelegationTokenSchema,
  renewDelegationTokenSchema,
  expireDelegationTokenSchema,
  describeDelegationTokenSchema,
  deleteGroupsSchema,
  electLeadersSchema,
  incrementalAlterConfigsSchema,
  alterPartitionReassignmentsSchema,
  listPartitionReassignmentsSchema,
  offsetDeleteSchema,
  describeClientQuotasSchema,
  alterClientQuotasSchema,
  describeUserScramCredentialsSchema,
  alterUserScramCredentialsSchema,
  voteSchema,
  beginQuorumEpochSchema,
  endQuorumEpochSchema,
  describeQuorumSchema,
  alterPartitionSchema,
  updateFeaturesSchema,
  envelopeSchema,
  fetchSnapshotSchema,
  describeClusterSchema,
  describeProducersSchema,
  brokerRegistrationSchema,
  brokerHeartbeatSchema,
  unregisterBrokerSchema,
  describeTransactionsSchema,
  listTransactionsSchema,
  allocateProducerIdsSchema,
  consumerGroupHeartbeatSchema,
  consumerGroupDescribeSchema,
  controllerRegistrationSchema,
  getTelemetrySubscriptionsSchema,
  pushTelemetrySchema,
  assignReplicasToDirsSchema,
  listConfigResourcesSchema,
  describeTopicPartitionsSchema,
  shareGroupHeartbeatSchema,
  shareGroupDescribeSchema,
  shareFetchSchema,
  shareAcknowledgeSchema,
  addRaftVoterSchema,
  removeRaftVoterSchema,
  updateRaftVoterSchema,
  initializeShareGroupStateSchema,
  readShareGroupStateSchema,
  writeShareGroupStateSchema,
  deleteShareGroupStateSchema,
  readShareGroupStateSummarySchema,
  streamsGroupHeartbeatSchema,
  streamsGroupDescribeSchema,
  describeShareGroupOffsetsSchema,
  alterShareGroupOffsetsSchema,
  deleteShareGroupOffsetsSchema,
];

/** The messages that belong to no API, by the folder of their generated modules ("" is the root). */
export const MESSAGE_SCHEMAS: Readonly<Record<string, readonly MessageSchema[]>> = {
  "": [
    requestHeaderSchema,
    responseHeaderSchema,
  ],
  common: [
    consumerProtocolAssignmentSchema,
    consumerProtocolSubscriptionSchema,
    defaultPrincipalDataSchema,
    endTxnMarkerSchema,
    kraftVersionRecordSchema,
    leaderChangeMessageSchema,
    snapshotFooterRecordSchema,
    snapshotHeaderRecordSchema,
    votersRecordSchema,
  ],
  group_coordinator: [
    consumerGroupCurrentMemberAssignmentKeySchema,
    consumerGroupCurrentMemberAssignmentValueSchema,
    consumerGroupMemberMetadataKeySchema,
    consumerGroupMemberMetadataValueSchema,
    consumerGroupMetadataKeySchema,
    consumerGroupMetadataValueSchema,
    consumerGroupPartitionMetadataKeySchema,
    consumerGroupPartitionMetadataValueSchema,
    consumerGroupRegularExpressionKeySchema,
    consumerGroupRegularExpressionValueSchema,
    consumerGroupTargetAssignmentMemberKeySchema,
    consumerGroupTargetAssignmentMemberValueSchema,
    consumerGroupTargetAssignmentMetadataKeySchema,
    consumerGroupTargetAssignmentMetadataValueSchema,
    groupMetadataKeySchema,
    groupMetadataValueSchema,
    legacyOffsetCommitKeySchema,
    legacyOffsetCommitValueSchema,
    offsetCommitKeySchema,
    offsetCommitValueSchema,
    shareGroupCurrentMemberAssignmentKeySchema,
    shareGroupCurrentMemberAssignmentValueSchema,
    shareGroupMemberMetadataKeySchema,
    shareGroupMemberMetadataValueSchema,
    shareGroupMetadataKeySchema,
    shareGroupMetadataValueSchema,
    shareGroupStatePartitionMetadataKeySchema,
    shareGroupStatePartitionMetadataValueSchema,
    shareGroupTargetAssignmentMemberKeySchema,
    shareGroupTargetAssignmentMemberValueSchema,
    shareGroupTargetAssignmentMetadataKeySchema,
    shareGroupTargetAssignmentMetadataValueSchema,
    streamsGroupCurrentMemberAssignmentKeySchema,
    streamsGroupCurrentMemberAssignmentValueSchema,
    streamsGroupMemberMetadataKeySchema,
    streamsGroupMemberMetadataValueSchema,
    streamsGroupMetadataKeySchema,
    streamsGroupMetadataValueSchema,
    streamsGroupTargetAssignmentMemberKeySchema,
    streamsGroupTargetAssignmentMemberValueSchema,
    streamsGroupTargetAssignmentMetadataKeySchema,
    streamsGroupTargetAssignmentMetadataValueSchema,
    streamsGroupTopologyKeySchema,
    streamsGroupTopologyValueSchema,
  ],
  metadata: [
    abortTransactionRecordSchema,
    accessControlEntryRecordSchema,
    beginTransactionRecordSchema,
    brokerRegistrationChangeRecordSchema,
    clearElrRecordSchema,
    clientQuotaRecordSchema,
    configRecordSchema,
    delegationTokenRecordSchema,
    endTransactionRecordSchema,
    featureLevelRecordSchema,
    fenceBrokerRecordSchema,
    noOpRecordSchema,
    partitionChangeRecordSchema,
    partitionRecordSchema,
    producerIdsRecordSchema,
    registerBrokerRecordSchema,
    registerControllerRecordSchema,
    removeAccessControlEntryRecordSchema,
    removeDelegationTokenRecordSchema,
    removeTopicRecordSchema,
    removeUserScramCredentialRecordSchema,
    topicRecordSchema,
    unfenceBrokerRecordSchema,
    unregisterBrokerRecordSchema,
    userScramCredentialRecordSchema,
    zkMigrationStateRecordSchema,
  ],
  raft: [
    quorumStateDataSchema,
  ],
  share_coordinator: [
    shareSnapshotKeySchema,
    shareSnapshotValueSchema,
    shareUpdateKeySchema,
    shareUpdateValueSchema,
  ],
  storage: [
    producerSnapshotSchema,
    remoteLogSegmentMetadataRecordSchema,
    remoteLogSegmentMetadataSnapshotRecordSchema,
    remoteLogSegmentMetadataUpdateRecordSchema,
    remotePartitionDeleteMetadataRecordSchema,
  ],
  transaction_coordinator: [
    transactionLogKeySchema,
    transactionLogValueSchema,
  ],
};
