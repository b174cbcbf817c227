import type { Logger } from "../../base/logger.ts";
import { type Uuid, ZERO_UUID } from "../../base/uuid.ts";
import type { GroupConfig } from "../../coordinator/group/group_config.ts";
import { GroupCoordinator } from "../../coordinator/group/group_coordinator.ts";
import type { GroupEvent } from "../../coordinator/group/group_events.ts";
import { type GroupRecord, GroupRecordCodec } from "../../coordinator/group/group_records.ts";
import type { Clock, Timer } from "../../io/clock.ts";
import type { Random } from "../../io/random.ts";
import type { ClusterImage } from "../../metadata/cluster_image.ts";
import type { MetadataRecord } from "../../metadata/records.ts";
import type { Partitions } from "../partitions.ts";
import type { TopicCreation } from "../topic_creation.ts";
import type { CoordinatorShard } from "./coordinator_shard.ts";
import { CoordinatorTopic } from "./coordinator_topic.ts";
import { compressionCodec, groupConfig, offsetsTopicShape } from "./group_settings.ts";

/** So many groups are looked at for expired offsets before the event loop gets its turn. */
const GROUPS_PER_TURN = 200;

/** A driver of the groups of one partition. */
export type GroupShard = CoordinatorShard<GroupEvent, GroupRecord, never, GroupCoordinator>;

/** What {@link Groups} works with. */
export interface GroupsOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
  readonly image: ClusterImage;
  readonly partitions: Partitions;
  readonly topicCreation: TopicCreation;
  /** The value of a broker setting. */
  setting(name: string): string | null;
}

/** An offset that a group has committed. */
export interface GroupOffset {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** The group coordinators of this broker: one for each partition of `__consumer_offsets` here. */
export class Groups {
  readonly config: GroupConfig;
  readonly topic: CoordinatorTopic<GroupEvent, GroupRecord, never, GroupCoordinator>;
  readonly #options: GroupsOptions;
  readonly #expiryCheckMs: number;
  #expiryTimer: Timer | undefined;

  constructor(options: GroupsOptions) {
    this.#options = options;
    const number = (name: string) => Number(options.setting(name));
    this.config = groupConfig(number);
    this.#expiryCheckMs = number("offsets.retention.check.interval.ms");
    const { clock, logger, image, partitions, topicCreation } = options;
    this.topic = new CoordinatorTopic<GroupEvent, GroupRecord, never, GroupCoordinator>({
      shape: offsetsTopicShape(number),
      clock,
      logger,
      image,
      partitions,
      topicCreation,
      codec: new GroupRecordCodec(),
      loadBufferBytes: number("offsets.load.buffer.size"),
      commitTimeoutMs: number("offsets.commit.timeout.ms"),
      compression: compressionCodec(number("offsets.topic.compression.codec")),
      newMachine: () => new GroupCoordinator(this.config),
      onLoaded: (index) => this.#dropOffsetsOfLostTopics(this.topic.shard(index)),
      perform: () => undefined,
    });
  }

  /** The shard that looks after a group; an error code when it can't. */
  find(groupId: string): GroupShard | number {
    return this.topic.find(groupId);
  }

  /** What the groups that are looked after here have committed. */
  *committedOffsets(): Generator<GroupOffset> {
    for (const { state, machine } of this.topic.shards()) {
      if (state !== "active") continue;
      for (const { groupId } of machine.groups()) {
        for (const [topic, partitions] of machine.offsetsOf(groupId)) {
          for (const [partition, { value }] of partitions) {
            yield { group: groupId, topic, partition, offset: value.offset };
          }
        }
      }
    }
  }

  /** The groups that are looked after here, and how many members they have. */
  *sizes(): Generator<{ readonly group: string; readonly members: number }> {
    for (const { state, machine } of this.topic.shards()) {
      if (state !== "active") continue;
      for (const { groupId, size } of machine.groups()) yield { group: groupId, members: size };
    }
  }

  /** Begins the regular work. */
  start(): void {
    this.topic.follow();
    this.#scheduleExpiry();
  }

  /** Told of committed metadata: topics come and go. */
  metadataChanged(records: readonly MetadataRecord[]): void {
    this.topic.follow();
    if (!records.some(({ type }) => type === "RemoveTopicRecord")) return;
    for (const shard of this.topic.shards()) this.#dropOffsetsOfLostTopics(shard);
  }

  /** Answers everybody who waits; nothing is taken any more. */
  stop(): void {
    this.#expiryTimer?.cancel();
    this.topic.stop();
  }

  /** A member id that no other member has, as Kafka makes them: a name, a dash, a UUID. */
  newMemberId(name: string): string {
    const bytes = new Uint8Array(16);
    this.#options.random.fill(bytes);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${name}-${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-` +
      `${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** Also when a topic was deleted, and maybe made anew, while nobody looked after the group. */
  #dropOffsetsOfLostTopics(shard: GroupShard | undefined): void {
    if (shard?.state !== "active") return;
    for (const { groupId } of [...shard.machine.groups()]) {
      const topics = new Set<string>();
      for (const [topic, topicId] of shard.machine.topicsOf(groupId)) {
        if (this.#isLost(topic, topicId)) topics.add(topic);
      }
      if (topics.size > 0) shard.submit({ type: "topics_deleted", groupId, topics });
    }
  }

  #isLost(topic: string, committedFor: Uuid): boolean {
    const current = this.#options.image.topics.byName(topic)?.id;
    return current === undefined || (committedFor !== ZERO_UUID && committedFor !== current);
  }

  #scheduleExpiry(): void {
    this.#expiryTimer = this.#options.clock.schedule(this.#expiryCheckMs, () => {
      const shards = [...this.topic.shards()].filter(({ state }) => state === "active");
      const groups = shards.flatMap((shard) =>
        Array.from(shard.machine.groups(), ({ groupId }) => ({ shard, groupId }))
      );
      this.#expire(groups, 0);
    });
  }

  #expire(groups: readonly { shard: GroupShard; groupId: string }[], from: number): void {
    const to = Math.min(from + GROUPS_PER_TURN, groups.length);
    for (const { shard, groupId } of groups.slice(from, to)) {
      if (shard.state === "active") shard.submit({ type: "expire_offsets", groupId });
    }
    if (to === groups.length) return this.#scheduleExpiry();
    this.#expiryTimer = this.#options.clock.schedule(0, () => this.#expire(groups, to));
  }
}
