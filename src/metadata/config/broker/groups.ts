/** Consumer, share and streams groups, and their offsets. */
import {
  APPLIED,
  atLeast,
  between,
  boolean,
  int,
  INT_MAX,
  INTERNAL,
  list,
  long,
  oneOfAnyCase,
  oneOrMoreOf,
  short,
  string,
} from "../define.ts";
import type { ConfigDefinition } from "../definition.ts";

const CLASSIC: readonly ConfigDefinition[] = [
  int(
    "group.initial.rebalance.delay.ms",
    3000,
    "Milliseconds an empty group waits for members.",
    APPLIED,
  ),
  int(
    "group.min.session.timeout.ms",
    6000,
    "Shortest session of a member, in milliseconds.",
    APPLIED,
  ),
  int(
    "group.max.session.timeout.ms",
    1_800_000,
    "Longest session of a member, in milliseconds.",
    APPLIED,
  ),
  int("group.max.size", INT_MAX, "Most members of a classic group.", atLeast(1), APPLIED),
  list(
    "group.coordinator.rebalance.protocols",
    "classic,consumer,streams",
    "Protocols by which groups may share out partitions.",
    oneOrMoreOf("consumer", "classic", "share", "streams"),
  ),
  int("group.coordinator.threads", 4, "Threads of the group coordinator.", atLeast(1)),
  int(
    "group.coordinator.append.linger.ms",
    -1,
    "Milliseconds that the coordinator gathers writes; -1 lets it choose.",
    atLeast(-1),
  ),
];

const CONSUMER: readonly ConfigDefinition[] = [
  list("group.consumer.assignors", "uniform,range", "Assignors, the default one first."),
  int(
    "group.consumer.heartbeat.interval.ms",
    5000,
    "Milliseconds between two heartbeats of a member.",
    atLeast(1),
  ),
  int(
    "group.consumer.min.heartbeat.interval.ms",
    5000,
    "Shortest heartbeat interval that a group may set, in milliseconds.",
    atLeast(1),
  ),
  int(
    "group.consumer.max.heartbeat.interval.ms",
    15_000,
    "Longest heartbeat interval that a group may set, in milliseconds.",
    atLeast(1),
  ),
  int(
    "group.consumer.session.timeout.ms",
    45_000,
    "Milliseconds without a heartbeat after which a member is removed.",
    atLeast(1),
  ),
  int(
    "group.consumer.min.session.timeout.ms",
    45_000,
    "Shortest session that a group may set, in milliseconds.",
    atLeast(1),
  ),
  int(
    "group.consumer.max.session.timeout.ms",
    60_000,
    "Longest session that a group may set, in milliseconds.",
    atLeast(1),
  ),
  int("group.consumer.max.size", INT_MAX, "Most members of a consumer group.", atLeast(1)),
  string(
    "group.consumer.migration.policy",
    "bidirectional",
    "Between which kinds of group a live group may change.",
    oneOfAnyCase("disabled", "downgrade", "upgrade", "bidirectional"),
  ),
  int(
    "group.consumer.regex.refresh.interval.ms",
    600_000,
    "Milliseconds after which a subscription by pattern is resolved again.",
    atLeast(10_000),
    INTERNAL,
  ),
];

const OFFSETS: readonly ConfigDefinition[] = [
  int(
    "offset.metadata.max.bytes",
    4096,
    "Largest text beside a committed offset, in bytes.",
    APPLIED,
  ),
  int("offsets.commit.timeout.ms", 5000, "Milliseconds for an offset commit.", atLeast(1), APPLIED),
  int(
    "offsets.load.buffer.size",
    5_242_880,
    "Bytes read at a time on loading.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "offsets.retention.minutes",
    10_080,
    "Minutes that committed offsets outlive their group.",
    atLeast(1),
    APPLIED,
  ),
  long(
    "offsets.retention.check.interval.ms",
    600_000,
    "Milliseconds between two looks for offsets that expired.",
    atLeast(1),
    APPLIED,
  ),
  int("offsets.topic.compression.codec", 0, "Codec of __consumer_offsets; 0 for none.", APPLIED),
  int(
    "offsets.topic.num.partitions",
    50,
    "Partitions of __consumer_offsets.",
    atLeast(1),
    APPLIED,
  ),
  short(
    "offsets.topic.replication.factor",
    3,
    "Replicas of __consumer_offsets.",
    atLeast(1),
    APPLIED,
  ),
  int(
    "offsets.topic.segment.bytes",
    104_857_600,
    "segment.bytes of __consumer_offsets.",
    atLeast(1),
    APPLIED,
  ),
];

