import assert from "node:assert/strict";
import { DEFAULT_LAYERS } from "../../../src/metadata/config/effective.ts";
import { NO_LEADER } from "../../../src/metadata/image/topics_image.ts";
import { LeadershipRules } from "../../../src/metadata/leadership_rules.ts";
import {
  changePartition,
  type Election,
  type PartitionTarget,
} from "../../../src/metadata/partition_change.ts";
import type { MetadataRecordInit } from "../../../src/metadata/records.ts";
import {
  brokerRecord,
  commit,
  describePartition,
  ELIGIBLE_REPLICAS_ON,
  idOf,
  imageOf,
  partitionRecord,
} from "./fixtures.ts";

type PartitionFields = Parameters<typeof partitionRecord>[2];

interface Case {
  readonly replicas?: readonly number[];
  readonly partition?: PartitionFields;
  readonly target?: PartitionTarget;
  readonly election?: Election;
  /** Brokers that are fenced. */
  readonly fenced?: readonly number[];
  readonly minInsync?: number;
  readonly elr?: boolean;
}

/** Changes a partition of brokers 1 to 4; how it stands then, or "no change". */
function change(
  { replicas = [1, 2, 3], partition, target = {}, election, fenced = [], ...more }: Case,
): string {
  const { minInsync = 1, elr = true } = more;
  const topic: MetadataRecordInit[] = [
    { type: "TopicRecord", value: { name: "t", topicId: idOf(1) } },
    {
      type: "ConfigRecord",
      value: {
        resourceType: 2,
        resourceName: "t",
        name: "min.insync.replicas",
        value: String(minInsync),
      },
    },
  ];
  const image = imageOf([
    ...(elr ? [ELIGIBLE_REPLICAS_ON] : []),
    ...[1, 2, 3, 4].map((id) => brokerRecord(id, { fenced: fenced.includes(id) })),
    ...topic,
    partitionRecord(0, replicas, partition),
  ]);
  const [t] = image.topics.all();
  const before = t!.partitions[0]!;
  const rules = new LeadershipRules(image, DEFAULT_LAYERS).of(t!, before, election);
  const record = changePartition(t!.id, before, target, rules);
  if (record === undefined) return "no change";
  commit(image, [record]);
  return describePartition(image, 0);
}

