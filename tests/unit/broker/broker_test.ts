import assert from "node:assert/strict";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { IdentityError } from "../../../src/broker/identity.ts";
import { createTopicsApi } from "../../../src/protocol/generated/apis/create_topics.ts";
import { deleteRecordsApi } from "../../../src/protocol/generated/apis/delete_records.ts";
import { describeConfigsApi } from "../../../src/protocol/generated/apis/describe_configs.ts";
import { incrementalAlterConfigsApi } from "../../../src/protocol/generated/apis/incremental_alter_configs.ts";
import { initProducerIdApi } from "../../../src/protocol/generated/apis/init_producer_id.ts";
import type { SimulatedDisk } from "../log/simulated_disk.ts";
import { settle } from "../server/fake_clock.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";
import { batch, fetch, listed, produced } from "../support/requests.ts";

const TOPIC = 2;

function setConfig(fixture: BrokerFixture, topic: string, name: string, value: string) {
  return fixture.call(incrementalAlterConfigsApi, 1, {
    resources: [{
      resourceType: TOPIC,
      resourceName: topic,
      configs: [{ name, configOperation: 0, value }],
    }],
    validateOnly: false,
  });
}

async function configOf(fixture: BrokerFixture, topic: string, name: string) {
  const { results } = await fixture.call(describeConfigsApi, 4, {
    resources: [{ resourceType: TOPIC, resourceName: topic, configurationKeys: [name] }],
  });
  return results[0]!.configs[0]?.value;
}

async function newProducerId(fixture: BrokerFixture): Promise<number> {
  const wish = { transactionalId: null, transactionTimeoutMs: 0 };
  return (await fixture.call(initProducerIdApi, 5, wish)).producerId;
}

/** Ends the broker in one of three ways and starts another on its disk. */
const RESTARTS = {
  "a stop": (fixture: BrokerFixture) => fixture.restart(),
  "a kill": (fixture: BrokerFixture) => fixture.crash("process"),
  "a power failure": async (fixture: BrokerFixture) => {
    await fixture.broker.logs.checkpoint();
    return await fixture.crash("power");
  },
};

for (const [how, restart] of Object.entries(RESTARTS)) {
  Deno.test(`Broker.open() brings everything back after ${how}`, async () => {
    const first = await BrokerFixture.open();
    const { topicId } = await first.createTopic("t", 2, { "retention.ms": "12345678" });
    await setConfig(first, "t", "max.message.bytes", "5000");
    const producerId = await newProducerId(first);
    const init = { producerId, producerEpoch: 0 };
    await produced(first, "t", batch(["a", "b"], { ...init, baseSequence: 0 }));
    await produced(first, "t", batch(["c"], { ...init, baseSequence: 2 }));
    await first.call(deleteRecordsApi, 2, {
      topics: [{ name: "t", partitions: [{ partitionIndex: 0, offset: 2 }] }],
      timeoutMs: 0,
    });
    const { clusterId, brokerId, directoryId } = first.broker.identity;
    const fixture = await restart(first);
    try {
      assert.deepEqual(fixture.broker.identity, { clusterId, brokerId, directoryId });
      assert.equal(fixture.broker.partitions.nameOf(topicId), "t");
      assert.equal(await configOf(fixture, "t", "retention.ms"), "12345678");
      assert.equal(await configOf(fixture, "t", "max.message.bytes"), "5000");
      assert.match(await produced(fixture, "t", batch(["x".repeat(5000)])), /^\[10\]/);
      assert.equal(await fetch(fixture, [{ fetchOffset: 2 }]), "t-0 hw=3 2..2");
      assert.match(await listed(fixture, -2), /^2@/);
      const again = batch(["c"], { ...init, baseSequence: 2 });
      assert.equal(await produced(fixture, "t", again), "2");
      const gap = batch(["d"], { ...init, baseSequence: 4 });
      assert.match(await produced(fixture, "t", gap), /^\[45\]/);
      assert.equal(await produced(fixture, "t", batch(["d"], { ...init, baseSequence: 3 })), "3");
      assert.ok(await newProducerId(fixture) > producerId);
    } finally {
      await fixture.broker.close();
    }
  });
}

