/**
 * Consumer groups, under the names that exporters for Kafka have made usual. A group is told by the
 * broker that coordinates it; its lag in a partition where that broker has a replica, whose high
 * watermark may be a moment behind the leader's.
 */
import type { Broker } from "../broker/broker.ts";
import type { MetricDefinition } from "./metric_definition.ts";

const OFFSET_LABELS = ["consumergroup", "topic", "partition"];

export function collectGroups(broker: Broker): MetricDefinition[] {
  return [
    {
      name: "kafka_consumergroup_current_offset",
      help: "Offset that a group has committed.",
      kind: "gauge",
      labels: OFFSET_LABELS,
      read(set) {
        for (const { group, topic, partition, offset } of broker.groups.committedOffsets()) {
          set(offset, labelsOf(group, topic, partition));
        }
      },
    },
    {
      name: "kafka_consumergroup_lag",
      help: "Records between the offset that a group has committed and the high watermark.",
      kind: "gauge",
      labels: OFFSET_LABELS,
      read(set) {
        for (const { group, topic, partition, offset } of broker.groups.committedOffsets()) {
          const replica = broker.partitions.find(topic, partition);
          if (replica === undefined) continue;
          set(Math.max(0, replica.highWatermark - offset), labelsOf(group, topic, partition));
        }
      },
    },
    {
      name: "kafka_consumergroup_members",
      help: "Members of a group.",
      kind: "gauge",
      labels: ["consumergroup"],
      read(set) {
        for (const { group, members } of broker.groups.sizes()) {
          set(members, { consumergroup: group });
        }
      },
    },
  ];
}

function labelsOf(consumergroup: string, topic: string, partition: number) {
  return { consumergroup, topic, partition: String(partition) };
}
