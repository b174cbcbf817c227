/**
 * CreateTopics (key 19), versions 2 to 7.
 *
 * Decided against the newest metadata, one request at a time, and answered when the records are
 * committed and the logs are there. What may be asked for stands with the decision.
 */
import type { Broker } from "../broker/broker.ts";
import { createTopicsApi } from "../protocol/generated/apis/create_topics.ts";
import { type Route, route } from "./route.ts";

export function createTopicsRoute(broker: Broker): Route {
  return route(createTopicsApi, (_context, request) => broker.topicCreation.decide(request));
}