const SHARE: readonly ConfigDefinition[] = [
  boolean("group.share.enable", false, "Whether share groups exist.", INTERNAL),
  list("group.share.assignors", "simple", "Assignors of share groups."),
  int(
    "group.share.delivery.count.limit",
    5,
    "Deliveries of a record before it is given up.",
    between(2, 10),
  ),
  int(
    "group.share.heartbeat.interval.ms",
    5000,
    "Milliseconds between two heartbeats of a member of a share group.",
    atLeast(1),
  ),
  int(
    "group.share.min.heartbeat.interval.ms",
    5000,
    "Shortest heartbeat interval that a share group may set, in milliseconds.",
    atLeast(1),
  ),
  int(
    "group.share.max.heartbeat.interval.ms",
    15_000,
    "Longest heartbeat interval that a share group may set, in milliseconds.",
    atLeast(1),
  ),
  int(
    "group.share.session.timeout.ms",
    45_000,
    "Milliseconds without a heartbeat after which a member of a share group is removed.",
    atLeast(1),
  ),
  int(
    "group.share.min.session.timeout.ms",
    45_000,
    "Shortest session that a share group may set, in milliseconds.",
    atLeast(1),
  ),
  int(
    "group.share.max.session.timeout.ms",
    60_000,
    "Longest session that a share group may set, in milliseconds.",
    atLeast(1),
  ),
  int(
    "group.share.record.lock.duration.ms",
    30_000,
    "Milliseconds that a delivered record stays locked.",
    between(1000, 3_600_000),
  ),
  int(
    "group.share.min.record.lock.duration.ms",
    15_000,
    "Shortest lock that a share group may set, in milliseconds.",
    between(1000, 30_000),
  ),
  int(
    "group.share.max.record.lock.duration.ms",
    60_000,
    "Longest lock that a share group may set, in milliseconds.",
    between(30_000, 3_600_000),
  ),
  int(
    "group.share.partition.max.record.locks",
    2000,
    "Most locked records of a partition.",
    between(100, 10_000),
  ),
  int("group.share.max.share.sessions", 2000, "Share sessions that are kept.", atLeast(1)),
  int("group.share.max.size", 200, "Most members of a share group.", between(1, 1000)),
  int(
    "group.share.initialize.retry.interval.ms",
    30_000,
    "Milliseconds before a share partition is initialized again.",
    atLeast(1),
    INTERNAL,
  ),
  string(
    "group.share.persister.class.name",
    null,
    "A Java class that keeps the state of share groups. Java classes are not loaded.",
    INTERNAL,
  ),
];

const SHARE_COORDINATOR: readonly ConfigDefinition[] = [
  int(
    "share.coordinator.append.linger.ms",
    -1,
    "Milliseconds that the share coordinator gathers writes; -1 lets it choose.",
    atLeast(-1),
  ),
  int("share.coordinator.load.buffer.size", 5_242_880, "Bytes read at a time.", atLeast(1)),
  int("share.coordinator.threads", 1, "Threads of the share coordinator.", atLeast(1)),
  int(
    "share.coordinator.write.timeout.ms",
    5000,
    "Milliseconds for a write of share state.",
    atLeast(1),
  ),
  int(
    "share.coordinator.snapshot.update.records.per.snapshot",
    500,
    "Updates of share state between two snapshots of it.",
    atLeast(0),
  ),
  int(
    "share.coordinator.cold.partition.snapshot.interval.ms",
    300_000,
    "Milliseconds after which share state is written again though nothing changed.",
    atLeast(1),
    INTERNAL,
  ),
  int("share.coordinator.state.topic.compression.codec", 0, "Codec of __share_group_state."),
  short(
    "share.coordinator.state.topic.min.isr",
    2,
    "min.insync.replicas of __share_group_state.",
    atLeast(1),
  ),
  int(
    "share.coordinator.state.topic.num.partitions",
    50,
    "Partitions of __share_group_state.",
    atLeast(1),
  ),
  int(
    "share.coordinator.state.topic.prune.interval.ms",
    300_000,
    "Milliseconds between two deletions of share state that is superseded.",
    atLeast(1),
    INTERNAL,
  ),
  short(
    "share.coordinator.state.topic.replication.factor",
    3,
    "Replicas of __share_group_state.",
    atLeast(1),
  ),
  int(
    "share.coordinator.state.topic.segment.bytes",
    104_857_600,
    "segment.bytes of __share_group_state.",
    atLeast(1),
  ),
];

const STREAMS: readonly ConfigDefinition[] = [
  int(
    "group.streams.heartbeat.interval.ms",
    5000,
    "Milliseconds between two heartbeats of a member of a streams group.",
    atLeast(1),
  ),
  int(
    "group.streams.min.heartbeat.interval.ms",
    5000,
    "Shortest heartbeat interval that a streams group may set, in milliseconds.",
    atLeast(1),
  ),
  int(
    "group.streams.max.heartbeat.interval.ms",
    15_000,
    "Longest heartbeat interval that a streams group may set, in milliseconds.",
    atLeast(1),
  ),
  int(
    "group.streams.session.timeout.ms",
    45_000,
    "Milliseconds without a heartbeat after which a member of a streams group is removed.",
    atLeast(1),
  ),
  int(
    "group.streams.min.session.timeout.ms",
    45_000,
    "Shortest session that a streams group may set, in milliseconds.",
    atLeast(1),
  ),
  int(
    "group.streams.max.session.timeout.ms",
    60_000,
    "Longest session that a streams group may set, in milliseconds.",
    atLeast(1),
  ),
  int(
    "group.streams.initial.rebalance.delay.ms",
    3000,
    "Milliseconds that the first assignment of a streams group waits for members.",
    atLeast(0),
  ),
  int("group.streams.max.size", INT_MAX, "Most members of a streams group.", atLeast(1)),
  int("group.streams.num.standby.replicas", 0, "Standby copies of each task.", atLeast(0)),
  int("group.streams.max.standby.replicas", 2, "Most standby copies of a task.", atLeast(0)),
];

export const GROUP_COORDINATION_CONFIGS: readonly ConfigDefinition[] = [
  ...CLASSIC,
  ...CONSUMER,
  ...OFFSETS,
  ...SHARE,
  ...SHARE_COORDINATOR,
  ...STREAMS,
];
