/** The state of the cluster: what replaying the metadata log makes. Pure. */
import { invariant } from "../base/invariant.ts";
import { BrokersImage } from "./image/brokers_image.ts";
import { ConfigsImage } from "./image/configs_image.ts";
import { SecurityImage } from "./image/security_image.ts";
import { TopicsImage } from "./image/topics_image.ts";
import type { MetadataRecord, MetadataRecordInit } from "./records.ts";

/**
 * Topics, brokers, configuration, features and identities. {@link replay} is the only way to
 * change it; everything that can be read from it must be treated as read-only.
 */
export class ClusterImage {
  readonly topics: TopicsImage = new TopicsImage();
  readonly brokers: BrokersImage = new BrokersImage();
  readonly configs: ConfigsImage = new ConfigsImage();
  readonly security: SecurityImage = new SecurityImage();
  private readonly offsetOfRegistration = new Map<number, number>();
  private readonly levelOfFeature = new Map<string, number>();
  private producerId = 0;
  private replayedOffset = -1;
  private transaction: MetadataRecord[] | undefined;

  /** Offset of the last record that was replayed; -1 before the first. */
  get lastOffset(): number {
    return this.replayedOffset;
  }

  /** Between the records of a transaction: what they say is held back, and no snapshot has it. */
  get inTransaction(): boolean {
    return this.transaction !== undefined;
  }

  /** The first producer id that no block has been given out of. */
  get nextProducerId(): number {
    return this.producerId;
  }

  /**
   * Where in the metadata log a broker was registered last; when that is in a snapshot, the last
   * offset that it holds. -1 for a broker that never was.
   */
  registrationOffset(brokerId: number): number {
    return this.offsetOfRegistration.get(brokerId) ?? -1;
  }

  /** The finalized level of a feature; 0 when none was set. */
  featureLevel(name: string): number {
    return this.levelOfFeature.get(name) ?? 0;
  }

  /** Finalized features, those of level 0 left out. */
  featureLevels(): ReadonlyMap<string, number> {
    return this.levelOfFeature;
  }

  /**
   * Takes `record` into the image. Records between BeginTransaction and EndTransaction take effect
   * together at the end, or not at all (KIP-866).
   *
   * @param offset of the record in the metadata log; for records of a snapshot, the offset of the
   *   last record that the snapshot holds
   * @throws {InvariantError} when the record contradicts those before it
   */
  replay(record: MetadataRecord, offset: number): void {
    invariant(offset >= this.replayedOffset, "metadata offsets go back");
    this.replayedOffset = offset;
    switch (record.type) {
      case "BeginTransactionRecord":
        invariant(this.transaction === undefined, "a metadata transaction within another");
        this.transaction = [];
        return;
      case "AbortTransactionRecord":
        this.transaction = undefined;
        return;
      case "EndTransactionRecord": {
        const held = this.transaction ?? [];
        this.transaction = undefined;
        for (const each of held) this.apply(each);
        return;
      }
      default:
        if (this.transaction === undefined) this.apply(record);
        else this.transaction.push(record);
    }
  }

  private apply(record: MetadataRecord): void {
    switch (record.type) {
      case "TopicRecord":
        return this.topics.replayTopic(record.value);
      case "PartitionRecord":
        return this.topics.replayPartition(record.value);
      case "PartitionChangeRecord":
        return this.topics.replayPartitionChange(record.value);
      case "RemoveTopicRecord":
        return this.configs.replayTopicRemoved(
          this.topics.replayRemove(record.value.topicId).name,
        );
      case "ConfigRecord":
        return this.configs.replay(record.value);
      case "ProducerIdsRecord":
        this.producerId = record.value.nextProducerId;
        return;
      case "FeatureLevelRecord":
        return this.applyFeatureLevel(record.value.name, record.value.featureLevel);
      case "ClientQuotaRecord":
        return this.security.replayQuota(record.value);
      case "UserScramCredentialRecord":
        return this.security.replayCredential(record.value);
      case "RemoveUserScramCredentialRecord":
        return this.security.replayCredentialRemoved(record.value);
      case "AccessControlEntryRecord":
        return this.security.replayEntry(record.value);
      case "RemoveAccessControlEntryRecord":
        return this.security.replayEntryRemoved(record.value.id);
      default:
        return this.applyToBrokers(record);
    }
  }

  private applyToBrokers(record: MetadataRecord): void {
    switch (record.type) {
      case "RegisterBrokerRecord":
        this.offsetOfRegistration.set(record.value.brokerId, this.replayedOffset);
        return this.brokers.replayRegister(record.value);
      case "UnregisterBrokerRecord":
        return this.brokers.replayUnregister(record.value);
      case "FenceBrokerRecord":
        return this.brokers.replayFenced(record.value.id, record.value.epoch, true);
      case "UnfenceBrokerRecord":
        return this.brokers.replayFenced(record.value.id, record.value.epoch, false);
      case "BrokerRegistrationChangeRecord":
        return this.brokers.replayChange(record.value);
    }
  }

  private applyFeatureLevel(name: string, level: number): void {
    if (level === 0) this.levelOfFeature.delete(name);
    else this.levelOfFeature.set(name, level);
  }
}

/**
 * Records that make an equal image when they are replayed in order: what a snapshot holds. Feature
 * levels come first, as Kafka wants them.
 */
export function imageToRecords(image: ClusterImage): MetadataRecordInit[] {
  const records: MetadataRecordInit[] = [];
  for (const [name, featureLevel] of image.featureLevels()) {
    records.push({ type: "FeatureLevelRecord", value: { name, featureLevel } });
  }
  image.brokers.writeTo(records);
  image.topics.writeTo(records);
  image.configs.writeTo(records);
  if (image.nextProducerId > 0) {
    const { nextProducerId } = image;
    records.push({
      type: "ProducerIdsRecord",
      value: { brokerId: -1, brokerEpoch: -1, nextProducerId },
    });
  }
  image.security.writeTo(records);
  return records;
}
