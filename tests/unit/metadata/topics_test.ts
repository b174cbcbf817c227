import assert from "node:assert/strict";
import fc from "fast-check";
import { type Uuid, ZERO_UUID } from "../../../src/base/uuid.ts";
import { type ClusterImage, imageToRecords } from "../../../src/metadata/cluster_image.ts";
import { DEFAULT_LAYERS } from "../../../src/metadata/config/effective.ts";
import { createPartitions } from "../../../src/metadata/partitions.ts";
import { deleteTopics } from "../../../src/metadata/topic_deletion.ts";
import { createTopics, type TopicCreationContext } from "../../../src/metadata/topics.ts";
import type { CreatableTopic } from "../../../src/protocol/generated/create_topics_request.ts";
import type { CreatableTopicResultInit } from "../../../src/protocol/generated/create_topics_response.ts";
import { brokerRecord, commit, countingIds, describeRecords, imageOf } from "./fixtures.ts";

interface Scene {
  readonly image: ClusterImage;
  readonly context: TopicCreationContext;
}

/** A cluster of these brokers and no topics; new topics get ids that count up. */
function cluster(...brokerIds: readonly number[]): Scene {
  return {
    image: imageOf(brokerIds.map((id) => brokerRecord(id))),
    context: {
      layers: DEFAULT_LAYERS,
      newTopicId: countingIds(),
      startIndex: 0,
      startShift: 0,
    },
  };
}

function topic(name: string, fields: Partial<CreatableTopic> = {}): CreatableTopic {
  return {
    name,
    numPartitions: 1,
    replicationFactor: 1,
    assignments: [],
    configs: [],
    ...fields,
  };
}

/** Decides on new topics and commits; what came of it, a line per topic and per record. */
function create(
  { image, context }: Scene,
  topics: readonly CreatableTopic[],
  validateOnly = false,
): string[] {
  const { records, response } = createTopics(
    image,
    { topics, timeoutMs: 1, validateOnly },
    context,
  );
  commit(image, records);
  return [...response.topics.map(describeCreated), ...describeRecords(records)];
}

function describeCreated(result: CreatableTopicResultInit): string {
  const { name, errorCode, errorMessage, numPartitions, replicationFactor } = result;
  assert.equal(errorMessage === null, errorCode === 0);
  return errorCode === 0
    ? `${name}: ${numPartitions} x ${replicationFactor}`
    : `${name}: [${errorCode}] ${errorMessage}`;
}

function remove(
  { image }: Scene,
  references: readonly { readonly name?: string; readonly topicId?: Uuid }[],
  isEnabled = true,
): string[] {
  const topics = references.map(({ name = null, topicId = ZERO_UUID }) => ({ name, topicId }));
  const request = { topics, topicNames: [], timeoutMs: 1 };
  const { records, response } = deleteTopics(image, request, isEnabled);
  commit(image, records);
  return [
    ...response.responses.map(({ name, topicId, errorCode, errorMessage = null }) => {
      assert.equal(errorMessage === null, errorCode === 0);
      return `${name} ${topicId}: ${errorCode}`;
    }),
    ...describeRecords(records),
  ];
}

function grow(
  { image, context }: Scene,
  topics: readonly {
    readonly name: string;
    readonly count: number;
    readonly assigned?: readonly (readonly number[])[];
  }[],
  validateOnly = false,
): string[] {
  const request = {
    topics: topics.map(({ name, count, assigned }) => ({
      name,
      count,
      assignments: assigned?.map((brokerIds) => ({ brokerIds })) ?? null,
    })),
    timeoutMs: 1,
    validateOnly,
  };
  const { records, response } = createPartitions(image, request, context);
  commit(image, records);
  return [
    ...response.results.map(({ name, errorCode, errorMessage = null }) => {
      assert.equal(errorMessage === null, errorCode === 0);
      return `${name}: ${errorCode}`;
    }),
    ...describeRecords(records),
  ];
}

