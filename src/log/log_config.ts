/**
 * What one partition log is governed by: the topic configurations that concern storage, in numbers.
 * A limit that is off is -1 or Infinity.
 */
export interface LogConfig {
  /** `segment.bytes`: a segment that would grow past it is rolled first. */
  readonly segmentBytes: number;
  /** `segment.ms`: the span of time that one segment may cover. */
  readonly segmentMs: number;
  /** `segment.jitter.ms`: at most so much is taken off {@link segmentMs}, to spread the rolls. */
  readonly segmentJitterMs: number;
  /** `segment.index.bytes`: a segment is rolled when one of its indexes is that large. */
  readonly segmentIndexBytes: number;
  /** `index.interval.bytes`: bytes of log between two index entries. */
  readonly indexIntervalBytes: number;
  /** `flush.messages`: so many records may be acknowledged before they are durable. */
  readonly flushMessages: number;
  /** `flush.ms`: for so long may a record be acknowledged and not durable. */
  readonly flushMs: number;
  /** `preallocate`: zero-fill the active segment ahead of the appends. */
  readonly preallocate: boolean;
  readonly retentionMs: number;
  /** `retention.bytes`, of the whole partition. */
  readonly retentionBytes: number;
  /** `file.delete.delay.ms`: removed files keep their bytes for that long under another name. */
  readonly fileDeleteDelayMs: number;
  /** `delete.retention.ms`: life of a tombstone in a compacted log. */
  readonly deleteRetentionMs: number;
  /** `min.cleanable.dirty.ratio`: so much of a compacted log is new before it is compacted again. */
  readonly minCleanableDirtyRatio: number;
  /** `min.compaction.lag.ms`: a younger record is left alone. */
  readonly minCompactionLagMs: number;
  /** `max.compaction.lag.ms`: an older record that is not compacted yet has the log compacted. */
  readonly maxCompactionLagMs: number;
  /** `cleanup.policy` holds `delete`. */
  readonly cleanupDelete: boolean;
  /** `cleanup.policy` holds `compact`. */
  readonly cleanupCompact: boolean;
  readonly timestampType: "CreateTime" | "LogAppendTime";
  /** `producer.id.expiration.ms`: an idle producer is forgotten after it. */
  readonly producerIdExpirationMs: number;
}

/** Kafka's defaults. */
export const DEFAULT_LOG_CONFIG: LogConfig = {
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: 7 * 24 * 3600 * 1000,
  segmentJitterMs: 0,
  segmentIndexBytes: 10 * 1024 * 1024,
  indexIntervalBytes: 4096,
  flushMessages: Infinity,
  flushMs: Infinity,
  preallocate: false,
  retentionMs: 7 * 24 * 3600 * 1000,
  retentionBytes: -1,
  fileDeleteDelayMs: 60_000,
  deleteRetentionMs: 24 * 3600 * 1000,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Infinity,
  cleanupDelete: true,
  cleanupCompact: false,
  timestampType: "CreateTime",
  producerIdExpirationMs: 24 * 3600 * 1000,
};

/** -1 and Infinity both say that there is no limit; so does Kafka's largest int64. */
export function isLimited(limit: number): boolean {
  return limit >= 0 && limit < Number.MAX_SAFE_INTEGER;
}

/**
 * Whether the active segment is zero-filled ahead. An fsync that must also journal a new file size
 * holds up the appends behind it, so logs that are flushed for acknowledgements write into space
 * that is there already.
 */
export function fillsAhead(config: LogConfig): boolean {
  return config.preallocate || isLimited(config.flushMessages) || isLimited(config.flushMs);
}
