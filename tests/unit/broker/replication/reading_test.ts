import assert from "node:assert/strict";
import type { Uuid } from "../../../../src/base/uuid.ts";
import { replicaNearest } from "../../../../src/broker/replication/read_replica.ts";
import { ThrottledReplicas } from "../../../../src/broker/replication/throttled_replicas.ts";
import { fetchApi } from "../../../../src/protocol/generated/apis/fetch.ts";
import { fetched } from "../../support/requests.ts";
import { ReplicaWorld } from "./replica_world.ts";

const RACKS = { racks: ["a", "b", "c"] };
const BY_RACK = {
  "replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector",
};

/** The answer of a consumer's fetch as text, the topic left out. */
async function read(
  world: ReplicaWorld,
  at: number,
  offset: number,
  rackId = "",
  version = 17,
): Promise<string> {
  const response = await world.fetch(at, offset, { rackId }, version);
  const { preferredReadReplica } = response.responses[0]!.partitions[0]!;
  const text = fetched(response).replace(/^t?-0 /, "");
  return preferredReadReplica >= 0 ? `${text} prefers ${preferredReadReplica}` : text;
}

Deno.test("Fetch serves consumers from followers, up to what these know to be committed", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    await world.produce(1, "a");
    world.separate(1, 3);
    await world.produce(1, "b", { acks: 1 });
    await world.settle();
    assert.equal(await read(world, 2, 0), "hw=1 0..0");
    assert.equal(world.node(2).partition().log.endOffset, 2);
    assert.equal(await read(world, 2, 0, "", 10), "[6]", "clients that know of leaders alone");
    assert.equal(await read(world, 1, 0, "", 10), "hw=1 0..0");
  });
});

Deno.test("Fetch tells who leads instead of this broker, and where that is", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic([[1], [2]]);
    const { responses, nodeEndpoints } = await world.fetch(2, 0);
    const { errorCode, currentLeader } = responses[0]!.partitions[0]!;
    assert.deepEqual({ errorCode, currentLeader }, {
      errorCode: 6,
      currentLeader: { leaderId: 1, leaderEpoch: 0 },
    });
    assert.deepEqual(nodeEndpoints, [], "broker 1 has no such listener");
  });
});

Deno.test("Fetch sends consumers to the in-sync replica in their rack", async () => {
  await ReplicaWorld.with({ ...RACKS, config: BY_RACK }, async (world) => {
    world.createTopic();
    await world.settle();
    await world.produce(1, "a");
    await world.advance(600);
    assert.equal(await read(world, 1, 0, "b"), "hw=1 prefers 2");
    assert.equal(await read(world, 1, 0, "a"), "hw=1 0..0");
    assert.equal(await read(world, 1, 0, "d"), "hw=1 0..0");
    assert.equal(await read(world, 1, 0), "hw=1 0..0");
    assert.equal(await read(world, 2, 0, "b"), "hw=1 0..0");
    world.change({ isr: [1, 3] });
    assert.equal(await read(world, 1, 0, "b"), "hw=1 0..0", "what lags is nobody's choice");
  });
});

Deno.test("Fetch keeps consumers at the leader unless the broker is told otherwise", async () => {
  await ReplicaWorld.with(RACKS, async (world) => {
    world.createTopic();
    await world.settle();
    await world.produce(1, "a");
    assert.equal(await read(world, 1, 0, "b"), "hw=1 0..0");
  });
});

Deno.test("Fetch takes nobody for a follower who comes by a listener for clients", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    await world.produce(1, "a");
    const replicaState = { replicaId: 3, replicaEpoch: 2 };
    assert.equal(fetched(await world.fetch(1, 1, { replicaState })), "-0 [29]");
    assert.equal(fetched(await world.fetch(1, 1, { replicaId: 3 }, 12)), "t-0 [29]");
  });
});

Deno.test("Fetch tells a follower out of range where the log begins", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    await world.produce(1, "a");
    world.node(1).partition().deleteRecordsBefore(1);
    const topicId = world.node(1).partition().topicId as Uuid;
    const { responses } = await world.ask(1, "CLUSTER", fetchApi, 17, {
      replicaState: { replicaId: 3, replicaEpoch: -1 },
      maxWaitMs: 0,
      minBytes: 1,
      forgottenTopicsData: [],
      sessionEpoch: -1,
      topics: [{
        topic: "",
        topicId,
        partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 100 }],
      }],
    });
    const { errorCode, logStartOffset } = responses[0]!.partitions[0]!;
    assert.deepEqual({ errorCode, logStartOffset }, { errorCode: 1, logStartOffset: 1 });
  });
});

Deno.test("a follower that lags is throttled, on either side; one in sync is not", async () => {
  const value = "x".repeat(4000);
  for (const side of ["leader", "follower"]) {
    const config = { [`${side}.replication.throttled.rate`]: "1000" };
    await ReplicaWorld.with({ config }, async (world) => {
      world.createTopic([[1, 2, 3]], { [`${side}.replication.throttled.replicas`]: "*" });
      await world.settle();
      world.fence(3, true);
      world.change({ isr: [1, 2] });
      world.separate(1, 3);
      for (let i = 0; i < 10; i++) assert.equal(await world.produce(1, value), `${i}`);
      // What the follower in sync has cost counts as well.
      await world.advance(12_000);
      world.fence(3, false);
      world.heal();
      const { log } = world.node(3).partition();
      for (let i = 0; i < 20 && log.endOffset === 0; i++) await world.advance(100);
      const before = log.endOffset;
      assert.ok(before > 0);
      await world.advance(1000);
      if (before < 10) assert.equal(log.endOffset, before, side);
      await world.advance(60_000);
      assert.equal(log.endOffset, 10, side);
    });
  }
});

Deno.test("ThrottledReplicas knows pairs, all and none", () => {
  assert.ok(new ThrottledReplicas(["*"]).has(7, 9));
  const some = new ThrottledReplicas(["0:1", "1:2"]);
  assert.deepEqual([some.has(0, 1), some.has(1, 1), some.has(1, 2)], [true, false, true]);
  assert.equal(ThrottledReplicas.NONE.has(0, 1), false);
});

Deno.test("replicaNearest() takes the leader first, then who is furthest, then who lags least", () => {
  const replica = (brokerId: number, rack: string, logEndOffset = 5, lagMs = 0) => ({
    brokerId,
    rack,
    logEndOffset,
    lagMs,
  });
  const leader = replica(1, "a");
  const others = [replica(2, "b", 4), replica(3, "b"), replica(4, "b", 5, 9), replica(5, "a")];
  assert.equal(replicaNearest("a", leader, others), 1);
  assert.equal(replicaNearest("b", leader, others), 3);
  assert.equal(replicaNearest("c", leader, others), 1);
  assert.equal(replicaNearest("", leader, others), 1);
});
