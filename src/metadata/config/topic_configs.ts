/** The configuration keys of topics: those of Kafka 4.2 and a few of our own, in order of name. */
import {
  APPLIED,
  atLeast,
  between,
  boolean,
  CLUSTER_WIDE,
  type ConfigTrait,
  double,
  int,
  list,
  long,
  LONG_MAX,
  type NamedDefinition,
  oneOf,
  someOf,
  string,
  valid,
} from "./define.ts";
import { parseByteAmount } from "../storage/byte_amount.ts";

/** A broker setting that serves as default of a topic setting. */
export interface BrokerSynonym {
  readonly name: string;
  /** What one unit of the broker setting is in units of the topic setting. */
  readonly factor: number;
}

/** A topic setting, with the broker settings behind it, the strongest first. */
export type TopicConfigDefinition<Name extends string = string> = NamedDefinition<Name> & {
  readonly synonyms: readonly BrokerSynonym[];
};

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Codecs, and `producer` for "as it came". */
const COMPRESSION_TYPES = oneOf("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer");

/** What `compression.gzip.level` takes, for topics and brokers. */
export const GZIP_LEVEL: ConfigTrait = valid({
  allowed: "1 to 9, or -1 for the codec's default",
  accepts: (value) => typeof value === "number" && (value === -1 || (value >= 1 && value <= 9)),
});

/** `*`, or pairs of partition and broker: `0:1,0:2,1:3`. */
const THROTTLED_REPLICAS: ConfigTrait = valid({
  allowed: "a list of PARTITION:BROKER, or *",
  accepts: (value) =>
    Array.isArray(value) &&
    (value.length === 1 && value[0] === "*" || value.every((pair) => /^\d+:\d+$/.test(pair))),
});

/** What `retention.topic.bytes` takes, for topics and brokers. */
export const BYTE_AMOUNT: ConfigTrait = valid({
  allowed: "bytes, with a unit or not (200GiB), a part of the disk (15%), or -1",
  accepts: (value) => typeof value === "string" && parseByteAmount(value) !== undefined,
});

