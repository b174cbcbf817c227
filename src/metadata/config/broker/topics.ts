/** Topics, replication and the part of one broker in it. */
import {
  APPLIED,
  atLeast,
  boolean,
  CLUSTER_WIDE,
  int,
  INTERNAL,
  javaClass,
  long,
  string,
} from "../define.ts";
import type { ConfigDefinition } from "../definition.ts";

export const TOPIC_AND_REPLICATION_CONFIGS: readonly ConfigDefinition[] = [
  boolean(
    "auto.create.topics.enable",
    true,
    "Whether a topic that a client asks for by name is made when it is missing.",
    APPLIED,
  ),
  boolean("delete.topic.enable", true, "Whether topics can be deleted.", APPLIED),
  int(
    "num.partitions",
    1,
    "Partitions of a new topic that does not say how many.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "default.replication.factor",
    1,
    "Replicas of a new topic that does not say how many.",
    APPLIED,
  ),
  int(
    "min.insync.replicas",
    1,
    "Default of the topic setting of the same name.",
    atLeast(1),
    CLUSTER_WIDE,
    APPLIED,
  ),
  string("broker.rack", null, "The rack of this broker; replicas are spread over racks.", APPLIED),
  boolean(
    "unclean.leader.election.enable",
    false,
    "Default of the topic setting of the same name.",
    CLUSTER_WIDE,
  ),
  long(
    "unclean.leader.election.interval.ms",
    300_000,
    "Milliseconds between two looks for partitions that need an unclean election.",
    atLeast(1),
    INTERNAL,
  ),
  boolean(
    "auto.leader.rebalance.enable",
    true,
    "Whether leadership goes back to preferred replicas by itself.",
  ),
  long(
    "leader.imbalance.check.interval.seconds",
    300,
    "Seconds between two looks for leaders that are not the preferred replica.",
    atLeast(1),
  ),
  boolean(
    "controlled.shutdown.enable",
    true,
    "Whether a broker hands over its leaderships before it stops.",
  ),
  javaClass(
    "create.topic.policy.class.name",
    null,
    "A Java class that judges new topics. Java classes are not loaded.",
  ),
  javaClass(
    "alter.config.policy.class.name",
    null,
    "A Java class that judges changed settings. Java classes are not loaded.",
  ),
  long(
    "replica.lag.time.max.ms",
    30_000,
    "Milliseconds that a follower may lag before it is no longer in sync.",
  ),
  int("replica.fetch.min.bytes", 1, "Least bytes of an answer to a follower's fetch."),
  int(
    "replica.fetch.max.bytes",
    1_048_576,
    "Bytes per partition that a follower asks for.",
    atLeast(0),
  ),
  int(
    "replica.fetch.response.max.bytes",
    10_485_760,
    "Bytes in all that a follower asks for.",
    atLeast(0),
  ),
  int(
    "replica.fetch.wait.max.ms",
    500,
    "Milliseconds that a follower's fetch waits for records.",
  ),
  int(
    "replica.fetch.backoff.ms",
    1000,
    "Milliseconds that a follower rests after a failed fetch.",
    atLeast(0),
  ),
  int("replica.socket.timeout.ms", 30_000, "Milliseconds that a follower waits for its leader."),
  int("replica.socket.receive.buffer.bytes", 65_536, "Receive buffer of a follower, in bytes."),
  long(
    "replica.high.watermark.checkpoint.interval.ms",
    5000,
    "Milliseconds between two checkpoints of the high watermarks.",
  ),
  string(
    "replica.selector.class",
    null,
    "A Java class that chooses which replica a consumer reads. Java classes are not loaded.",
  ),
  int(
    "num.replica.fetchers",
    1,
    "Fetchers per leader that a follower runs.",
    atLeast(1),
    CLUSTER_WIDE,
  ),
];
