import assert from "node:assert/strict";
import fc from "fast-check";
import { incrementalAlterConfigs } from "../../../src/metadata/alter_configs.ts";
import { DEFAULT_LAYERS } from "../../../src/metadata/config/effective.ts";
import { electLeaders } from "../../../src/metadata/leader_election.ts";
import { balanceLeaders, electLeaderless } from "../../../src/metadata/leadership_moves.ts";
import { LeadershipRules } from "../../../src/metadata/leadership_rules.ts";
import { alterPartitionReassignments } from "../../../src/metadata/reassignments.ts";
import { growReplicas } from "../../../src/metadata/replication_growth.ts";
import { createTopics } from "../../../src/metadata/topics.ts";
import { ClusterModel, type Stop } from "./cluster_model.ts";
import { countingIds } from "./fixtures.ts";

type Step =
  | { readonly kind: "start" | "heartbeat" | "fence" | "shutDown"; readonly broker: number }
  | { readonly kind: "stop"; readonly broker: number; readonly how: Stop }
  | { readonly kind: "produce" | "isr"; readonly partition: number; readonly mask: number }
  | { readonly kind: "reassign"; readonly partition: number; readonly replicas: number[] | null }
  | { readonly kind: "minInsync"; readonly value: number | null; readonly ofCluster: boolean }
  | { readonly kind: "unclean"; readonly partition: number }
  | { readonly kind: "upkeep" };

const broker = fc.integer({ min: 1, max: 4 });
const partition = fc.nat({ max: 3 });
const mask = fc.oneof(fc.constant(15), fc.nat({ max: 15 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("start" as const), broker }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("heartbeat" as const), broker }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("fence" as const), broker }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("shutDown" as const), broker }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("stop" as const),
      broker,
      how: fc.constantFrom<Stop>("clean", "unclean", "unclean", "wiped"),
    }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("produce" as const), partition, mask }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("isr" as const), partition, mask }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("reassign" as const),
      partition,
      replicas: fc.option(fc.uniqueArray(broker, { minLength: 1, maxLength: 4 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("minInsync" as const),
      value: fc.option(fc.integer({ min: 1, max: 3 })),
      ofCluster: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("unclean" as const), partition }) },
  { weight: 3, arbitrary: fc.constant({ kind: "upkeep" as const }) },
);

/** Four brokers that run, and four partitions: two topics, of three and of default replicas. */
function begin(keepsEligibleReplicas: boolean, minInsync: number): ClusterModel {
  const model = new ClusterModel(keepsEligibleReplicas);
  for (const id of [1, 2, 3, 4]) model.start(id);
  for (const id of [1, 2, 3, 4]) model.heartbeat(id);
  const configs = [{ name: "min.insync.replicas", value: String(minInsync) }];
  const common = { numPartitions: 2, assignments: [] };
  model.decide(createTopics(model.image, {
    topics: [
      { ...common, name: "a", replicationFactor: 3, configs },
      { ...common, name: "b", replicationFactor: -1, configs: [] },
    ],
    timeoutMs: 1,
    validateOnly: false,
  }, { layers: DEFAULT_LAYERS, newTopicId: countingIds(), startIndex: 0, startShift: 0 }));
  assert.equal(model.image.topics.partitionCount, 4);
  return model;
}

function take(model: ClusterModel, each: Step): void {
  const { image } = model;
  const at = (index: number) => {
    const topic = image.topics.byName(index < 2 ? "a" : "b")!;
    return { topic, partition: topic.partitions[index % 2]! };
  };
  switch (each.kind) {
    case "start":
      return model.start(each.broker);
    case "heartbeat":
      model.heartbeat(each.broker);
      return;
    case "stop":
      return model.stop(each.broker, each.how);
    case "fence":
      return model.fence([each.broker, ...model.downBrokers]);
    case "shutDown":
      if (model.heartbeat(each.broker, true)) model.stop(each.broker, "clean");
      return;
    case "produce":
      return model.produce(at(each.partition).topic, at(each.partition).partition, each.mask);
    case "isr":
      return model.alterIsr(at(each.partition).topic, at(each.partition).partition, each.mask);
    case "reassign": {
      const { topic, partition: { partitionId: partitionIndex } } = at(each.partition);
      const partitions = [{ partitionIndex, replicas: each.replicas }];
      const topics = [{ name: topic.name, partitions }];
      const request = { timeoutMs: 1, allowReplicationFactorChange: true, topics };
      model.decide(alterPartitionReassignments(image, request, DEFAULT_LAYERS));
      return;
    }
    case "minInsync":
      return alterMinInsync(model, each.value, each.ofCluster);
    case "unclean": {
      const { topic, partition: { partitionId } } = at(each.partition);
      const topicPartitions = [{ topic: topic.name, partitions: [partitionId] }];
      const request = { electionType: 1, topicPartitions, timeoutMs: 1 };
      model.decide(electLeaders(image, request, 2), true);
      return;
    }
    case "upkeep": {
      const rules = new LeadershipRules(image, DEFAULT_LAYERS);
      model.commit(electLeaderless(image, rules).records);
      model.commit(balanceLeaders(image, DEFAULT_LAYERS).records);
      model.commit(growReplicas(image, DEFAULT_LAYERS).records);
    }
  }
}

function alterMinInsync(model: ClusterModel, value: number | null, ofCluster: boolean): void {
  const [resourceType, resourceName] = ofCluster ? [4, ""] as const : [2, "a"] as const;
  const config = {
    name: "min.insync.replicas",
    configOperation: value === null ? 1 : 0,
    value: value === null ? null : String(value),
  };
  const request = {
    resources: [{ resourceType, resourceName, configs: [config] }],
    validateOnly: false,
  };
  const context = { brokerId: 1, staticConfigs: new Map() };
  model.decide(incrementalAlterConfigs(model.image, request, context));
}

for (const keepsEligibleReplicas of [true, false]) {
  const how = keepsEligibleReplicas ? "with" : "without";
  Deno.test(`whoever leads has all that was committed, ${how} eligible leader replicas`, () => {
    const scene = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.array(step, { maxLength: 60 }));
    fc.assert(
      fc.property(scene, ([minInsync, steps]) => {
        const model = begin(keepsEligibleReplicas, minInsync);
        for (const each of steps) take(model, each);
      }),
      { numRuns: 150 },
    );
  });
}
