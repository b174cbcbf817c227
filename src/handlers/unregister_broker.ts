/**
 * UnregisterBroker (key 64), version 0.
 *
 * A broker that runs is not unregistered, which Kafka would do.
 */
import type { Broker } from "../broker/broker.ts";
import { unregisterBroker } from "../metadata/broker_unregistration.ts";
import { brokerLayers } from "../metadata/config_resources.ts";
import { unregisterBrokerApi } from "../protocol/generated/apis/unregister_broker.ts";
import { type Route, route } from "./route.ts";

export function unregisterBrokerRoute(broker: Broker): Route {
  return route(
    unregisterBrokerApi,
    (_context, { brokerId }) =>
      broker.decisions.decide((image) =>
        unregisterBroker(image, brokerId, brokerLayers(image, broker.configContext))
      ),
  );
}
