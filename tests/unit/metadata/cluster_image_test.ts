import assert from "node:assert/strict";
import fc from "fast-check";
import type { Uuid } from "../../../src/base/uuid.ts";
import { InvariantError } from "../../../src/base/invariant.ts";
import { ProtocolError } from "../../../src/protocol/protocol_error.ts";
import { imageToRecords } from "../../../src/metadata/cluster_image.ts";
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  type MetadataRecordInit,
} from "../../../src/metadata/records.ts";
import { brokerRecord, commit, countingIds, describeRecords, imageOf } from "./fixtures.ts";

const TOPIC_ID = "AAAAAQAAAAAAAAAAAAAAAA" as Uuid;

function partition(partitionId: number, topicId = TOPIC_ID): MetadataRecordInit {
  return {
    type: "PartitionRecord",
    value: {
      partitionId,
      topicId,
      replicas: [1, 2],
      isr: [1, 2],
      removingReplicas: [],
      addingReplicas: [],
      leader: 1,
      leaderEpoch: 0,
      partitionEpoch: 0,
      directories: [],
    },
  };
}

const TOPIC: MetadataRecordInit = { type: "TopicRecord", value: { name: "a", topicId: TOPIC_ID } };

Deno.test("ClusterImage finds a replayed topic by name and by id, with its partitions", () => {
  const image = imageOf([TOPIC, partition(0), partition(1)]);
  assert.equal(image.topics.byName("a"), image.topics.byId(TOPIC_ID));
  assert.equal(image.topics.partitionCount, 2);
  assert.equal(image.topics.byName("a")!.partitions[1]!.leader, 1);
  assert.equal(image.lastOffset, 2);
});

Deno.test("ClusterImage raises the epochs of a partition as its changes say", () => {
  const image = imageOf([TOPIC, partition(0)]);
  const change = (fields: object): void =>
    commit(image, [{
      type: "PartitionChangeRecord",
      value: { partitionId: 0, topicId: TOPIC_ID, ...fields },
    }]);
  const state = () => {
    const found = image.topics.byName("a")!.partitions[0]!;
    return [found.leader, found.leaderEpoch, found.partitionEpoch, found.isr];
  };
  change({ isr: [1] });
  assert.deepEqual(state(), [1, 0, 1, [1]]);
  change({ leader: 2, isr: [2] });
  assert.deepEqual(state(), [2, 1, 2, [2]]);
  change({ leader: -1 });
  assert.deepEqual(state(), [-1, 2, 3, [2]]);
});

Deno.test("ClusterImage forgets a removed topic, its name, its id and its configuration", () => {
  const config = (resourceName: string): MetadataRecordInit => ({
    type: "ConfigRecord",
    value: { resourceType: 2, resourceName, name: "retention.ms", value: "1" },
  });
  const image = imageOf([TOPIC, partition(0), config("a"), config("b")]);
  assert.equal(image.topics.nameLike("a"), "a");
  commit(image, [{ type: "RemoveTopicRecord", value: { topicId: TOPIC_ID } }]);
  assert.equal(image.topics.byName("a"), undefined);
  assert.equal(image.topics.byId(TOPIC_ID), undefined);
  assert.equal(image.topics.nameLike("a"), undefined);
  assert.equal(image.topics.partitionCount, 0);
  assert.equal(image.configs.of(2, "a").size, 0);
  assert.equal(image.configs.of(2, "b").size, 1);
});

Deno.test("ClusterImage holds the records of a transaction back until it ends", () => {
  const begin: MetadataRecordInit = { type: "BeginTransactionRecord", value: {} };
  const image = imageOf([begin, TOPIC]);
  assert.equal(image.topics.size, 0);
  assert.equal(image.inTransaction, true);
  commit(image, [{ type: "AbortTransactionRecord", value: {} }, begin, TOPIC, partition(0)]);
  assert.equal(image.topics.size, 0);
  commit(image, [{ type: "EndTransactionRecord", value: {} }]);
  assert.equal(image.topics.partitionCount, 1);
  assert.equal(image.inTransaction, false);
});

Deno.test("ClusterImage fences and unfences the registered incarnation alone", () => {
  const image = imageOf([brokerRecord(1, { brokerEpoch: 7 })]);
  commit(image, [{ type: "FenceBrokerRecord", value: { id: 1, epoch: 7 } }]);
  assert.equal(image.brokers.byId(1)!.fenced, true);
  commit(image, [{
    type: "BrokerRegistrationChangeRecord",
    value: { brokerId: 1, brokerEpoch: 7, fenced: -1, inControlledShutdown: 1 },
  }]);
  assert.equal(image.brokers.byId(1)!.fenced, false);
  assert.equal(image.brokers.byId(1)!.inControlledShutdown, true);
  assert.throws(
    () => commit(image, [{ type: "UnfenceBrokerRecord", value: { id: 1, epoch: 6 } }]),
    InvariantError,
  );
});

Deno.test("ClusterImage refuses records that contradict those before", () => {
  const broken: MetadataRecordInit[][] = [
    [TOPIC, TOPIC],
    [partition(0)],
    [TOPIC, partition(1)],
    [TOPIC, { type: "PartitionChangeRecord", value: { partitionId: 0, topicId: TOPIC_ID } }],
    [{ type: "RemoveTopicRecord", value: { topicId: TOPIC_ID } }],
    [{ type: "UnregisterBrokerRecord", value: { brokerId: 1, brokerEpoch: 1 } }],
  ];
  for (const records of broken) assert.throws(() => imageOf(records), InvariantError);
});

