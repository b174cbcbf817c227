import assert from "node:assert/strict";
import { SimulatedDisk } from "../../log/simulated_disk.ts";
import { ReplicaWorld } from "./replica_world.ts";

const isrOf = (world: ReplicaWorld, id = 1) => world.node(id).partition().isr.join(" ");

Deno.test("a follower has what its leader has, and acks=all waits for that", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    assert.equal(await world.produce(1, "a"), "0");
    assert.equal(await world.produce(1, "b"), "1");
    await world.advance(600);
    assert.equal(await world.agreed(), "0:a 0:b");
    assert.equal(world.highWatermarks(), "2 2 2");
    assert.equal(await world.produce(2, "c"), "[6] leader 1");
  });
});

Deno.test("acks=all waits while a follower is away, acks=1 does not", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    world.separate(1, 3);
    let answer = "waits";
    void world.produce(1, "a").then((result) => answer = result);
    await world.advance(1000);
    assert.equal(answer, "waits");
    assert.equal(await world.produce(1, "b", { acks: 1 }), "1");
    assert.equal(world.highWatermarks(), "0 0 0");
    await world.advance(4000);
    assert.equal(answer, "[7]");
  });
});

Deno.test("a follower that lags leaves the in-sync set, and joins it when it has caught up", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    world.separate(1, 3);
    let answer = "waits";
    void world.produce(1, "a", { timeoutMs: 60_000 }).then((result) => answer = result);
    await world.advance(9000);
    assert.equal(isrOf(world), "1 2 3");
    await world.advance(7000);
    assert.equal(isrOf(world), "1 2");
    assert.equal(answer, "0");
    assert.equal(world.node(1).replication.status().underReplicated, 1);
    world.heal();
    await world.advance(2000);
    assert.equal(isrOf(world), "1 2 3");
    assert.equal(await world.agreed(), "0:a");
    const { isrShrinks, isrExpands, underReplicated } = world.node(1).replication.status();
    assert.deepEqual({ isrShrinks, isrExpands, underReplicated }, {
      isrShrinks: 1,
      isrExpands: 1,
      underReplicated: 0,
    });
  });
});

Deno.test("a follower that keeps up with a busy leader stays in the in-sync set", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    for (let i = 0; i < 40; i++) {
      assert.equal(await world.produce(1, `${i}`), `${i}`);
      await world.advance(500);
    }
    assert.equal(isrOf(world), "1 2 3");
    assert.equal(world.alterations.length, 0);
  });
});

Deno.test("nothing is committed with fewer replicas in sync than min.insync.replicas", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic([[1, 2, 3]], { "min.insync.replicas": "2" });
    await world.settle();
    world.separate(1, 2);
    world.separate(1, 3);
    let answer = "waits";
    void world.produce(1, "a", { timeoutMs: 20_000 }).then((result) => answer = result);
    await world.advance(16_000);
    assert.equal(isrOf(world), "1");
    assert.equal(world.node(1).replication.status().underMinInSync, 1);
    assert.equal(await world.produce(1, "b"), "[19]");
    assert.equal(await world.produce(1, "c", { acks: 1 }), "1");
    assert.equal(world.highWatermarks(), "0 0 0");
    await world.advance(4000);
    assert.equal(answer, "[20]");
    world.heal();
    await world.advance(3000);
    assert.equal(world.highWatermarks(), "2 2 2");
  });
});

Deno.test("a leader that was cut off parts from what it alone has", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    await world.produce(1, "a");
    world.separate(1, 2);
    world.separate(1, 3);
    world.metadataLags.add(1);
    let answer = "waits";
    void world.produce(1, "lost", { timeoutMs: 60_000 }).then((result) => answer = result);
    assert.equal(await world.produce(1, "lost too", { acks: 1 }), "2");
    world.change({ leader: 2, isr: [2, 3] });
    await world.settle();
    assert.equal(await world.produce(2, "b"), "1");
    world.heal();
    await world.advance(600);
    assert.equal(answer, "waits");
    assert.equal(await world.contents(1), "0:a 0:lost 0:lost too");
    world.metadataLags.clear();
    world.catchUp(1);
    await world.advance(600);
    assert.equal(answer, "[6] leader 2");
    assert.equal(await world.agreed(), "0:a 1:b");
    assert.equal(isrOf(world, 2), "2 3 1");
    assert.equal(await world.produce(2, "c"), "2");
  });
});

Deno.test("a planned change of leaders commits within a moment, idle fetches or not", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic([[1, 2, 3], [2, 3, 1]]);
    await world.advance(1100);
    world.metadataLags.add(3);
    world.change({ leader: 2 });
    let answer = "waits";
    void world.produce(2, "a").then((result) => answer = result);
    await world.advance(60);
    world.metadataLags.clear();
    world.catchUp(3);
    await world.advance(15);
    assert.equal(answer, "0");
  });
});

Deno.test("a follower parts from a leader that has written nothing yet", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    await world.produce(1, "a");
    world.change({ leader: 2 });
    await world.settle();
    world.separate(2, 1);
    world.separate(2, 3);
    await world.produce(2, "b", { acks: 1 });
    world.change({ leader: 3, isr: [1, 3] });
    world.heal();
    await world.advance(1500);
    assert.equal(await world.agreed(), "0:a");
    assert.equal(isrOf(world, 3), "1 3 2");
  });
});

