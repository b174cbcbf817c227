/** What is served on the cluster port: to brokers alone, over a stream that vouches for them. */
import type { Broker } from "../broker/broker.ts";
import type { GossipPeer } from "../broker/membership/gossip_membership.ts";
import type { ApiDefinition } from "../protocol/codec.ts";
import { formationPromiseApi } from "../protocol/generated/apis/cluster/formation_promise.ts";
import { forwardApi } from "../protocol/generated/apis/cluster/forward.ts";
import { gossipPingApi } from "../protocol/generated/apis/cluster/gossip_ping.ts";
import { gossipPushPullApi } from "../protocol/generated/apis/cluster/gossip_push_pull.ts";
import { joinClusterApi } from "../protocol/generated/apis/cluster/join_cluster.ts";
import { raftMessageApi } from "../protocol/generated/apis/cluster/raft_message.ts";
import { storageReportApi } from "../protocol/generated/apis/cluster/storage_report.ts";
import { addPartitionsToTxnApi } from "../protocol/generated/apis/add_partitions_to_txn.ts";
import { fetchApi } from "../protocol/generated/apis/fetch.ts";
import { offsetForLeaderEpochApi } from "../protocol/generated/apis/offset_for_leader_epoch.ts";
import { writeTxnMarkersApi } from "../protocol/generated/apis/write_txn_markers.ts";
import type { FormationPromiseRequest } from "../protocol/generated/cluster/formation_promise_request.ts";
import type { FormationPromiseResponse } from "../protocol/generated/cluster/formation_promise_response.ts";
import { addPartitionsToTxnRoute } from "./add_partitions_to_txn.ts";
import { brokerControlRoutes } from "./broker_control_routes.ts";
import { decidedRoutes } from "./decided_routes.ts";
import { fetchRoute } from "./fetch.ts";
import { controllerRoutes, forwardRoute, onController } from "./forward.ts";
import { gossipPingRoute, gossipPushPullRoute } from "./gossip.ts";
import { joinClusterRoute } from "./join_cluster.ts";
import { offsetForLeaderEpochRoute } from "./offset_for_leader_epoch.ts";
import { raftMessageRoute } from "./raft_message.ts";
import { CLOSE_CONNECTION, type Reply, type Route, route } from "./route.ts";
import { storageReportRoute } from "./storage_report.ts";
import { writeTxnMarkersRoute } from "./write_txn_markers.ts";

/** How far a broker has come: the cluster port opens before it has a place in the cluster. */
export interface ClusterStage {
  /** Answers another broker that wants to form the cluster. */
  promise(request: FormationPromiseRequest): FormationPromiseResponse;
  /** Undefined until packets are received. */
  readonly gossip: GossipPeer | undefined;
  /** Undefined until the data directory is open; requests that need it end their connection. */
  readonly broker: Broker | undefined;
}

/** Every API of the cluster port. */
export function clusterRoutes(stage: ClusterStage): readonly Route[] {
  const gossip = () => stage.gossip;
  const opened = () => stage.broker;
  return [
    late(gossip, gossipPushPullApi, gossipPushPullRoute),
    late(gossip, gossipPingApi, gossipPingRoute),
    route(formationPromiseApi, (_context, request) => stage.promise(request)),
    late(opened, raftMessageApi, raftMessageRoute),
    late(opened, joinClusterApi, (broker) => onController(broker, joinClusterRoute(broker))),
    late(opened, forwardApi, (broker) => forwardRoute(broker, serveAsController(broker))),
    late(opened, storageReportApi, storageReportRoute),
    late(opened, fetchApi, fetchRoute),
    late(opened, offsetForLeaderEpochApi, offsetForLeaderEpochRoute),
    late(opened, addPartitionsToTxnApi, addPartitionsToTxnRoute),
    late(opened, writeTxnMarkersApi, writeTxnMarkersRoute),
  ];
}

/** The handlers that answer while this broker is the active controller. */
export function serveAsController(broker: Broker) {
  const table = [
    ...brokerControlRoutes(broker),
    ...decidedRoutes(broker),
    joinClusterRoute(broker),
  ];
  return controllerRoutes(broker, table);
}

/** A route that is there once what it works with is. */
function late<Part, Request, Response>(
  part: () => Part | undefined,
  api: ApiDefinition<Request, Response>,
  make: (part: Part) => Route,
): Route {
  let made: Route | undefined;
  return route(api, (context, request): Reply<Response> => {
    if (made === undefined) {
      const found = part();
      if (found === undefined) return CLOSE_CONNECTION;
      made = make(found);
    }
    // The made route is one of the same API, so its answers are that API's.
    return made.handle(context, request) as Reply<Response>;
  });
}