Deno.test("decodeMetadataRecord() reads the frame that Kafka writes and refuses others", () => {
  const bytes = encodeMetadataRecord({
    type: "FeatureLevelRecord",
    value: { name: "kraft.version", featureLevel: 1 },
  });
  // Frame version 1, api key 12, version 0, compact string, int16, no tagged fields.
  assert.deepEqual(bytes.subarray(0, 4), Uint8Array.of(1, 12, 0, 14));
  assert.throws(() => decodeMetadataRecord(Uint8Array.of(2, 12, 0)), ProtocolError);
  assert.throws(() => decodeMetadataRecord(Uint8Array.of(1, 99, 0)), ProtocolError);
  assert.throws(() => decodeMetadataRecord(Uint8Array.of(...bytes, 0)), ProtocolError);
  for (let end = 0; end < bytes.length; end++) {
    assert.throws(() => decodeMetadataRecord(bytes.subarray(0, end)), ProtocolError);
  }
});

/** Steps that are always possible, whatever came before. */
type Step =
  | { readonly kind: "create"; readonly name: string; readonly partitions: number }
  | { readonly kind: "change"; readonly topic: number; readonly leader: number }
  | { readonly kind: "remove"; readonly topic: number }
  | { readonly kind: "record"; readonly record: MetadataRecordInit };

const small = fc.nat({ max: 3 });
const word = fc.constantFrom("a", "b", "c.d", "c_d", "e");

const freeRecord: fc.Arbitrary<MetadataRecordInit> = fc.oneof(
  small.map((id) => brokerRecord(id, { fenced: id % 2 === 0 })),
  fc.record({
    resourceType: fc.constantFrom(2, 4, 32),
    resourceName: word,
    name: fc.constantFrom("k1", "k2"),
    value: fc.option(word),
  }).map((value): MetadataRecordInit => ({ type: "ConfigRecord", value })),
  fc.record({ name: word, featureLevel: small })
    .map((value): MetadataRecordInit => ({ type: "FeatureLevelRecord", value })),
  fc.nat({ max: 2 ** 40 }).map((nextProducerId): MetadataRecordInit => ({
    type: "ProducerIdsRecord",
    value: { brokerId: 1, brokerEpoch: 1, nextProducerId },
  })),
  fc.record({
    entity: fc.array(fc.record({ entityType: word, entityName: fc.option(word) }), {
      minLength: 1,
      maxLength: 2,
    }),
    key: word,
    value: fc.double({ noNaN: true }),
    remove: fc.boolean(),
  }).map((value): MetadataRecordInit => ({ type: "ClientQuotaRecord", value })),
  fc.record({
    name: fc.constantFrom("u", "v"),
    mechanism: fc.constantFrom(1, 2),
    salt: fc.uint8Array({ maxLength: 4 }),
    storedKey: fc.uint8Array({ maxLength: 4 }),
    serverKey: fc.uint8Array({ maxLength: 4 }),
    iterations: fc.nat(),
  }).map((value): MetadataRecordInit => ({ type: "UserScramCredentialRecord", value })),
  fc.record({ name: fc.constantFrom("u", "v"), mechanism: fc.constantFrom(1, 2) })
    .map((value): MetadataRecordInit => ({ type: "RemoveUserScramCredentialRecord", value })),
  fc.constant<MetadataRecordInit>({ type: "NoOpRecord", value: {} }),
);

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("create" as const), name: word, partitions: small }),
  fc.record({ kind: fc.constant("change" as const), topic: small, leader: small }),
  fc.record({ kind: fc.constant("remove" as const), topic: small }),
  freeRecord.map((record) => ({ kind: "record" as const, record })),
);

function imageAfter(steps: readonly Step[]) {
  const image = imageOf([]);
  const nextId = countingIds();
  for (const { kind, ...rest } of steps.map((each) => ({ ...each }))) {
    const each = { kind, ...rest } as Step;
    const topics = [...image.topics.all()];
    if (each.kind === "record") {
      commit(image, [each.record]);
    } else if (each.kind === "create") {
      if (image.topics.nameLike(each.name) !== undefined) continue;
      const topicId = nextId();
      commit(image, [{ type: "TopicRecord", value: { name: each.name, topicId } }]);
      for (let id = 0; id < each.partitions; id++) commit(image, [partition(id, topicId)]);
    } else {
      const topic = topics[each.topic];
      if (topic === undefined) continue;
      const topicId = topic.id;
      if (each.kind === "remove") {
        commit(image, [{ type: "RemoveTopicRecord", value: { topicId } }]);
      } else if (topic.partitions.length > 0) {
        const { leader } = each;
        const value = { partitionId: 0, topicId, leader, isr: [leader] };
        commit(image, [{ type: "PartitionChangeRecord", value }]);
      }
    }
  }
  return image;
}

Deno.test("imageToRecords() gives records that make an equal image, whatever led to it", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const image = imageAfter(steps);
    const copy = imageOf(imageToRecords(image));
    assert.deepEqual(copy.topics, image.topics);
    assert.deepEqual(copy.brokers, image.brokers);
    assert.deepEqual(copy.security, image.security);
    assert.deepEqual(copy.featureLevels(), image.featureLevels());
    assert.equal(copy.nextProducerId, image.nextProducerId);
    for (const type of [2, 4, 32]) {
      const names = [...image.configs.names(type)].sort();
      assert.deepEqual([...copy.configs.names(type)].sort(), names);
      for (const name of names) {
        assert.deepEqual(copy.configs.of(type, name), image.configs.of(type, name));
      }
    }
    assert.deepEqual(
      describeRecords(imageToRecords(copy)).sort(),
      describeRecords(imageToRecords(image)).sort(),
    );
  }));
});
