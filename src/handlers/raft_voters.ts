/**
 * AddRaftVoter (key 80, versions 0 and 1) and RemoveRaftVoter (key 81, version 0).
 *
 * The voters of the metadata quorum are fixed, which Kafka calls `kraft.version` 0, and a Kafka at
 * that level answers as this broker does: the voters can't be changed one by one (KIP-853).
 */
import type { Broker } from "../broker/broker.ts";
import { ErrorCode } from "../protocol/error_codes.ts";
import { addRaftVoterApi } from "../protocol/generated/apis/add_raft_voter.ts";
import { removeRaftVoterApi } from "../protocol/generated/apis/remove_raft_voter.ts";
import { type Route, route } from "./route.ts";

export function addRaftVoterRoute(broker: Broker): Route {
  return route(addRaftVoterApi, (_context, { clusterId }) => refused(broker, clusterId, "added"));
}

export function removeRaftVoterRoute(broker: Broker): Route {
  return route(
    removeRaftVoterApi,
    (_context, { clusterId }) => refused(broker, clusterId, "removed"),
  );
}

function refused(broker: Broker, clusterId: string | null, change: string) {
  const isOther = clusterId !== null && clusterId !== broker.identity.clusterId;
  return {
    throttleTimeMs: 0,
    errorCode: isOther ? ErrorCode.INCONSISTENT_CLUSTER_ID : ErrorCode.UNSUPPORTED_VERSION,
    errorMessage: isOther
      ? `This is cluster ${broker.identity.clusterId}, not ${clusterId}.`
      : `No voter can be ${change}: the voters of this cluster are fixed (kraft.version 0).`,
  };
}