Deno.test("Broker.open() begins new leader epochs after anything but a clean stop", async () => {
  const first = await BrokerFixture.open();
  await first.createTopic("t");
  assert.equal(first.broker.partitions.find("t", 0)!.leaderEpoch, 0);
  const second = await first.restart();
  assert.equal(second.broker.partitions.find("t", 0)!.leaderEpoch, 0);
  const third = await second.crash();
  assert.equal(third.broker.partitions.find("t", 0)!.leaderEpoch, 1);
  await third.broker.close();
});

Deno.test("Broker.open() refuses the data directory of another broker", async () => {
  const first = await BrokerFixture.open({ brokerId: 3 });
  await first.broker.close();
  const { disk } = first;
  await assert.rejects(BrokerFixture.open({ disk, brokerId: 4 }), IdentityError);
  const again = await BrokerFixture.open({ disk });
  assert.equal(again.broker.identity.brokerId, 3);
  await again.broker.close();
});

Deno.test("Broker.open() refuses a damaged meta.properties", async () => {
  const first = await BrokerFixture.open();
  await first.broker.close();
  first.disk.content("meta.properties", () => new TextEncoder().encode("version=1\n"));
  await assert.rejects(BrokerFixture.open({ disk: first.disk }), IdentityError);
});

function copyDirectory(from: SimulatedDisk, to: SimulatedDisk, directory: string): void {
  to.makeDirectory(directory);
  for (const { name } of from.list(directory)!) {
    const file = to.open(`${directory}/${name}`, { create: true });
    file.write(from.content(`${directory}/${name}`)!, 0);
    file.close();
  }
}

Deno.test("Broker.open() removes the logs of topics that are no more", async () => {
  const other = await BrokerFixture.open({ seed: 99 });
  for (const topic of ["old", "kept"]) {
    await other.createTopic(topic);
    await produced(other, topic, batch(["a"]));
  }
  await other.broker.close();
  const first = await BrokerFixture.open();
  await first.createTopic("kept");
  await first.broker.close();
  const { disk } = first;
  disk.remove("kept-0");
  for (const directory of ["old-0", "kept-0"]) copyDirectory(other.disk, disk, directory);
  const fixture = await BrokerFixture.open({ disk });
  try {
    const names = disk.list("")!.map(({ name }) => name);
    assert.ok(!names.includes("old-0"));
    assert.equal(await fetch(fixture, [{ topic: "old" }]), "old-0 [3]");
    // The same name and another id: the records are another topic's.
    assert.equal(await fetch(fixture, [{ topic: "kept" }]), "kept-0 hw=0");
    assert.ok(fixture.logger.events.includes("log of a replica removed that is not this broker's"));
  } finally {
    await fixture.broker.close();
  }
});

Deno.test("Broker.open() serves the others when one partition can't be opened", async () => {
  const first = await BrokerFixture.open();
  await first.createTopic("t", 2);
  await produced(first, "t", batch(["a"]));
  await produced(first, "t", batch(["a"]), { partition: 1 });
  await first.broker.close();
  first.disk.plant({ operation: "open", kind: "ioError", path: "t-0/" });
  const fixture = await BrokerFixture.open({ disk: first.disk });
  try {
    assert.equal(await fetch(fixture, [{}, { partition: 1 }]), "t-0 [56]\nt-1 hw=1 0..0");
    assert.equal(await fetch(fixture, [{}], {}, 5), "t-0 [6]");
    assert.match(await produced(fixture, "t", batch(["b"])), /^\[56\]/);
    assert.equal(await listed(fixture, -1), "[56]");
    assert.equal(fixture.broker.partitions.offlineCount, 1);
    await fixture.deleteTopic("t");
    assert.equal(fixture.broker.partitions.offlineCount, 0);
    assert.equal(await fetch(fixture, [{}]), "t-0 [3]");
  } finally {
    await fixture.broker.close();
  }
  const again = await BrokerFixture.open({ disk: first.disk });
  assert.equal(again.broker.partitions.find("t", 0), undefined);
  await again.broker.close();
});

Deno.test("Broker goes on when the log of a new partition can't be made", async () => {
  await BrokerFixture.with(async (fixture) => {
    fixture.disk.plant({ operation: "makeDirectory", kind: "noSpace", path: "full-1" });
    await fixture.createTopic("full", 2);
    assert.equal(await produced(fixture, "full", batch(["a"])), "0");
    assert.match(await produced(fixture, "full", batch(["a"]), { partition: 1 }), /^\[56\]/);
    assert.equal(fixture.broker.partitions.offlineCount, 1);
    // The metadata quorum still takes proposals.
    await fixture.createTopic("next");
    assert.equal(await produced(fixture, "next", batch(["a"])), "0");
  });
});

