/**
 * DeleteTopics (key 20), versions 1 to 6.
 *
 * The names are free again when the answer leaves; the files go after `file.delete.delay.ms`.
 */
import type { Broker } from "../broker/broker.ts";
import { deleteTopics } from "../metadata/topic_deletion.ts";
import { deleteTopicsApi } from "../protocol/generated/apis/delete_topics.ts";
import { type Route, route } from "./route.ts";

export function deleteTopicsRoute(broker: Broker): Route {
  return route(deleteTopicsApi, (_context, request) => {
    const isEnabled = broker.brokerSetting("delete.topic.enable") === "true";
    return broker.decisions.decide((image) => deleteTopics(image, request, isEnabled));
  });
}