Deno.test("createTopics() writes topic, configuration and partitions", () => {
  const scene = cluster(1, 2);
  const configs = [{ name: "retention.ms", value: " 5 " }];
  assert.deepEqual(
    create(scene, [topic("a", { numPartitions: 2, replicationFactor: 2, configs })]),
    [
      "a: 2 x 2",
      'Topic name="a" topicId="AAAAAQAAAAAAAAAAAAAAAA"',
      'Config resourceType=2 resourceName="a" name="retention.ms" value="5"',
      'Partition partitionId=0 topicId="AAAAAQAAAAAAAAAAAAAAAA" replicas=[1,2] isr=[1,2] ' +
      'leader=1 leaderEpoch=0 partitionEpoch=0 directories=["AAAAAAAAAAAAAAAAAAAAAA",' +
      '"AAAAAAAAAAAAAAAAAAAAAA"]',
      'Partition partitionId=1 topicId="AAAAAQAAAAAAAAAAAAAAAA" replicas=[2,1] isr=[2,1] ' +
      'leader=2 leaderEpoch=0 partitionEpoch=0 directories=["AAAAAAAAAAAAAAAAAAAAAA",' +
      '"AAAAAAAAAAAAAAAAAAAAAA"]',
    ],
  );
});

Deno.test("createTopics() judges each topic alone", () => {
  const scene = cluster(1);
  create(scene, [topic("old.name")]);
  const withConfig = (name: string, value: string | null) => ({ configs: [{ name, value }] });
  const refused = create(scene, [
    topic("good"),
    topic("old.name"),
    topic("old_name"),
    topic("good_1"),
    topic("good.1"),
    topic(""),
    topic("."),
    topic("a".repeat(250)),
    topic("blank name"),
    topic("__cluster_metadata"),
    topic("twice"),
    topic("twice"),
    topic("none", { numPartitions: 0 }),
    topic("less", { numPartitions: -2 }),
    topic("factor0", { replicationFactor: 0 }),
    topic("factor2", { replicationFactor: 2 }),
    topic("null", withConfig("retention.ms", null)),
    topic("bad", withConfig("retention.ms", "soon")),
    topic("small", withConfig("segment.bytes", "1048575")),
    topic("unknown", withConfig("retention.msec", "1")),
    topic("remote", withConfig("remote.storage.enable", "true")),
    topic("long", withConfig("compression.type", "x".repeat(32768))),
  ]).filter((line) => !/^(Topic|Partition|Config) /.test(line));
  const codes = refused.map((line) => line.replace(/\[(-?\d+)\] .*/, "$1").slice(-14));
  assert.deepEqual(
    codes,
    [
      "good: 1 x 1",
      "old.name: 36",
      "old_name: 17",
      "good_1: 1 x 1",
      "good.1: 17",
      ": 17",
      ".: 17",
      "aaaaaaaaaa: 17",
      "blank name: 17",
      "r_metadata: 42",
      "twice: 42",
      "none: 37",
      "less: 37",
      "factor0: 38",
      "factor2: 38",
      "null: 40",
      "bad: 40",
      "small: 40",
      "unknown: 40",
      "remote: 40",
      "long: 40",
    ].map((line) => line.slice(-14)),
  );
  assert.match(refused.find((line) => line.startsWith("unknown"))!, /mean 'retention\.ms'/);
  assert.deepEqual([...scene.image.topics.all()].map(({ name }) => name), [
    "old.name",
    "good",
    "good_1",
  ]);
});

Deno.test("createTopics() takes counts of -1 from the broker's settings", () => {
  const scene = cluster(1, 2, 3);
  const settings = new Map([["num.partitions", "4"], ["default.replication.factor", "3"]]);
  const context = { ...scene.context, layers: { ...DEFAULT_LAYERS, static: settings } };
  const [line] = create({ ...scene, context }, [
    topic("a", { numPartitions: -1, replicationFactor: -1 }),
  ]);
  assert.equal(line, "a: 4 x 3");
});

