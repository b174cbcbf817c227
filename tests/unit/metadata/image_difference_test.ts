import assert from "node:assert/strict";
import type { Uuid } from "../../../src/base/uuid.ts";
import { ClusterImage, imageToRecords } from "../../../src/metadata/cluster_image.ts";
import { imageDifference } from "../../../src/metadata/image_difference.ts";
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataRecordInit,
} from "../../../src/metadata/records.ts";
import { brokerRecord, describeRecords } from "./fixtures.ts";

function uuid(letter: string): Uuid {
  return `${letter.repeat(21)}A` as Uuid;
}

function imageOf(records: readonly MetadataRecordInit[]): ClusterImage {
  const image = new ClusterImage();
  replay(image, records);
  return image;
}

function replay(image: ClusterImage, records: readonly MetadataRecordInit[]): void {
  const start = image.lastOffset + 1;
  records.forEach((record, i) => {
    image.replay(decodeMetadataRecord(encodeMetadataRecord(record)), start + i);
  });
}

function topic(name: string, id: string): MetadataRecordInit {
  return { type: "TopicRecord", value: { name, topicId: uuid(id) } };
}

function partition(id: string, leader: number, leaderEpoch = 0): MetadataRecordInit {
  return {
    type: "PartitionRecord",
    value: {
      topicId: uuid(id),
      partitionId: 0,
      replicas: [1, 2],
      isr: [leader],
      removingReplicas: [],
      addingReplicas: [],
      leader,
      leaderEpoch,
      partitionEpoch: leaderEpoch,
      directories: [uuid("a"), uuid("b")],
    },
  };
}

function config(resourceName: string, name: string, value: string): MetadataRecordInit {
  return { type: "ConfigRecord", value: { resourceType: 2, resourceName, name, value } };
}

function feature(name: string, featureLevel: number): MetadataRecordInit {
  return { type: "FeatureLevelRecord", value: { name, featureLevel } };
}

const quota = (key: string, value: number): MetadataRecordInit => {
  const entity = [{ entityType: "user", entityName: "u" }];
  return { type: "ClientQuotaRecord", value: { entity, key, value, remove: false } };
};

const scram = (name: string): MetadataRecordInit => {
  const bytes = Uint8Array.of(1, 2, 3);
  return {
    type: "UserScramCredentialRecord",
    value: { name, mechanism: 1, salt: bytes, storedKey: bytes, serverKey: bytes, iterations: 9 },
  };
};

const BEFORE = [
  feature("metadata.version", 29),
  feature("old.feature", 1),
  brokerRecord(1),
  brokerRecord(2),
  topic("stays", "c"),
  partition("c", 1),
  topic("changes", "d"),
  partition("d", 1),
  topic("goes", "e"),
  partition("e", 1),
  topic("again", "f"),
  partition("f", 1),
  config("stays", "a", "1"),
  config("stays", "b", "1"),
  config("again", "a", "1"),
  quota("producer_byte_rate", 1),
  quota("consumer_byte_rate", 1),
  scram("goes"),
  { type: "ProducerIdsRecord", value: { brokerId: 1, brokerEpoch: 1, nextProducerId: 1000 } },
] as const;

const AFTER = [
  feature("metadata.version", 29),
  brokerRecord(2),
  brokerRecord(3),
  topic("stays", "c"),
  partition("c", 1),
  topic("changes", "d"),
  partition("d", 2, 7),
  topic("again", "g"),
  partition("g", 1),
  config("stays", "a", "2"),
  config("again", "a", "1"),
  quota("producer_byte_rate", 2),
  scram("new"),
  { type: "ProducerIdsRecord", value: { brokerId: 1, brokerEpoch: 1, nextProducerId: 2000 } },
] as const;

/** What an image holds, whatever the order in which it came. */
function contents(image: ClusterImage): string[] {
  return describeRecords(imageToRecords(image)).sort();
}

Deno.test("imageDifference() leads from one image to the other, both ways", () => {
  for (const [from, to] of [[BEFORE, AFTER], [AFTER, BEFORE], [[], AFTER]] as const) {
    const image = imageOf(from);
    replay(image, imageDifference(image, imageOf(to)));
    // Producer ids are never taken back.
    const withoutIds = (lines: string[]) => lines.filter((line) => !line.startsWith("ProducerIds"));
    assert.deepEqual(withoutIds(contents(image)), withoutIds(contents(imageOf(to))));
  }
});

Deno.test("imageDifference() removes first, and leaves out what is the same", () => {
  const records = imageDifference(imageOf(BEFORE), imageOf(AFTER));
  const types = records.map(({ type }) => type);
  assert.equal(types.lastIndexOf("RemoveTopicRecord") < types.indexOf("TopicRecord"), true);
  const text = describeRecords(records).join("\n");
  assert.doesNotMatch(text, /name="stays"/);
  assert.match(text, /Partition .*leaderEpoch=7/);
  assert.deepEqual(imageDifference(imageOf(AFTER), imageOf(AFTER)), []);
});
