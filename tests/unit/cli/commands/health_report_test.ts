import assert from "node:assert/strict";
import {
  brokerShares,
  type ClusterView,
  findProblems,
  type PartitionView,
  restartRisk,
} from "../../../../src/cli/commands/cluster/health_report.ts";

function partition(changes: Partial<PartitionView> = {}): PartitionView {
  return {
    topic: "orders",
    partition: 0,
    leader: 1,
    replicas: [1, 2, 3],
    inSync: [1, 2, 3],
    offline: [],
    minInSync: 2,
    ...changes,
  };
}

function cluster(changes: Partial<ClusterView> = {}): ClusterView {
  return {
    brokers: [1, 2, 3].map((id) => ({ id, isFenced: false })),
    partitions: [partition()],
    quorum: { leader: 1, voterLags: new Map([[1, 0], [2, 3], [3, 0]]) },
    ...changes,
  };
}

const texts = (view: ClusterView): string[] =>
  findProblems(view).map(({ severity, where, what }) => `${severity} ${where}: ${what}`);

Deno.test("findProblems() finds nothing in a sound cluster", () => {
  assert.deepEqual(texts(cluster()), []);
  assert.deepEqual(texts(cluster({ quorum: undefined })), []);
});

Deno.test("findProblems() tells the worst first", () => {
  const view = cluster({
    brokers: [{ id: 1, isFenced: false }, { id: 2, isFenced: false }, { id: 3, isFenced: true }],
    partitions: [
      partition({ partition: 0, inSync: [1, 2] }),
      partition({ partition: 1, inSync: [1] }),
      partition({ partition: 2, leader: undefined, inSync: [] }),
    ],
    quorum: { leader: undefined, voterLags: new Map() },
  });
  assert.deepEqual(texts(view), [
    "error orders-1: 1 replicas in sync, fewer than min.insync.replicas 2: acks=all is refused",
    "error orders-2: no leader: it can't be read or written",
    "error broker 3: broker is registered and not in service",
    "error quorum: no leader: nothing can be changed",
    "warning orders-0: not in sync: broker 3",
  ]);
});

Deno.test("findProblems() warns of voters that are far behind", () => {
  const quorum = { leader: 1, voterLags: new Map([[1, 0], [2, 1_000], [3, 1_001]]) };
  assert.deepEqual(texts(cluster({ quorum })), ["warning quorum: voter 3 is 1001 offsets behind"]);
});

Deno.test("restartRisk() tells what would lose its leader, its minimum, or the quorum", () => {
  const view = cluster({
    partitions: [
      partition({ partition: 0 }),
      partition({ partition: 1, inSync: [1, 2] }),
      partition({ partition: 2, replicas: [2], inSync: [2], minInSync: 1 }),
    ],
  });
  assert.deepEqual(restartRisk(view, 2), {
    broker: 2,
    withoutLeader: ["orders-2"],
    belowMinimum: ["orders-1"],
    endsQuorum: false,
  });
  assert.deepEqual(restartRisk(view, 3), {
    broker: 3,
    withoutLeader: [],
    belowMinimum: [],
    endsQuorum: false,
  });
});

Deno.test("restartRisk() counts voters that are down or behind as lost", () => {
  const down = cluster({
    brokers: [{ id: 1, isFenced: false }, { id: 2, isFenced: false }, { id: 3, isFenced: true }],
  });
  assert.equal(restartRisk(down, 2).endsQuorum, true);
  assert.equal(restartRisk(down, 9).endsQuorum, false, "no voter");
  const behind = cluster({
    quorum: { leader: 1, voterLags: new Map([[1, 0], [2, 0], [3, Infinity]]) },
  });
  assert.equal(restartRisk(behind, 2).endsQuorum, true);
  const two = cluster({ quorum: { leader: 1, voterLags: new Map([[1, 0], [2, 0]]) } });
  assert.equal(restartRisk(two, 2).endsQuorum, true, "one of two is no majority");
  const alone = cluster({ quorum: { leader: 1, voterLags: new Map([[1, 0]]) } });
  assert.equal(restartRisk(alone, 1).endsQuorum, true);
});

Deno.test("brokerShares() counts leaders, preferred leaders and replicas", () => {
  const view = cluster({
    partitions: [partition({ leader: 2 }), partition({ replicas: [2, 1], leader: 2 })],
  });
  assert.deepEqual(brokerShares(view), [
    { broker: 1, leaders: 0, preferredLeaders: 1, replicas: 2 },
    { broker: 2, leaders: 2, preferredLeaders: 1, replicas: 2 },
    { broker: 3, leaders: 0, preferredLeaders: 0, replicas: 1 },
  ]);
});