const CASES: Readonly<Record<string, readonly [given: Case, then: string]>> = {
  "nothing is asked for": [{}, "no change"],
  "a follower leaves, which begins no leader epoch": [
    { target: { isr: [1, 2] } },
    "leader=1 epochs=3/8 replicas=1,2,3 isr=1,2",
  ],
  "the leader leaves: the next in sync leads, in the order of the replicas": [
    { target: { isr: [3, 2] }, fenced: [1] },
    "leader=2 epochs=4/8 replicas=1,2,3 isr=3,2",
  ],
  "the next in sync is fenced": [
    { target: { isr: [2, 3] }, fenced: [1, 2] },
    "leader=3 epochs=4/8 replicas=1,2,3 isr=2,3",
  ],
  "the last in sync leaves, and stays eligible": [
    { partition: { isr: [1] }, target: { isr: [] }, fenced: [1] },
    "leader=-1 epochs=4/8 replicas=1,2,3 isr= elr=1 last=1",
  ],
  "the last in sync leaves without eligible replicas: it stays the last": [
    { partition: { isr: [1] }, target: { isr: [] }, fenced: [1], elr: false },
    "leader=-1 epochs=4/8 replicas=1,2,3 isr=1",
  ],
  "fewer than the minimum are in sync: who leaves stays eligible": [
    { target: { isr: [1] }, minInsync: 2 },
    "leader=1 epochs=3/8 replicas=1,2,3 isr=1 elr=2,3",
  ],
  "the minimum is above the number of replicas": [
    { replicas: [1, 2], target: { isr: [1] }, minInsync: 3 },
    "leader=1 epochs=3/8 replicas=1,2 isr=1 elr=2",
  ],
  "who may have lost records is not eligible": [
    { target: { isr: [1], ineligible: [3] }, minInsync: 2 },
    "leader=1 epochs=3/8 replicas=1,2,3 isr=1 elr=2",
  ],
  "enough are in sync again: nobody is eligible": [
    {
      partition: { isr: [1], eligibleLeaderReplicas: [2, 3] },
      target: { isr: [1, 2] },
      minInsync: 2,
    },
    "leader=1 epochs=3/8 replicas=1,2,3 isr=1,2",
  ],
  "nobody is in sync: an eligible replica leads": [
    {
      partition: {
        isr: [],
        leader: NO_LEADER,
        eligibleLeaderReplicas: [1, 3],
        lastKnownElr: [1],
      },
      fenced: [1],
      minInsync: 2,
    },
    "leader=3 epochs=4/8 replicas=1,2,3 isr=3 elr=1",
  ],
  "somebody is in sync: an eligible replica does not lead": [
    {
      partition: { isr: [1], leader: NO_LEADER, eligibleLeaderReplicas: [3] },
      fenced: [1],
      minInsync: 2,
    },
    "no change",
  ],
  "an unclean election where nobody is eligible": [
    { partition: { isr: [], leader: NO_LEADER }, election: "unclean", fenced: [1] },
    "leader=2 epochs=4/8 replicas=1,2,3 isr=2 recovering",
  ],
  "an unclean election where somebody is in sync": [
    { partition: { isr: [3], leader: NO_LEADER }, election: "unclean" },
    "leader=3 epochs=4/8 replicas=1,2,3 isr=3",
  ],
  "nobody led, and some who are in sync are gone": [
    { partition: { isr: [1, 2, 3], leader: NO_LEADER }, fenced: [2], elr: false },
    "leader=1 epochs=4/8 replicas=1,2,3 isr=1,3",
  ],
  "the preferred replica is in sync": [
    { partition: { leader: 2 }, election: "preferred" },
    "leader=1 epochs=4/8 replicas=1,2,3 isr=1,2,3",
  ],
  "the preferred replica is not in sync": [
    { partition: { leader: 2, isr: [2, 3] }, election: "preferred" },
    "no change",
  ],
  "the leader has recovered": [
    { partition: { leaderRecoveryState: 1, isr: [1] }, target: { leaderRecoveryState: 0 } },
    "leader=1 epochs=3/8 replicas=1,2,3 isr=1",
  ],
  "a replica comes and is not in sync yet": [
    { target: { replicas: [1, 2, 3, 4], addingReplicas: [4] } },
    "leader=1 epochs=3/8 replicas=1,2,3,4 isr=1,2,3 adding=4",
  ],
  "all that come are in sync: the others go, with a new leader epoch": [
    {
      replicas: [1, 4, 2, 3],
      partition: { isr: [1, 2, 3], addingReplicas: [4], removingReplicas: [2, 3] },
      target: { isr: [1, 2, 3, 4] },
    },
    "leader=1 epochs=4/8 replicas=1,4 isr=1,4",
  ],
  "the leader goes with the others": [
    {
      replicas: [3, 4, 1],
      partition: { isr: [1, 3], leader: 1, addingReplicas: [4], removingReplicas: [1] },
      target: { isr: [1, 3, 4] },
    },
    "leader=3 epochs=4/8 replicas=3,4 isr=3,4",
  ],
  "nobody who may lead would stay": [
    {
      replicas: [4, 1],
      partition: { isr: [1], leader: 1, addingReplicas: [4], removingReplicas: [1] },
      target: { isr: [1, 4] },
      fenced: [4],
    },
    "leader=1 epochs=3/8 replicas=4,1 isr=1,4 adding=4 removing=1",
  ],
  "replicas that went are not eligible": [
    {
      partition: { removingReplicas: [2, 3] },
      target: { isr: [1, 2] },
      minInsync: 2,
    },
    "leader=1 epochs=4/8 replicas=1 isr=1",
  ],
};

for (const [when, [given, then]] of Object.entries(CASES)) {
  Deno.test(`changePartition() when ${when}`, () => {
    assert.equal(change(given), then);
  });
}

Deno.test("changePartition() keeps each replica's directory with it", () => {
  const directories = [idOf(11), idOf(12), idOf(13)];
  const image = imageOf([
    ...[1, 2, 3].map((id) => brokerRecord(id)),
    { type: "TopicRecord", value: { name: "t", topicId: idOf(1) } },
    partitionRecord(0, [1, 2, 3], { directories, removingReplicas: [2] }),
  ]);
  const [topic] = image.topics.all();
  const before = topic!.partitions[0]!;
  const rules = new LeadershipRules(image, DEFAULT_LAYERS).of(topic!, before);
  commit(image, [changePartition(topic!.id, before, {}, rules)!]);
  assert.deepEqual(topic!.partitions[0]!.directories, [idOf(11), idOf(13)]);
});

Deno.test("LeadershipRules lets nobody lead whose directory is another one now", () => {
  const image = imageOf([
    brokerRecord(1, { logDirs: [idOf(21)] }),
    brokerRecord(2, { logDirs: [idOf(12)] }),
    brokerRecord(3, { inControlledShutdown: true }),
    { type: "TopicRecord", value: { name: "t", topicId: idOf(1) } },
    partitionRecord(0, [1, 2, 3], { directories: [idOf(11), idOf(12), idOf(13)] }),
  ]);
  const [topic] = image.topics.all();
  const rules = new LeadershipRules(image, DEFAULT_LAYERS).of(topic!, topic!.partitions[0]!);
  assert.deepEqual([1, 2, 3, 4].filter((id) => rules.mayLead(id)), [2]);
});
