/**
 * BrokerRegistration (key 62), versions 0 to 4, between brokers.
 *
 * A broker that has started tells where it is reached, and gets its epoch. Answered by the active
 * controller. Before version 2 a request names no log directory, and is refused.
 */
import type { Broker } from "../broker/broker.ts";
import { brokerRegistrationApi } from "../protocol/generated/apis/broker_registration.ts";
import { type Route, route } from "./route.ts";

export function brokerRegistrationRoute({ controller }: Broker): Route {
  return route(brokerRegistrationApi, (_context, request) => controller.register(request));
}