/** Every key of a topic. */
export const TOPIC_CONFIGS = [
  topic(
    list(
      "cleanup.policy",
      "delete",
      "How old records go: delete drops whole segments by age and size, compact keeps the last " +
        "record of each key, both do both. Empty keeps everything.",
      someOf("compact", "delete"),
      APPLIED,
    ),
    "log.cleanup.policy",
  ),
  topic(
    int(
      "compression.gzip.level",
      -1,
      "Level for batches that the broker compresses with gzip.",
      GZIP_LEVEL,
      APPLIED,
    ),
    "compression.gzip.level",
  ),
  topic(
    int(
      "compression.lz4.level",
      9,
      "Level for batches that the broker compresses with LZ4.",
      between(1, 17),
      APPLIED,
    ),
    "compression.lz4.level",
  ),
  topic(
    string(
      "compression.type",
      "producer",
      "How batches are stored: producer keeps the codec that the producer chose, any other value " +
        "makes the broker compress again with that codec.",
      COMPRESSION_TYPES,
      APPLIED,
    ),
    "compression.type",
  ),
  topic(
    int(
      "compression.zstd.level",
      3,
      "Level for batches that the broker compresses with Zstandard.",
      between(-131072, 22),
      APPLIED,
    ),
    "compression.zstd.level",
  ),
  topic(
    long(
      "delete.retention.ms",
      86_400_000,
      "Milliseconds that a delete marker stays readable in a compacted topic.",
      atLeast(0),
      APPLIED,
    ),
    "log.cleaner.delete.retention.ms",
  ),
  topic(
    long(
      "file.delete.delay.ms",
      60_000,
      "Milliseconds between taking a file out of use and removing it from the disk.",
      atLeast(0),
      APPLIED,
    ),
    "log.segment.delete.delay.ms",
  ),
  topic(
    long(
      "flush.messages",
      LONG_MAX,
      "Records after which the log is flushed to the disk; 1 means before every acknowledgement.",
      atLeast(1),
      APPLIED,
    ),
    "log.flush.interval.messages",
  ),
  topic(
    long(
      "flush.ms",
      LONG_MAX,
      "Milliseconds that a record may wait before it is flushed to the disk.",
      atLeast(0),
      APPLIED,
    ),
    "log.flush.interval.ms",
    "log.flush.scheduler.interval.ms",
  ),
  topic(
    list(
      "follower.replication.throttled.replicas",
      "",
      "Replicas whose fetching is throttled, as PARTITION:BROKER, or * for all of the topic.",
      THROTTLED_REPLICAS,
      APPLIED,
    ),
  ),
  topic(
    int(
      "index.interval.bytes",
      4096,
      "Bytes of log between two entries of the offset index.",
      atLeast(0),
      APPLIED,
    ),
    "log.index.interval.bytes",
  ),
  topic(
    list(
      "leader.replication.throttled.replicas",
      "",
      "Replicas whose serving is throttled, as PARTITION:BROKER, or * for all of the topic.",
      THROTTLED_REPLICAS,
      APPLIED,
    ),
  ),
  topic(
    long(
      "local.retention.bytes",
      -2,
      "Bytes kept locally of a tiered partition; -2 follows retention.bytes.",
      atLeast(-2),
    ),
    "log.local.retention.bytes",
  ),
  topic(
    long(
      "local.retention.ms",
      -2,
      "Milliseconds that segments of a tiered partition stay local; -2 follows retention.ms.",
      atLeast(-2),
    ),
    "log.local.retention.ms",
  ),
  topic(
    long(
      "max.compaction.lag.ms",
      LONG_MAX,
      "Milliseconds after which a record must have been considered for compaction.",
      atLeast(1),
      APPLIED,
    ),
    "log.cleaner.max.compaction.lag.ms",
  ),
  topic(
    int(
      "max.message.bytes",
      1_048_588,
      "Largest record batch, in bytes after compression and with its header.",
      atLeast(0),
      APPLIED,
    ),
    "message.max.bytes",
  ),
  topic(
    long(
      "message.timestamp.after.max.ms",
      HOUR_MS,
      "Milliseconds that a producer's timestamp may be ahead of the broker's clock.",
      atLeast(0),
      APPLIED,
    ),
    "log.message.timestamp.after.max.ms",
  ),
  topic(
    long(
      "message.timestamp.before.max.ms",
      LONG_MAX,
      "Milliseconds that a producer's timestamp may be behind the broker's clock.",
      atLeast(0),
      APPLIED,
    ),
    "log.message.timestamp.before.max.ms",
  ),
  topic(
    string(
      "message.timestamp.type",
      "CreateTime",
      "Whose clock dates records: the producer's (CreateTime) or the broker's (LogAppendTime).",
      oneOf("CreateTime", "LogAppendTime"),
      APPLIED,
    ),
    "log.message.timestamp.type",
  ),
  topic(
    double(
      "min.cleanable.dirty.ratio",
      0.5,
      "Share of a compacted log that must be new before it is compacted again.",
      between(0, 1),
      APPLIED,
    ),
    "log.cleaner.min.cleanable.ratio",
  ),
  topic(
    long(
      "min.compaction.lag.ms",
      0,
      "Milliseconds during which a record is safe from compaction.",
      atLeast(0),
      APPLIED,
    ),
    "log.cleaner.min.compaction.lag.ms",
  ),
  topic(
    int(
      "min.insync.replicas",
      1,
      "In-sync replicas that a produce with acks=all needs to be accepted.",
      atLeast(1),
      APPLIED,
    ),
    "min.insync.replicas",
  ),
  topic(
    boolean(
      "preallocate",
      false,
      "Whether the file of a new segment is filled with zeros ahead of its use.",
      APPLIED,
    ),
    "log.preallocate",
  ),
  topic(
    boolean(
      "remote.log.copy.disable",
      false,
      "Whether a tiered topic stops to upload segments.",
    ),
  ),
  topic(
    boolean(
      "remote.log.delete.on.disable",
      false,
      "Whether uploaded segments go when tiering of the topic is switched off.",
    ),
  ),
  topic(
    boolean(
      "remote.storage.enable",
      false,
      "Whether segments are also kept in remote storage. There is none here.",
    ),
  ),
  topic(
    long(
      "retention.bytes",
      -1,
      "Bytes of a partition beyond which its oldest segments are deleted; -1 for no limit.",
      APPLIED,
    ),
    "log.retention.bytes",
  ),
  topic(
    long(
      "retention.min.bytes",
      0,
      "Bytes of a partition that are kept whatever space is needed for.",
      atLeast(0),
      APPLIED,
    ),
    "log.retention.min.bytes",
  ),
  topic(
    long(
      "retention.ms",
      604_800_000,
      "Milliseconds after which segments are deleted, by their newest record; -1 for never.",
      atLeast(-1),
      APPLIED,
    ),
    "log.retention.ms",
    ["log.retention.minutes", MINUTE_MS],
    ["log.retention.hours", HOUR_MS],
  ),
  topic(
    string(
      "retention.topic.bytes",
      "-1",
      "What all partitions of the topic may take together, one copy of each: bytes, with a unit " +
        "(200GiB), in percent of a broker's capacity (15%), or -1 for no limit.",
      BYTE_AMOUNT,
      APPLIED,
    ),
    "log.retention.topic.bytes",
  ),
  topic(
    double(
      "retention.weight",
      1,
      "What the topic gets of a disk that is short, in proportion to other topics.",
      between(0.01, 100),
      APPLIED,
    ),
    "log.retention.weight",
  ),
  topic(
    int(
      "segment.bytes",
      1_073_741_824,
      "Bytes after which a new segment file is begun.",
      atLeast(1_048_576),
      APPLIED,
    ),
    "log.segment.bytes",
  ),
  topic(
    int(
      "segment.index.bytes",
      10_485_760,
      "Largest size of a segment's index, in bytes; a new segment is begun when it is full.",
      atLeast(4),
      APPLIED,
    ),
    "log.index.size.max.bytes",
  ),
  topic(
    long(
      "segment.jitter.ms",
      0,
      "Milliseconds, at most, by which the roll by time is brought forward at random.",
      atLeast(0),
      APPLIED,
    ),
    "log.roll.jitter.ms",
    ["log.roll.jitter.hours", HOUR_MS],
  ),
  topic(
    long(
      "segment.ms",
      604_800_000,
      "Milliseconds after which a new segment is begun even when the old one is not full.",
      atLeast(1),
      APPLIED,
    ),
    "log.roll.ms",
    ["log.roll.hours", HOUR_MS],
  ),
  topic(
    boolean(
      "unclean.leader.election.enable",
      false,
      "Whether a replica that is not in sync may lead when no other can, at the price of records.",
      APPLIED,
    ),
    "unclean.leader.election.enable",
  ),
] as const;

/** A key of a topic. */
export type TopicConfigName = (typeof TOPIC_CONFIGS)[number]["name"];

/** {@link TOPIC_CONFIGS} by name. */
export const TOPIC_CONFIG_OF: ReadonlyMap<string, TopicConfigDefinition> = new Map(
  TOPIC_CONFIGS.map((definition) => [definition.name, definition]),
);

/** A synonym is a name, or a name and what its unit counts in the unit of the topic setting. */
function topic<Name extends string>(
  definition: NamedDefinition<Name>,
  ...synonyms: readonly (string | readonly [name: string, factor: number])[]
): TopicConfigDefinition<Name> {
  return {
    ...definition,
    ...CLUSTER_WIDE,
    synonyms: synonyms.map((synonym) =>
      typeof synonym === "string"
        ? { name: synonym, factor: 1 }
        : { name: synonym[0], factor: synonym[1] }
    ),
  };
}