Deno.test("Broker goes on when the log of a deleted topic can't be moved away", async () => {
  const first = await BrokerFixture.open();
  await first.createTopic("t");
  await produced(first, "t", batch(["old"]));
  first.disk.plant({ operation: "rename", kind: "ioError", path: "t-0" });
  await first.deleteTopic("t");
  assert.equal(await fetch(first, [{}]), "t-0 [3]");
  await first.createTopic("t");
  assert.equal(first.broker.partitions.find("t", 0), undefined);
  assert.equal(await fetch(first, [{}]), "t-0 [56]");
  await first.createTopic("next");
  assert.equal(await produced(first, "next", batch(["a"])), "0");
  const fixture = await first.crash();
  assert.equal(await fetch(fixture, [{}]), "t-0 hw=0");
  await fixture.broker.close();
});

Deno.test("Broker decides nothing that the disk did not take", async () => {
  await BrokerFixture.with(async (fixture) => {
    fixture.disk.plant({ operation: "write", kind: "noSpace", path: "__cluster_metadata-0/" });
    const topic = {
      name: "t",
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    };
    const { topics } = await fixture.call(createTopicsApi, 7, { topics: [topic] });
    assert.equal(topics[0]!.errorCode, ErrorCode.KAFKA_STORAGE_ERROR);
    assert.equal(fixture.broker.quorum.image.topics.byName("t"), undefined);
    await fixture.createTopic("t");
    assert.equal(await produced(fixture, "t", batch(["a"])), "0");
  });
});

Deno.test("DeleteRecords that are not durable are not acknowledged", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t");
    await produced(fixture, "t", batch(["a"]));
    const path = "log-start-offset-checkpoint";
    fixture.disk.plant({ operation: "write", kind: "ioError", path });
    const { topics } = await fixture.call(deleteRecordsApi, 2, {
      topics: [{ name: "t", partitions: [{ partitionIndex: 0, offset: 1 }] }],
      timeoutMs: 0,
    });
    const { errorCode, lowWatermark } = topics[0]!.partitions[0]!;
    assert.deepEqual({ errorCode, lowWatermark }, { errorCode: 56, lowWatermark: -1 });
  });
});

Deno.test("Broker lets retention and segment.ms take their course", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t", 1, { "retention.ms": "1000", "segment.ms": "500" });
    await produced(fixture, "t", batch(["a"]));
    await fixture.clock.advance(300_000);
    await fixture.clock.advance(300_000);
    assert.equal(await fetch(fixture, [{}]), "t-0 [1]");
    assert.equal(await fetch(fixture, [{ fetchOffset: 1 }]), "t-0 hw=1");
    assert.equal(await produced(fixture, "t", batch(["b"])), "1");
  });
});

Deno.test("Broker keeps a partition online when there was no room to roll its segment", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t", 1, { "segment.ms": "500" });
    await produced(fixture, "t", batch(["a"]));
    fixture.disk.plant({ operation: "open", kind: "noSpace", path: "1.log" });
    await fixture.clock.advance(300_000);
    assert.ok(fixture.logger.events.includes("partition storage failed"));
    assert.equal(fixture.broker.partitions.offlineCount, 0);
    assert.equal(fixture.broker.partitions.find("t", 0)!.log.segmentCount, 1);
    await fixture.clock.advance(600_000);
    assert.equal(fixture.broker.partitions.find("t", 0)!.log.segmentCount, 2);
    assert.equal(await produced(fixture, "t", batch(["b"])), "1");
  });
});

Deno.test("Broker.close() answers those who wait and leaves no timer", async () => {
  const fixture = await BrokerFixture.open();
  await fixture.createTopic("t");
  const waiting = fetch(fixture, [{}], { maxWaitMs: 10_000 });
  await settle();
  assert.equal(fixture.broker.fetchWaiters.count, 1);
  await fixture.broker.close();
  assert.equal(await waiting, "t-0 hw=0");
  assert.equal(fixture.clock.pendingTimers, 0);
});
