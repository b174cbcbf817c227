import type { Broker } from "../broker/broker.ts";
import { alterClientQuotasRoute } from "./alter_client_quotas.ts";
import { alterConfigsRoute } from "./alter_configs.ts";
import { alterPartitionReassignmentsRoute } from "./alter_partition_reassignments.ts";
import { alterUserScramCredentialsRoute } from "./alter_user_scram_credentials.ts";
import { createPartitionsRoute } from "./create_partitions.ts";
import { createTopicsRoute } from "./create_topics.ts";
import { deleteTopicsRoute } from "./delete_topics.ts";
import { describeQuorumRoute } from "./describe_quorum.ts";
import { electLeadersRoute } from "./elect_leaders.ts";
import { answeringFullDisk } from "./full_disk.ts";
import { incrementalAlterConfigsRoute } from "./incremental_alter_configs.ts";
import { addRaftVoterRoute, removeRaftVoterRoute } from "./raft_voters.ts";
import { unregisterBrokerRoute } from "./unregister_broker.ts";
import { updateFeaturesRoute } from "./update_features.ts";
import type { Route } from "./route.ts";

/** The APIs of clients that the active controller answers, by whichever broker they came in. */
export function decidedRoutes(broker: Broker): readonly Route[] {
  const table: readonly Route[] = [
    createTopicsRoute(broker),
    deleteTopicsRoute(broker),
    alterConfigsRoute(broker),
    createPartitionsRoute(broker),
    electLeadersRoute(broker),
    incrementalAlterConfigsRoute(broker),
    alterPartitionReassignmentsRoute(broker),
    alterClientQuotasRoute(broker),
    alterUserScramCredentialsRoute(broker),
    describeQuorumRoute(broker),
    updateFeaturesRoute(broker),
    unregisterBrokerRoute(broker),
    addRaftVoterRoute(broker),
    removeRaftVoterRoute(broker),
  ];
  return table.map(answeringFullDisk);
}