Deno.test("createTopics() takes replicas that are assigned by hand, and checks them", () => {
  const scene = cluster(1, 2);
  commit(scene.image, [brokerRecord(3, { fenced: true })]);
  const assigned = (name: string, lists: Record<number, number[]>, fields = {}) =>
    topic(name, {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: Object.entries(lists).map(([index, brokerIds]) => ({
        partitionIndex: Number(index),
        brokerIds,
      })),
      ...fields,
    });
  const lines = create(scene, [
    assigned("good", { 1: [2, 1], 0: [3, 2] }),
    assigned("gap", { 0: [1], 2: [1] }),
    assigned("from1", { 1: [1] }),
    assigned("unknown", { 0: [9] }),
    assigned("twice", { 0: [1, 1] }),
    assigned("uneven", { 0: [1], 1: [1, 2] }),
    assigned("empty", { 0: [] }),
    assigned("fenced", { 0: [3] }),
    assigned("factor", { 0: [1] }, { replicationFactor: 1 }),
    assigned("count", { 0: [1] }, { numPartitions: 1 }),
  ]);
  assert.deepEqual(lines.slice(0, 10).map((line) => line.replace(/\[(\d+)\] .*/, "$1")), [
    "good: 2 x 2",
    "gap: 39",
    "from1: 39",
    "unknown: 39",
    "twice: 39",
    "uneven: 39",
    "empty: 39",
    "fenced: 39",
    "factor: 42",
    "count: 42",
  ]);
  const partitions = scene.image.topics.byName("good")!.partitions;
  assert.deepEqual(partitions.map(({ replicas, isr, leader }) => [replicas, isr, leader]), [
    [[3, 2], [2], 2],
    [[2, 1], [2, 1], 2],
  ]);
});

Deno.test("createTopics() refuses more than 10000 partitions in one request", () => {
  const scene = cluster(1);
  const lines = create(scene, [
    topic("a", { numPartitions: 9999 }),
    topic("b", { numPartitions: 2 }),
    topic(""),
  ]);
  const codes = lines.map((line) => line.replace(/\[(\d+)\] .*/, "$1"));
  assert.deepEqual(codes, ["a: 44", "b: 44", ": 17"]);
});

Deno.test("createTopics() answers a validation in full and writes nothing", () => {
  const scene = cluster(1);
  assert.deepEqual(create(scene, [topic("a", { numPartitions: 3 })], true), ["a: 3 x 1"]);
  assert.equal(scene.image.topics.size, 0);
});

Deno.test("createTopics() returns all effective configs in order of name, with their sources", () => {
  const { image, context } = cluster(1);
  const layers = { ...DEFAULT_LAYERS, static: new Map([["log.retention.hours", "1"]]) };
  const configs = [{ name: "flush.messages", value: "1" }];
  const request = { topics: [topic("a", { configs })], timeoutMs: 1, validateOnly: false };
  const { response } = createTopics(image, request, { ...context, layers });
  const returned = response.topics[0]!.configs!;
  assert.deepEqual(
    returned.map(({ name }) => name),
    returned.map(({ name }) => name).sort(),
  );
  assert.equal(returned.length, 33 + 3);
  const find = (wanted: string) => returned.find(({ name }) => name === wanted)!;
  assert.deepEqual([find("flush.messages").value, find("flush.messages").configSource], ["1", 1]);
  assert.deepEqual([find("retention.ms").value, find("retention.ms").configSource], ["3600000", 4]);
  assert.deepEqual([find("preallocate").value, find("preallocate").configSource], ["false", 5]);
});

Deno.test("createTopics() never leaves two topics whose names collide", () => {
  const name = fc.constantFrom("a.b", "a_b", "a-b", "A.b", "a.b.c", "a_b.c");
  fc.assert(
    fc.property(fc.array(fc.array(name, { maxLength: 4 }), { maxLength: 5 }), (requests) => {
      const scene = cluster(1);
      for (const names of requests) create(scene, names.map((each) => topic(each)));
      const forms = [...scene.image.topics.all()].map((each) => each.name.replaceAll(".", "_"));
      assert.equal(new Set(forms).size, forms.length);
    }),
  );
});

Deno.test("deleteTopics() removes by name or by id and echoes both", () => {
  const scene = cluster(1);
  create(scene, [topic("a"), topic("b")]);
  assert.deepEqual(remove(scene, [{ name: "a" }, { topicId: "AAAAAgAAAAAAAAAAAAAAAA" as Uuid }]), [
    "a AAAAAQAAAAAAAAAAAAAAAA: 0",
    "b AAAAAgAAAAAAAAAAAAAAAA: 0",
    'RemoveTopic topicId="AAAAAQAAAAAAAAAAAAAAAA"',
    'RemoveTopic topicId="AAAAAgAAAAAAAAAAAAAAAA"',
  ]);
  assert.equal(create(scene, [topic("a")])[1], 'Topic name="a" topicId="AAAAAwAAAAAAAAAAAAAAAA"');
});

