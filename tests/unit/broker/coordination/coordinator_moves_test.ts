import assert from "node:assert/strict";
import { ZERO_UUID } from "../../../../src/base/uuid.ts";
import { Groups } from "../../../../src/broker/coordination/groups.ts";
import type { TopicCreation } from "../../../../src/broker/topic_creation.ts";
import { effectiveBrokerText } from "../../../../src/metadata/config/effective.ts";
import { CONSUMER_OFFSETS_TOPIC } from "../../../../src/metadata/topic_names.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { ReplicaWorld } from "../replication/replica_world.ts";

/** The group coordinators of every broker of a world. */
class Coordinators {
  readonly #groups = new Map<number, Groups>();

  constructor(readonly world: ReplicaWorld) {
    for (const node of world.nodes.values()) {
      const { id, clock, logger, image, partitions } = node;
      const groups = new Groups({
        clock,
        logger,
        random: { fill: (bytes) => void bytes.fill(1) },
        image,
        partitions,
        topicCreation: {} as TopicCreation,
        setting: (name) => effectiveBrokerText(name, partitions.layers),
      });
      groups.start();
      node.metadataListeners.push((records) => groups.metadataChanged(records));
      this.#groups.set(id, groups);
    }
  }

  stop(): void {
    for (const groups of this.#groups.values()) groups.stop();
  }

  /** Commits an offset of a group without members: an error code. */
  async commit(at: number, offset: number): Promise<number> {
    const shard = this.#groups.get(at)!.find("g");
    if (typeof shard === "number") return shard;
    return await shard.ask<number>((token) => ({
      type: "commit",
      token,
      groupId: "g",
      memberId: "",
      groupInstanceId: null,
      generationId: -1,
      retentionMs: -1,
      producer: undefined,
      unknownGroupError: ErrorCode.GROUP_ID_NOT_FOUND,
      offsets: [{
        topic: "t",
        topicId: ZERO_UUID,
        partition: 0,
        offset,
        leaderEpoch: -1,
        metadata: "",
      }],
    }));
  }

  /** The committed offset, or "[16]". */
  async committed(at: number): Promise<string> {
    const shard = this.#groups.get(at)!.find("g");
    if (typeof shard === "number") return `[${shard}]`;
    return await shard.query(
      (machine) => String(machine.offset("g", "t", 0)?.offset),
      (errorCode) => `[${errorCode}]`,
    );
  }

  stateOf(at: number): string {
    return this.#groups.get(at)!.topic.shard(0)?.state ?? "none";
  }
}

async function withCoordinators(
  test: (world: ReplicaWorld, coordinators: Coordinators) => Promise<void>,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  await ReplicaWorld.with({ topic: CONSUMER_OFFSETS_TOPIC }, async (world) => {
    world.createTopic([[1, 2, 3]], configs);
    // Topics that offsets were committed for and are gone take these along.
    world.createOther("t");
    const coordinators = new Coordinators(world);
    await world.settle();
    try {
      await test(world, coordinators);
    } finally {
      coordinators.stop();
    }
  });
}

Deno.test("a group's coordinator moves with the leader, and takes the offsets along", async () => {
  await withCoordinators(async (world, coordinators) => {
    assert.equal(await coordinators.commit(1, 7), 0);
    assert.equal(await coordinators.committed(1), "7");
    assert.equal(await coordinators.commit(2, 8), ErrorCode.NOT_COORDINATOR);
    world.change({ leader: 2 });
    await world.settle();
    assert.equal(await coordinators.committed(1), "[16]");
    assert.equal(await coordinators.committed(2), "7");
    await world.advance(100);
    assert.equal(await coordinators.commit(2, 9), 0);
    world.change({ leader: 1 });
    await world.advance(100);
    assert.equal(await coordinators.committed(1), "9");
  });
});

Deno.test("a commit whose leader is deposed is answered NOT_COORDINATOR, and did not happen", async () => {
  await withCoordinators(async (world, coordinators) => {
    assert.equal(await coordinators.commit(1, 7), 0);
    world.separate(1, 2);
    world.separate(1, 3);
    world.metadataLags.add(1);
    const commit = coordinators.commit(1, 8);
    const read = coordinators.committed(1);
    world.change({ leader: 2, isr: [2, 3] });
    await world.settle();
    world.heal();
    world.metadataLags.clear();
    world.catchUp(1);
    assert.equal(await commit, ErrorCode.NOT_COORDINATOR);
    assert.equal(await read, "[16]");
    assert.equal(coordinators.stateOf(1), "none");
    await world.advance(1000);
    assert.equal(await coordinators.committed(2), "7");
  });
});

Deno.test("a commit that replicas don't get in time is answered, and may still come to pass", async () => {
  await withCoordinators(async (world, coordinators) => {
    world.separate(1, 2);
    world.separate(1, 3);
    const commit = coordinators.commit(1, 8);
    await world.advance(5000);
    assert.equal(await commit, ErrorCode.COORDINATOR_NOT_AVAILABLE);
    world.heal();
    await world.advance(2000);
    assert.equal(await coordinators.committed(1), "8");
  });
});

Deno.test("a coordinator takes nothing while too few replicas are in sync", async () => {
  await withCoordinators(async (world, coordinators) => {
    world.change({ isr: [1] });
    assert.equal(await coordinators.commit(1, 8), ErrorCode.COORDINATOR_NOT_AVAILABLE);
    world.change({ isr: [1, 2, 3] });
    assert.equal(await coordinators.commit(1, 9), 0);
  }, { "min.insync.replicas": "2" });
});

Deno.test("a coordinator that could not be loaded is loaded again", async () => {
  await withCoordinators(async (world, coordinators) => {
    assert.equal(await coordinators.commit(1, 7), 0);
    const { log } = world.node(2).partition();
    const sound = log.read.bind(log);
    log.read = () => Promise.reject(new Error("not now"));
    world.change({ leader: 2 });
    await world.settle();
    assert.equal(coordinators.stateOf(2), "failed");
    assert.equal(await coordinators.committed(2), "[16]");
    log.read = sound;
    await world.advance(1000);
    assert.equal(await coordinators.committed(2), "7");
  });
});
