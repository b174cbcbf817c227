import type { GroupConfig } from "../../coordinator/group/group_config.ts";
import { CONSUMER_OFFSETS_TOPIC } from "../../metadata/topic_names.ts";
import { Codec, isCodec } from "../../protocol/compression/codec.ts";
import type { InternalTopicShape } from "./coordinator_topic.ts";

const MINUTE_MS = 60_000;

/** The settings of the group coordinator, as they stand when the broker starts. */
export function groupConfig(number: (name: string) => number): GroupConfig {
  return {
    initialRebalanceDelayMs: Math.max(0, number("group.initial.rebalance.delay.ms")),
    sessionTimeoutMsMin: number("group.min.session.timeout.ms"),
    sessionTimeoutMsMax: number("group.max.session.timeout.ms"),
    groupSizeMax: number("group.max.size"),
    offsetMetadataBytesMax: number("offset.metadata.max.bytes"),
    offsetsRetentionMs: number("offsets.retention.minutes") * MINUTE_MS,
  };
}

/** `offsets.topic.compression.codec`, which numbers codecs as record batches do; else none. */
export function compressionCodec(number: number): Codec {
  return isCodec(number) ? number : Codec.none;
}

/** How `__consumer_offsets` is made. */
export function offsetsTopicShape(number: (name: string) => number): InternalTopicShape {
  return {
    name: CONSUMER_OFFSETS_TOPIC,
    partitionCount: number("offsets.topic.num.partitions"),
    replicationFactor: number("offsets.topic.replication.factor"),
    configs: {
      "cleanup.policy": "compact",
      "compression.type": "producer",
      "segment.bytes": String(number("offsets.topic.segment.bytes")),
    },
  };
}
