/**
 * BrokerHeartbeat (key 63), versions 0 and 1, between brokers.
 *
 * A broker tells that it lives, and asks to be unfenced, fenced or let go. Answered by the active
 * controller.
 */
import type { Broker } from "../broker/broker.ts";
import { brokerHeartbeatApi } from "../protocol/generated/apis/broker_heartbeat.ts";
import { type Route, route } from "./route.ts";

export function brokerHeartbeatRoute({ controller }: Broker): Route {
  return route(brokerHeartbeatApi, (_context, request) => controller.heartbeat(request));
}
