/**
 * CreateTopics (key 19), versions 2 to 7.
 *
 * Decided against the newest metadata, one request at a time, and answered when the records are
 * committed and the logs are there. What may be asked for stands with the decision. From version 6
 * on a client that is above its `controller_mutation_rate` is refused (KIP-599).
 */
import type { Broker } from "../broker/broker.ts";
import { createTopicsApi } from "../protocol/generated/apis/create_topics.ts";
import { type Route, route } from "./route.ts";
import { withPartitionPermits } from "./throttling.ts";

const REFUSES_FROM = 6;

export function createTopicsRoute(broker: Broker): Route {
  return route(
    createTopicsApi,
    (context, request) =>
      withPartitionPermits(
        broker,
        context,
        REFUSES_FROM,
        (permits) => broker.topicCreation.decide(request, permits),
      ),
  );
}
