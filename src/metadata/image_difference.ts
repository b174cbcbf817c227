/** The way from one state of the cluster to another, as records. */
import { invariant } from "../base/invariant.ts";
import { type ClusterImage, imageToRecords } from "./cluster_image.ts";
import { ConfigResourceType } from "./image/configs_image.ts";
import type { MetadataRecordInit } from "./records.ts";

/**
 * Records that make `from` equal to `to` when they are replayed: what a broker that was away for
 * long, and gets a snapshot in place of the log, is told of the changes in between. Removals come
 * first, so that what is new may bear the name of something that is gone.
 *
 * Records in `to` that say the same as in `from` are left out. A changed partition is told as a
 * whole, by a PartitionRecord.
 */
export function imageDifference(from: ClusterImage, to: ClusterImage): MetadataRecordInit[] {
  const before = byIdentity(imageToRecords(from));
  const after = byIdentity(imageToRecords(to));
  const removals: MetadataRecordInit[] = [];
  const changes: MetadataRecordInit[] = [];
  const removedTopics = new Set<string>();
  for (const [identity, record] of before) {
    if (after.has(identity)) continue;
    removals.push(...removalOf(record));
    if (record.type === "TopicRecord") removedTopics.add(record.value.name);
  }
  for (const [identity, record] of after) {
    const old = before.get(identity);
    // The settings of a topic went with it, also when another one of its name has the same.
    const isLost = record.type === "ConfigRecord" &&
      record.value.resourceType === ConfigResourceType.TOPIC &&
      removedTopics.has(record.value.resourceName);
    if (old === undefined || isLost || contentOf(old) !== contentOf(record)) changes.push(record);
  }
  return [...removals, ...changes];
}

function byIdentity(records: readonly MetadataRecordInit[]): Map<string, MetadataRecordInit> {
  return new Map(records.map((record) => [identityOf(record), record]));
}

/** What a record is about: a later one with the same identity takes its place. */
function identityOf(record: MetadataRecordInit): string {
  return JSON.stringify([record.type, ...keyOf(record)]);
}

function keyOf({ type, value }: MetadataRecordInit): unknown[] {
  switch (type) {
    case "FeatureLevelRecord":
      return [value.name];
    case "RegisterBrokerRecord":
      return [value.brokerId];
    case "TopicRecord":
      return [value.topicId];
    case "PartitionRecord":
      return [value.topicId, value.partitionId];
    case "ConfigRecord":
      return [value.resourceType, value.resourceName, value.name];
    case "ClientQuotaRecord":
      return [value.entity, value.key];
    case "UserScramCredentialRecord":
      return [value.name, value.mechanism];
    case "AccessControlEntryRecord":
      return [value.id];
    case "ProducerIdsRecord":
      return [];
    default:
      invariant(false, `a snapshot never holds a ${type}`);
  }
}

function removalOf({ type, value }: MetadataRecordInit): MetadataRecordInit[] {
  switch (type) {
    case "FeatureLevelRecord":
      return [{ type, value: { name: value.name, featureLevel: 0 } }];
    case "RegisterBrokerRecord": {
      const { brokerId, brokerEpoch } = value;
      return [{ type: "UnregisterBrokerRecord", value: { brokerId, brokerEpoch } }];
    }
    case "TopicRecord":
      return [{ type: "RemoveTopicRecord", value: { topicId: value.topicId } }];
    case "ConfigRecord":
      return [{ type, value: { ...value, value: null } }];
    case "ClientQuotaRecord":
      return [{ type, value: { ...value, remove: true } }];
    case "UserScramCredentialRecord": {
      const { name, mechanism } = value;
      return [{ type: "RemoveUserScramCredentialRecord", value: { name, mechanism } }];
    }
    case "AccessControlEntryRecord":
      return [{ type: "RemoveAccessControlEntryRecord", value: { id: value.id } }];
    default:
      // Partitions go with their topic, and a topic never loses one; producer ids never go back.
      return [];
  }
}

function contentOf(record: MetadataRecordInit): string {
  return JSON.stringify(record.value, (_key, value) => {
    return value instanceof Uint8Array ? [...value] : value;
  });
}
