/**
 * GossipPushPull (private key 20020, version 0) and GossipPing (20021, version 0), on the cluster
 * port only.
 *
 * Both are answered at once and from memory. A list with a flaw changes nothing; the answer is the
 * list of this broker in any case. A ping is answered with our name whoever was asked for: the other
 * side compares.
 */
import type { GossipPeer } from "../broker/membership/gossip_membership.ts";
import { gossipPingApi } from "../protocol/generated/apis/cluster/gossip_ping.ts";
import { gossipPushPullApi } from "../protocol/generated/apis/cluster/gossip_push_pull.ts";
import { type Route, route } from "./route.ts";

export function gossipPushPullRoute(peer: GossipPeer): Route {
  return route(gossipPushPullApi, (_context, request) => peer.answerPushPull(request));
}

export function gossipPingRoute(peer: GossipPeer): Route {
  return route(gossipPingApi, (_context, request) => peer.answerPing(request));
}
