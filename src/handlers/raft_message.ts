/**
 * RaftMessage (private key 20001, version 0), on the cluster port only.
 *
 * One message of the metadata quorum. The response tells that it was taken; what answers it is a
 * message of its own.
 */
import type { Broker } from "../broker/broker.ts";
import { raftMessageApi } from "../protocol/generated/apis/cluster/raft_message.ts";
import { type Route, route } from "./route.ts";

export function raftMessageRoute({ quorum }: Broker): Route {
  return route(raftMessageApi, (_context, request) => ({ errorCode: quorum.receive(request) }));
}
