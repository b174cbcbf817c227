import { invariant } from "../base/invariant.ts";
import type { LogConfig } from "../log/log_config.ts";
import {
  type BrokerConfigLayers,
  type ConfigMap,
  effectiveBrokerText,
  effectiveTopicBoolean,
  effectiveTopicList,
  effectiveTopicNumber,
  effectiveTopicText,
} from "../metadata/config/effective.ts";
import type { TopicConfigName } from "../metadata/config/topic_configs.ts";
import { type TopicStorage, topicStorage } from "../metadata/storage/storage_settings.ts";
import { Codec, codecByName } from "../protocol/compression/codec.ts";
import { ThrottledReplicas } from "./replication/throttled_replicas.ts";
import type { ProduceRules } from "../protocol/records/produce_rules.ts";

/** The effective configuration of a topic in the forms that the hot paths want. */
export interface TopicSettings {
  readonly log: LogConfig;
  readonly rules: ProduceRules;
  readonly minInsyncReplicas: number;
  readonly storage: TopicStorage;
  /** Replicas whose serving, as leader, counts against the cap of their broker. */
  readonly leaderThrottled: ThrottledReplicas;
  /** Replicas whose fetching, as follower, counts against the cap of their broker. */
  readonly followerThrottled: ThrottledReplicas;
}

/** A batch must not decompress to more than this, however it was made. */
const DECOMPRESSED_BYTES_MAX = 256 * 1024 * 1024;

/** Resolves every setting of a topic once, so that appends and reads look nothing up. */
export function topicSettings(own: ConfigMap, layers: BrokerConfigLayers): TopicSettings {
  const number = (name: TopicConfigName) => effectiveTopicNumber(name, own, layers);
  const cleanup = effectiveTopicList("cleanup.policy", own, layers);
  const timestampType = effectiveTopicText("message.timestamp.type", own, layers);
  invariant(
    timestampType === "CreateTime" || timestampType === "LogAppendTime",
    `message.timestamp.type was accepted as ${timestampType}`,
  );
  const log: LogConfig = {
    segmentBytes: number("segment.bytes"),
    segmentMs: segmentMs(cleanup, number("segment.ms"), number("max.compaction.lag.ms")),
    segmentJitterMs: number("segment.jitter.ms"),
    segmentIndexBytes: number("segment.index.bytes"),
    indexIntervalBytes: number("index.interval.bytes"),
    flushMessages: number("flush.messages"),
    flushMs: number("flush.ms"),
    preallocate: effectiveTopicBoolean("preallocate", own, layers),
    retentionMs: number("retention.ms"),
    retentionBytes: number("retention.bytes"),
    fileDeleteDelayMs: number("file.delete.delay.ms"),
    deleteRetentionMs: number("delete.retention.ms"),
    minCleanableDirtyRatio: number("min.cleanable.dirty.ratio"),
    minCompactionLagMs: number("min.compaction.lag.ms"),
    maxCompactionLagMs: number("max.compaction.lag.ms"),
    cleanupDelete: cleanup.includes("delete"),
    cleanupCompact: cleanup.includes("compact"),
    timestampType,
    producerIdExpirationMs: Number(effectiveBrokerText("producer.id.expiration.ms", layers)),
  };
  const rules: ProduceRules = {
    maxMessageBytes: number("max.message.bytes"),
    segmentBytes: log.segmentBytes,
    timestampType,
    timestampBeforeMaxMs: number("message.timestamp.before.max.ms"),
    timestampAfterMaxMs: number("message.timestamp.after.max.ms"),
    compacted: log.cleanupCompact,
    compressionType: compressionType(own, layers),
    decompressedBytesMax: DECOMPRESSED_BYTES_MAX,
  };
  const throttled = (name: TopicConfigName) => {
    const entries = effectiveTopicList(name, own, layers);
    return entries.length === 0 ? ThrottledReplicas.NONE : new ThrottledReplicas(entries);
  };
  return {
    log,
    rules,
    minInsyncReplicas: number("min.insync.replicas"),
    storage: topicStorage((name) => effectiveTopicText(name as TopicConfigName, own, layers)),
    leaderThrottled: throttled("leader.replication.throttled.replicas"),
    followerThrottled: throttled("follower.replication.throttled.replicas"),
  };
}

/** The active segment is never compacted, so it must not last longer than its records may. */
function segmentMs(cleanup: readonly string[], ownMs: number, maxCompactionLagMs: number): number {
  return cleanup.includes("compact") ? Math.min(ownMs, maxCompactionLagMs) : ownMs;
}

function compressionType(
  own: ConfigMap,
  layers: BrokerConfigLayers,
): ProduceRules["compressionType"] {
  const name = effectiveTopicText("compression.type", own, layers);
  if (name === "producer") return "producer";
  const codec = codecByName(name);
  invariant(codec !== undefined, `compression.type was accepted as ${name}`);
  switch (codec) {
    case Codec.gzip:
      return { codec, level: effectiveTopicNumber("compression.gzip.level", own, layers) };
    case Codec.lz4:
      return { codec, level: effectiveTopicNumber("compression.lz4.level", own, layers) };
    case Codec.zstd:
      return { codec, level: effectiveTopicNumber("compression.zstd.level", own, layers) };
    default:
      return { codec };
  }
}
