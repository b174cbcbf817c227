import assert from "node:assert/strict";
import type { ClusterImage } from "../../../src/metadata/cluster_image.ts";
import { type BrokerConfigLayers, DEFAULT_LAYERS } from "../../../src/metadata/config/effective.ts";
import type { MetadataRecordInit } from "../../../src/metadata/records.ts";
import {
  growReplicas,
  initialReplicationFactor,
} from "../../../src/metadata/replication_growth.ts";
import {
  brokerRecord,
  commit,
  describePartition,
  idOf,
  imageOf,
  partitionRecord,
} from "./fixtures.ts";

/** A topic with these partitions, on broker 1 alone, which others have joined. */
function grown(
  brokers: readonly MetadataRecordInit[],
  partitionCount: number,
  topic: { readonly name: string; readonly hasDefaultReplication?: boolean },
): ClusterImage {
  const image = imageOf([
    brokerRecord(1),
    ...brokers,
    { type: "TopicRecord", value: { topicId: idOf(1), ...topic } },
  ]);
  for (let id = 0; id < partitionCount; id++) commit(image, [partitionRecord(id, [1])]);
  return image;
}

function withSettings(...settings: readonly (readonly [string, string])[]): BrokerConfigLayers {
  return { ...DEFAULT_LAYERS, static: new Map(settings) };
}

const DEFAULT_TOPIC = { name: "t", hasDefaultReplication: true };
const TWO_MORE = [brokerRecord(2), brokerRecord(3)];

Deno.test("initialReplicationFactor() is as near to three as there are brokers, unless chosen", () => {
  const one = imageOf([brokerRecord(1), brokerRecord(2, { fenced: true })]);
  const four = imageOf([1, 2, 3, 4].map((id) => brokerRecord(id)));
  assert.equal(initialReplicationFactor(imageOf([]), DEFAULT_LAYERS), 1);
  assert.equal(initialReplicationFactor(one, DEFAULT_LAYERS), 1);
  assert.equal(initialReplicationFactor(four, DEFAULT_LAYERS), 3);
  const chosen = withSettings(["default.replication.factor", "2"]);
  assert.equal(initialReplicationFactor(one, chosen), 2);
  assert.equal(initialReplicationFactor(four, chosen), 2);
});

Deno.test("growReplicas() adds replicas, and spreads preferred leaders", () => {
  const image = grown(TWO_MORE, 3, DEFAULT_TOPIC);
  const { records, topics } = growReplicas(image, DEFAULT_LAYERS);
  assert.deepEqual(topics, [{ name: "t", replicationFactor: 3 }]);
  commit(image, records);
  const { partitions } = image.topics.byName("t")!;
  assert.deepEqual(partitions.map(({ replicas }) => replicas[0]).sort(), [1, 2, 3]);
  for (const { replicas, addingReplicas, isr, leader } of partitions) {
    assert.deepEqual([...replicas].sort(), [1, 2, 3]);
    assert.deepEqual([...addingReplicas].sort(), [2, 3]);
    assert.deepEqual([isr, leader], [[1], 1]);
  }
  assert.deepEqual(growReplicas(image, DEFAULT_LAYERS).records, []);
});

Deno.test("growReplicas() spreads the leaders of each topic, and those of all", () => {
  const spread = (leaders: readonly number[]) =>
    [1, 2, 3].map((id) => leaders.filter((leader) => leader === id).length);
  const image = grown(TWO_MORE, 6, DEFAULT_TOPIC);
  for (let topic = 2; topic < 8; topic++) {
    const topicId = idOf(topic);
    const value = { name: `t${topic}`, topicId, hasDefaultReplication: true };
    commit(image, [{ type: "TopicRecord", value }, partitionRecord(0, [1], { topicId })]);
  }
  commit(image, growReplicas(image, DEFAULT_LAYERS).records);
  const topics = [...image.topics.all()]
    .map(({ partitions }) => partitions.map(({ replicas }) => replicas[0]!));
  assert.deepEqual(spread(topics[0]!), [2, 2, 2]);
  assert.deepEqual(spread(topics.flat()), [4, 4, 4]);
});

Deno.test("growReplicas() leaves alone what has enough, or a number of its own", () => {
  const growth = (
    topic: Parameters<typeof grown>[2],
    settings: BrokerConfigLayers = DEFAULT_LAYERS,
    brokers = TWO_MORE,
  ) =>
    growReplicas(grown(brokers, 1, topic), settings).topics.map((each) => each.replicationFactor);
  assert.deepEqual(growth({ name: "t" }), []);
  assert.deepEqual(growth(DEFAULT_TOPIC), [3]);
  assert.deepEqual(growth(DEFAULT_TOPIC, withSettings(["default.replication.factor", "2"])), [2]);
  assert.deepEqual(growth(DEFAULT_TOPIC, withSettings(["default.replication.factor", "1"])), []);
  assert.deepEqual(growth({ name: "__consumer_offsets" }), [3]);
  assert.deepEqual(growth({ name: "__transaction_state" }), [3]);
  const two = withSettings(["offsets.topic.replication.factor", "2"]);
  assert.deepEqual(growth({ name: "__consumer_offsets" }, two), [2]);
  const image = grown(TWO_MORE, 1, DEFAULT_TOPIC);
  commit(image, [{
    type: "PartitionChangeRecord",
    value: { partitionId: 0, topicId: idOf(1), replicas: [1, 2], removingReplicas: [2] },
  }]);
  assert.deepEqual(growReplicas(image, DEFAULT_LAYERS).records, []);
  const fenced = [brokerRecord(2, { fenced: true }), brokerRecord(3)];
  assert.deepEqual(growth(DEFAULT_TOPIC, DEFAULT_LAYERS, fenced), [2]);
});

Deno.test("growReplicas() takes racks without a replica first, then who has least", () => {
  const image = imageOf([
    brokerRecord(1, { rack: "a" }),
    brokerRecord(2, { rack: "a" }),
    brokerRecord(3, { rack: "b" }),
    brokerRecord(4, { rack: "b" }),
    { type: "TopicRecord", value: { name: "t", topicId: idOf(1), hasDefaultReplication: true } },
    partitionRecord(0, [1]),
    partitionRecord(1, [4, 3, 1]),
    partitionRecord(2, [4, 1]),
  ]);
  const settings = withSettings(["default.replication.factor", "2"]);
  commit(image, growReplicas(image, settings).records);
  assert.equal(
    describePartition(image, 0),
    "leader=1 epochs=3/8 replicas=1,3 isr=1 adding=3",
  );
});

Deno.test("growReplicas() copies so many partitions at a time, and what is moving waits", () => {
  const image = grown(TWO_MORE, 5, DEFAULT_TOPIC);
  commit(image, growReplicas(image, DEFAULT_LAYERS, 2).records);
  const adding = () =>
    image.topics.byName("t")!.partitions.filter(({ addingReplicas }) => addingReplicas.length > 0)
      .length;
  assert.equal(adding(), 2);
  assert.deepEqual(growReplicas(image, DEFAULT_LAYERS, 2).records, []);
  assert.equal(growReplicas(image, DEFAULT_LAYERS, 3).records.length, 1);
});