Deno.test("deleteTopics() refuses what is unknown, ambiguous, repeated or disabled", () => {
  const scene = cluster(1);
  create(scene, [topic("a"), topic("b")]);
  const idOfA = scene.image.topics.byName("a")!.id;
  const unknownId = "_____wAAAAAAAAAAAAAAAA" as Uuid;
  assert.deepEqual(
    remove(scene, [
      { name: "missing" },
      { topicId: unknownId },
      {},
      { name: "b", topicId: idOfA },
      { name: "twice" },
      { name: "twice" },
    ]),
    [
      `missing ${ZERO_UUID}: 3`,
      `null ${unknownId}: 100`,
      `null ${ZERO_UUID}: 42`,
      `b ${idOfA}: 42`,
      `twice ${ZERO_UUID}: 42`,
    ],
  );
  assert.deepEqual(remove(scene, [{ name: "a" }], false), [`a ${ZERO_UUID}: 73`]);
  assert.deepEqual(remove(scene, [{ name: "a" }, { topicId: idOfA }]).slice(0, 2), [
    `a ${idOfA}: 0`,
    `null ${idOfA}: 42`,
  ]);
});

Deno.test("createPartitions() adds partitions behind those there are", () => {
  const scene = cluster(1, 2);
  create(scene, [topic("a", { replicationFactor: 2 })]);
  const lines = grow(scene, [{ name: "a", count: 3 }]);
  assert.equal(lines[0], "a: 0");
  assert.match(lines[1]!, /^Partition partitionId=1 /);
  const { partitions } = scene.image.topics.byName("a")!;
  assert.deepEqual(partitions.map(({ replicas }) => replicas.length), [2, 2, 2]);
});

Deno.test("createPartitions() gives one result per topic, and judges each alone", () => {
  const scene = cluster(1, 2);
  create(scene, [topic("a", { numPartitions: 2 }), topic("b"), topic("c"), topic("d")]);
  assert.deepEqual(
    grow(scene, [
      { name: "missing", count: 2 },
      { name: "a", count: 2 },
      { name: "b", count: 0 },
      { name: "c", count: 3, assigned: [[1]] },
      { name: "d", count: 2, assigned: [[1, 2]] },
      { name: "twice", count: 1 },
      { name: "twice", count: 1 },
    ]),
    ["missing: 3", "a: 37", "b: 37", "c: 39", "d: 39", "twice: 42"],
  );
  assert.deepEqual(grow(scene, [{ name: "b", count: 2, assigned: [[2]] }], true), ["b: 0"]);
  assert.equal(scene.image.topics.byName("b")!.partitions.length, 1);
  grow(scene, [{ name: "b", count: 2, assigned: [[2]] }]);
  assert.equal(scene.image.topics.byName("b")!.partitions[1]!.leader, 2);
});

Deno.test("createPartitions() refuses more than 10000 partitions in one request", () => {
  const scene = cluster(1);
  create(scene, [topic("a"), topic("b")]);
  const lines = grow(scene, [{ name: "a", count: 10_001 }, { name: "b", count: 2 }], true);
  assert.deepEqual(lines, ["a: 0", "b: 44"]);
});

Deno.test("createTopics() remembers of which topics nobody said how many replicas", () => {
  const scene = cluster(1, 2);
  create(scene, [
    topic("default", { replicationFactor: -1 }),
    topic("two", { replicationFactor: 2 }),
    topic("assigned", {
      numPartitions: -1,
      replicationFactor: -1,
      assignments: [{ partitionIndex: 0, brokerIds: [1] }],
    }),
  ]);
  const copy = imageOf(imageToRecords(scene.image));
  for (const image of [scene.image, copy]) {
    assert.deepEqual(
      Array.from(image.topics.all(), ({ name, hasDefaultReplication, partitions }) => [
        name,
        hasDefaultReplication,
        partitions[0]!.replicas.length,
      ]),
      [["default", true, 2], ["two", false, 2], ["assigned", false, 1]],
    );
  }
});