Deno.test("leaders of epochs without records leave no trace", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    await world.produce(1, "a");
    world.separate(1, 2);
    world.separate(1, 3);
    await world.produce(1, "b", { acks: 1 });
    // Broker 2 leads and falls silent; broker 1, which has a record more, leads again.
    world.change({ leader: 2 });
    world.heal();
    world.separate(2, 1);
    world.separate(2, 3);
    world.change({ leader: 1 });
    await world.advance(100);
    world.heal();
    await world.advance(3000);
    assert.equal(await world.produce(1, "c"), "2");
    assert.equal(await world.agreed(), "0:a 0:b 2:c");
    for (const id of [1, 2, 3]) {
      assert.deepEqual(world.node(id).partition().log.leaderEpochs(), [
        { epoch: 0, startOffset: 0 },
        { epoch: 2, startOffset: 2 },
      ]);
    }
    const { events } = world.node(2).logger;
    assert.ok(!events.some((event) => event.includes("truncated")), events.join());
  });
});

Deno.test("the high watermark counts on a follower whose joining may be committed", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    world.fence(3, true);
    world.change({ isr: [1, 2] });
    world.separate(1, 3);
    assert.equal(await world.produce(1, "a"), "0");
    world.controller = "lost";
    world.fence(3, false);
    world.metadataLags.add(1);
    world.heal();
    await world.advance(1500);
    assert.equal(isrOf(world), "1 2", "the answer was lost, and the log did not come");
    assert.deepEqual(world.image.topics.byName("t")!.partitions[0]!.isr, [1, 2, 3]);
    world.separate(1, 3);
    let answer = "waits";
    void world.produce(1, "b", { timeoutMs: 60_000 }).then((result) => answer = result);
    await world.advance(30_000);
    assert.equal(answer, "waits", "broker 3 may lead without it");
    world.controller = "up";
    world.metadataLags.clear();
    world.catchUp(1);
    await world.settle();
    assert.equal(isrOf(world), "1 2 3");
    world.heal();
    await world.advance(2000);
    assert.equal(answer, "1");
  });
});

Deno.test("changes of in-sync sets wait for a controller, and go to it together", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic([[1, 2, 3], [1, 2, 3]]);
    await world.settle();
    world.controller = "down";
    world.separate(1, 3);
    await world.produce(1, "a", { acks: 1 });
    await world.produce(1, "b", { acks: 1, index: 1 });
    await world.advance(20_000);
    assert.equal(isrOf(world), "1 2 3");
    world.controller = "up";
    await world.advance(2000);
    assert.equal(isrOf(world), "1 2");
    assert.deepEqual(world.alterations.map(({ topics }) => topics[0]!.partitions.length), [2]);
  });
});

Deno.test("a follower below its leader's log start begins anew there", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    world.fence(3, true);
    world.change({ isr: [1, 2] });
    world.separate(1, 3);
    for (const value of ["a", "b", "c"]) await world.produce(1, value);
    const { errorCode } = world.node(1).partition().deleteRecordsBefore(2);
    assert.equal(errorCode, 0);
    await world.advance(600);
    assert.equal(world.node(2).partition().log.startOffset, 2);
    assert.equal(await world.contents(2), "0:c");
    world.fence(3, false);
    world.heal();
    await world.advance(2000);
    assert.equal(await world.contents(3), "0:c");
    assert.equal(world.node(3).partition().log.startOffset, 2);
    assert.equal(isrOf(world), "1 2 3");
  });
});

Deno.test("a replica that comes back knows what was committed, and no more", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    await world.produce(1, "a");
    world.separate(1, 2);
    world.separate(1, 3);
    await world.produce(1, "b", { acks: 1 });
    await world.node(1).kill();
    world.node(1).start();
    await world.settle();
    assert.equal(world.node(1).partition().highWatermark, 1);
    assert.equal(world.node(1).partition().log.endOffset, 2);
    world.heal();
    await world.advance(2000);
    assert.equal(world.highWatermarks(), "2 2 2");
    assert.equal(await world.agreed(), "0:a 0:b");
  });
});

Deno.test("a replica with an empty disk is filled, and what its broker sent before is void", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    await world.produce(1, "a");
    await world.node(3).kill();
    world.change({ isr: [1, 2] });
    world.node(3).disk = new SimulatedDisk();
    const stale = world.image.brokers.byId(3)!.epoch;
    world.register(3);
    const late = { brokerId: 3, brokerEpoch: stale, fetchOffset: 1, logStartOffset: 0 };
    assert.equal(world.node(1).partition().followerFetched(late), 6);
    world.node(3).start();
    await world.advance(2000);
    assert.equal(await world.agreed(), "0:a");
    assert.equal(isrOf(world), "1 2 3");
  });
});

Deno.test("replicas follow the metadata: one moves, a set grows from one and shrinks", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic([[1]]);
    assert.equal(await world.produce(1, "a"), "0");
    assert.equal(world.node(1).partition().highWatermark, 1);
    assert.equal(await world.produce(3, "b"), "[6] leader 1");
    world.change({ replicas: [1, 2, 3] });
    await world.advance(1000);
    assert.equal(isrOf(world), "1 2 3");
    assert.equal(await world.produce(1, "b"), "1");
    assert.equal(await world.agreed(), "0:a 0:b");
    world.change({ leader: 3, isr: [3], replicas: [3] });
    await world.settle();
    assert.equal(world.node(1).partitions.find("t", 0), undefined);
    assert.equal(world.node(1).logs.get("t", 0), undefined);
    assert.equal(await world.produce(3, "c"), "2");
  });
});

Deno.test("a follower takes no more for committed than it has", async () => {
  await ReplicaWorld.with({}, async (world) => {
    world.createTopic();
    await world.settle();
    await world.produce(1, "a");
    const follower = world.node(2).partition();
    assert.equal(follower.following.learn(9, 9), 0);
    assert.deepEqual([follower.highWatermark, follower.log.startOffset], [1, 1]);
  });
});
