/**
 * DeleteTopics (key 20), versions 1 to 6.
 *
 * The names are free again when the answer leaves; the files go after `file.delete.delay.ms`. From
 * version 5 on a client that is above its `controller_mutation_rate` is refused (KIP-599).
 */
import type { Broker } from "../broker/broker.ts";
import { deleteTopics } from "../metadata/topic_deletion.ts";
import { deleteTopicsApi } from "../protocol/generated/apis/delete_topics.ts";
import { type Route, route } from "./route.ts";
import { withPartitionPermits } from "./throttling.ts";

const REFUSES_FROM = 5;

export function deleteTopicsRoute(broker: Broker): Route {
  return route(deleteTopicsApi, (context, request) => {
    const isEnabled = broker.brokerSetting("delete.topic.enable") === "true";
    return withPartitionPermits(
      broker,
      context,
      REFUSES_FROM,
      (permits) =>
        broker.decisions.decide((image) => deleteTopics(image, request, isEnabled, permits)),
    );
  });
}
