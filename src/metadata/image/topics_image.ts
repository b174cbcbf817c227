/** Topics and partitions, as the metadata log has them. */
import { invariant } from "../../base/invariant.ts";
import type { Uuid } from "../../base/uuid.ts";
import type {
  PartitionChangeRecord,
  PartitionChangeRecordInit,
} from "../../protocol/generated/metadata/partition_change_record.ts";
import type { PartitionRecord } from "../../protocol/generated/metadata/partition_record.ts";
import type { TopicRecord } from "../../protocol/generated/metadata/topic_record.ts";
import type { MetadataRecordInit } from "../records.ts";
import { collisionForm } from "../topic_names.ts";

/** The leader of a partition that has none. */
export const NO_LEADER = -1;
/** In a PartitionChangeRecord: the leader stays. */
const LEADER_UNCHANGED = -2;
const RECOVERY_UNCHANGED = -1;

/** One partition: who holds it and who leads. Replaced as a whole when it changes. */
export interface PartitionRegistration {
  readonly partitionId: number;
  /** Broker ids, the preferred leader first. */
  readonly replicas: readonly number[];
  /** Broker ids of the in-sync replicas. */
  readonly isr: readonly number[];
  readonly removingReplicas: readonly number[];
  readonly addingReplicas: readonly number[];
  /** Eligible leader replicas (KIP-966). */
  readonly eligibleLeaderReplicas: readonly number[];
  readonly lastKnownElr: readonly number[];
  /** The log directory of each replica. */
  readonly directories: readonly Uuid[];
  /** A broker id, or {@link NO_LEADER}. */
  readonly leader: number;
  readonly leaderEpoch: number;
  /** Goes up with every change. */
  readonly partitionEpoch: number;
  /** 0 recovered, 1 recovering from an unclean election. */
  readonly leaderRecoveryState: number;
}

/** A topic. The object stays the same while the topic lives. */
export interface Topic {
  readonly name: string;
  readonly id: Uuid;
  /** It was made with the default replication factor, and follows it when the cluster grows. */
  readonly hasDefaultReplication: boolean;
  /** By partition id. */
  readonly partitions: readonly PartitionRegistration[];
}

interface MutableTopic extends Topic {
  readonly partitions: PartitionRegistration[];
}

const NONE: readonly number[] = [];

/** `before` after `change`: a leader that is named begins an epoch, and every change counts one. */
export function withChange(
  before: PartitionRegistration,
  change: PartitionChangeRecordInit,
): PartitionRegistration {
  const { leader = LEADER_UNCHANGED, leaderRecoveryState = RECOVERY_UNCHANGED } = change;
  const leaderChanges = leader !== LEADER_UNCHANGED;
  return {
    partitionId: before.partitionId,
    replicas: change.replicas ?? before.replicas,
    isr: change.isr ?? before.isr,
    removingReplicas: change.removingReplicas ?? before.removingReplicas,
    addingReplicas: change.addingReplicas ?? before.addingReplicas,
    eligibleLeaderReplicas: change.eligibleLeaderReplicas ?? before.eligibleLeaderReplicas,
    lastKnownElr: change.lastKnownElr ?? before.lastKnownElr,
    directories: change.directories ?? before.directories,
    leader: leaderChanges ? leader : before.leader,
    leaderEpoch: leaderChanges ? before.leaderEpoch + 1 : before.leaderEpoch,
    partitionEpoch: before.partitionEpoch + 1,
    leaderRecoveryState: leaderRecoveryState === RECOVERY_UNCHANGED
      ? before.leaderRecoveryState
      : leaderRecoveryState,
  };
}

/** Topics by name and by id. Changes by replay alone. */
export class TopicsImage {
  private readonly topicOfName = new Map<string, MutableTopic>();
  private readonly topicOfId = new Map<Uuid, MutableTopic>();
  /** For each {@link collisionForm} of a name, the name: no two topics share one. */
  private readonly nameOfForm = new Map<string, string>();
  private count = 0;

  byName(name: string): Topic | undefined {
    return this.topicOfName.get(name);
  }

  byId(id: Uuid): Topic | undefined {
    return this.topicOfId.get(id);
  }

  /** The topic name that would collide with `name`, or is the same. */
  nameLike(name: string): string | undefined {
    return this.nameOfForm.get(collisionForm(name));
  }

  /** In the order of creation. */
  all(): Iterable<Topic> {
    return this.topicOfName.values();
  }

  get size(): number {
    return this.topicOfName.size;
  }

  /** Partitions of all topics. */
  get partitionCount(): number {
    return this.count;
  }

  replayTopic({ name, topicId, hasDefaultReplication }: TopicRecord): void {
    const form = collisionForm(name);
    invariant(!this.nameOfForm.has(form), "a topic is created whose name is taken");
    invariant(!this.topicOfId.has(topicId), "a topic id is given twice");
    const topic: MutableTopic = { name, id: topicId, hasDefaultReplication, partitions: [] };
    this.topicOfName.set(name, topic);
    this.topicOfId.set(topicId, topic);
    this.nameOfForm.set(form, name);
  }

  replayPartition(record: PartitionRecord): void {
    const { partitions } = this.topicOf(record.topicId);
    const { partitionId } = record;
    invariant(partitionId <= partitions.length, "a new partition leaves a gap before it");
    if (partitionId === partitions.length) this.count++;
    partitions[partitionId] = {
      partitionId,
      replicas: record.replicas,
      isr: record.isr,
      removingReplicas: record.removingReplicas,
      addingReplicas: record.addingReplicas,
      eligibleLeaderReplicas: record.eligibleLeaderReplicas ?? NONE,
      lastKnownElr: record.lastKnownElr ?? NONE,
      directories: record.directories,
      leader: record.leader,
      leaderEpoch: record.leaderEpoch,
      partitionEpoch: record.partitionEpoch,
      leaderRecoveryState: record.leaderRecoveryState,
    };
  }

  replayPartitionChange(record: PartitionChangeRecord): void {
    const { partitions } = this.topicOf(record.topicId);
    const before = partitions[record.partitionId];
    invariant(before !== undefined, "a partition changes that does not exist");
    partitions[record.partitionId] = withChange(before, record);
  }

  /** Returns the topic that is gone. */
  replayRemove(topicId: Uuid): Topic {
    const topic = this.topicOf(topicId);
    this.topicOfName.delete(topic.name);
    this.topicOfId.delete(topicId);
    this.nameOfForm.delete(collisionForm(topic.name));
    this.count -= topic.partitions.length;
    return topic;
  }

  /** Appends the records that make this image. */
  writeTo(records: MetadataRecordInit[]): void {
    for (const { name, id, hasDefaultReplication, partitions } of this.topicOfName.values()) {
      const replication = hasDefaultReplication ? { hasDefaultReplication } : {};
      records.push({ type: "TopicRecord", value: { name, topicId: id, ...replication } });
      for (const partition of partitions) {
        const { eligibleLeaderReplicas, lastKnownElr } = partition;
        records.push({
          type: "PartitionRecord",
          value: {
            ...partition,
            topicId: id,
            eligibleLeaderReplicas: eligibleLeaderReplicas.length === 0
              ? null
              : eligibleLeaderReplicas,
            lastKnownElr: lastKnownElr.length === 0 ? null : lastKnownElr,
          },
        });
      }
    }
  }

  private topicOf(id: Uuid): MutableTopic {
    const topic = this.topicOfId.get(id);
    invariant(topic !== undefined, "a record names a topic id that does not exist");
    return topic;
  }
}
