import assert from "node:assert/strict";
import { NotControllerError } from "../../../../src/broker/metadata_quorum.ts";
import { RECORDS_PER_BATCH } from "../../../../src/metadata/leadership_moves.ts";
import type { MetadataRecordInit } from "../../../../src/metadata/records.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import {
  brokerRecord,
  ELIGIBLE_REPLICAS_ON,
  idOf,
  partitionRecord,
} from "../../metadata/fixtures.ts";
import { ControllerFixture, settle } from "./controller_fixture.ts";

const SESSION_MS = 9000;
const TOPIC: MetadataRecordInit = { type: "TopicRecord", value: { name: "t", topicId: idOf(1) } };

function brokers(...ids: readonly number[]): MetadataRecordInit[] {
  return ids.map((id) => brokerRecord(id, { brokerEpoch: id + 10, logDirs: [idOf(id + 20)] }));
}

Deno.test("Controller fences brokers whose session is over, together, but never its own", async () => {
  const records = [ELIGIBLE_REPLICAS_ON, ...brokers(1, 2, 3), TOPIC, partitionRecord(0, [2, 3, 1])];
  const fixture = new ControllerFixture(records);
  await fixture.advance(SESSION_MS - 1);
  assert.deepEqual(fixture.fenced, []);
  await fixture.advance(1);
  assert.deepEqual(fixture.fenced, [2, 3]);
  assert.equal(fixture.partition(0), "leader=1 epochs=4/8 replicas=2,3,1 isr=1");
  fixture.controller.stop();
});

Deno.test("Controller fences nobody whose heartbeats come", async () => {
  const fixture = new ControllerFixture(brokers(1, 2, 3));
  for (let beats = 0; beats < 10; beats++) {
    assert.equal(await fixture.beat(2), "serves");
    if (beats === 5) assert.equal(await fixture.beat(3), "serves");
    await fixture.advance(2000);
  }
  assert.deepEqual(fixture.fenced, [3]);
  assert.equal(await fixture.beat(3), "serves");
  assert.deepEqual(fixture.fenced, []);
  fixture.controller.stop();
});

Deno.test("Controller gives brokers a whole session when it takes over", async () => {
  const fixture = new ControllerFixture(brokers(1, 2));
  await fixture.advance(SESSION_MS - 1);
  fixture.quorum.lead(false);
  await fixture.advance(SESSION_MS);
  assert.deepEqual(fixture.fenced, []);
  fixture.quorum.lead(true);
  await fixture.advance(SESSION_MS - 1);
  assert.deepEqual(fixture.fenced, []);
  await fixture.advance(1);
  assert.deepEqual(fixture.fenced, [2]);
  fixture.controller.stop();
});

Deno.test("Controller fences at once whose process is gone", async () => {
  const fixture = new ControllerFixture(brokers(1, 2, 3));
  await fixture.beat(2);
  await settle();
  fixture.refused.add(2);
  fixture.controller.brokerDisconnected(3);
  await settle();
  assert.deepEqual(fixture.fenced, []);
  fixture.controller.brokerDisconnected(2);
  await settle();
  assert.deepEqual(fixture.fenced, [2]);
  fixture.controller.brokerDisconnected(2);
  await settle();
  const fencings = fixture.log.lines.filter((line) => line.startsWith("broker fenced"));
  assert.deepEqual(fencings, ["broker fenced 2 nobody listens on its cluster port"]);
  // Its session is over with it: another machine may take its place.
  assert.match(await fixture.register(2, 50, 99), /^epoch/);
  fixture.controller.stop();
});

Deno.test("Controller looks whether brokers are gone when it takes over", async () => {
  const fixture = new ControllerFixture(brokers(1, 2, 3));
  fixture.quorum.lead(false);
  fixture.refused.add(3);
  fixture.controller.brokerSuspected(3);
  await settle();
  assert.deepEqual(fixture.fenced, []);
  fixture.quorum.lead(true);
  await settle();
  assert.deepEqual(fixture.fenced, [3]);
  fixture.controller.stop();
});

Deno.test("Controller looks again for a broker until it is heard", async () => {
  const fixture = new ControllerFixture(brokers(1, 2, 3));
  await fixture.beat(3);
  await fixture.beat(2);
  await settle();
  // The kernel may take a moment to close what a process that was killed has listened on.
  fixture.controller.brokerDisconnected(2);
  await settle();
  fixture.refused.add(2);
  fixture.refused.add(3);
  await fixture.advance(20);
  assert.deepEqual(fixture.fenced, [2]);
  await fixture.advance(5000);
  assert.deepEqual(fixture.fenced, [2]);
  fixture.controller.stop();
});

Deno.test("Controller asks a machine once at a time", async () => {
  const fixture = new ControllerFixture(brokers(1, 2));
  await settle();
  const { promise, resolve } = Promise.withResolvers<void>();
  fixture.dialled = promise;
  await fixture.advance(20);
  const { length } = fixture.asked;
  await fixture.advance(5000);
  assert.equal(fixture.asked.length, length);
  resolve();
  await settle();
  await fixture.advance(500);
  assert.equal(fixture.asked.length, length + 1);
  fixture.controller.stop();
});

Deno.test("Controller does not fence an incarnation for the end of the one before", async () => {
  const fixture = new ControllerFixture(brokers(1, 2));
  await settle();
  const { promise, resolve } = Promise.withResolvers<void>();
  fixture.dialled = promise;
  fixture.refused.add(2);
  fixture.controller.brokerDisconnected(2);
  assert.match(await fixture.register(2, 98), /^epoch/);
  assert.equal(await fixture.beat(2), "serves");
  resolve();
  await settle();
  assert.deepEqual(fixture.fenced, []);
  fixture.controller.stop();
});

Deno.test("Controller.register() refuses a second broker while the first is heard", async () => {
  const duplicate = `error ${ErrorCode.DUPLICATE_BROKER_REGISTRATION}`;
  const fixture = new ControllerFixture([...brokers(1, 2), TOPIC, partitionRecord(0, [2, 1])]);
  // Nothing was heard since the takeover: a process in the same directory tells that it is gone.
  assert.equal(await fixture.register(2, 50, 99), duplicate);
  assert.equal(fixture.partition(0), "leader=2 epochs=3/7 replicas=2,1 isr=2,1");
  assert.match(await fixture.register(2, 50), /^epoch/);
  assert.equal(await fixture.beat(2), "serves");
  assert.equal(await fixture.register(2, 51), duplicate);
  fixture.controller.brokerDisconnected(2);
  assert.match(await fixture.register(2, 51), /^epoch/);
  await fixture.advance(SESSION_MS);
  assert.match(await fixture.register(2, 52, 99), /^epoch/);
  fixture.controller.stop();
});

Deno.test("Controller.register() retires the last incarnation in bounded batches", async () => {
  const partitions: MetadataRecordInit[] = [];
  for (let id = 0; id < RECORDS_PER_BATCH * 2 + 5; id++) {
    partitions.push(partitionRecord(id, [2, 1]));
  }
  const fixture = new ControllerFixture([...brokers(1, 2), TOPIC, ...partitions]);
  await fixture.register(2, 50);
  assert.deepEqual(fixture.quorum.batches, [RECORDS_PER_BATCH, RECORDS_PER_BATCH, 5, 1]);
  fixture.controller.stop();
});

Deno.test("Controller lets a broker stop when the others have what moved its leaderships", async () => {
  const gone = brokerRecord(4, { fenced: true });
  const records = [...brokers(1, 2, 3), gone, TOPIC, partitionRecord(0, [2, 3])];
  const fixture = new ControllerFixture(records);
  const behind = fixture.image.lastOffset;
  const shutDown = () => fixture.beat(2, { wantShutDown: true });
  await fixture.beat(3);
  assert.equal(await shutDown(), "serves");
  assert.equal(fixture.partition(0), "leader=3 epochs=4/8 replicas=2,3 isr=3");
  assert.equal(await shutDown(), "serves");
  await fixture.beat(3, { offset: behind });
  assert.equal(await shutDown(), "serves");
  await fixture.beat(3);
  assert.equal(await shutDown(), "stop");
  assert.deepEqual(fixture.fenced, [2, 4]);
  fixture.controller.stop();
});

Deno.test("Controller counts what a replica of the metadata log has as known to it", async () => {
  const fixture = new ControllerFixture([...brokers(1, 2, 3), TOPIC, partitionRecord(0, [2, 3])]);
  await fixture.beat(3);
  const shutDown = () => fixture.beat(2, { wantShutDown: true });
  await shutDown();
  assert.equal(await shutDown(), "serves");
  fixture.quorum.replicas = [{
    replicaId: 3,
    directoryId: idOf(23),
    logEndOffset: fixture.quorum.highWatermark,
    lastFetchTimestampMs: 0,
    lastCaughtUpTimestampMs: 0,
  }];
  assert.equal(await shutDown(), "stop");
  fixture.controller.stop();
});

Deno.test("Controller lets a broker go on shutting down after a takeover", async () => {
  const going = brokerRecord(2, { brokerEpoch: 12, inControlledShutdown: true });
  const fixture = new ControllerFixture([...brokers(1, 3), going]);
  const shutDown = () => fixture.beat(2, { wantShutDown: true });
  assert.equal(await shutDown(), "serves");
  await fixture.beat(3);
  assert.equal(await shutDown(), "stop");
  fixture.controller.stop();
});

Deno.test("Controller leads partitions as soon as somebody can", async () => {
  const records = [...brokers(1, 2), TOPIC, partitionRecord(0, [2], { leader: -1 })];
  const fixture = new ControllerFixture(records);
  await fixture.advance(100);
  assert.equal(fixture.partition(0), "leader=2 epochs=4/8 replicas=2 isr=2");
  fixture.controller.stop();
});

Deno.test("Controller elects uncleanly once the topic allows it", async () => {
  const config = (value: string): MetadataRecordInit => ({
    type: "ConfigRecord",
    value: { resourceType: 2, resourceName: "t", name: "unclean.leader.election.enable", value },
  });
  const offline = partitionRecord(0, [1, 2], { leader: -1, isr: [2] });
  const down = brokerRecord(2, { fenced: true });
  const fixture = new ControllerFixture([...brokers(1), down, TOPIC, offline]);
  await fixture.advance(1000);
  assert.equal(fixture.partition(0), "leader=-1 epochs=3/7 replicas=1,2 isr=2");
  await fixture.quorum.propose([config("true")]);
  await fixture.advance(100);
  assert.equal(fixture.partition(0), "leader=1 epochs=4/8 replicas=1,2 isr=1 recovering");
  fixture.controller.stop();
});

Deno.test("Controller hands leadership back to preferred replicas at intervals", async () => {
  const moved = partitionRecord(0, [1, 2], { leader: 2 });
  const at = async (settings: [string, string][]): Promise<string> => {
    const fixture = new ControllerFixture([...brokers(1, 2), TOPIC, moved], settings);
    for (let seconds = 0; seconds < 300; seconds += 5) {
      await fixture.beat(2);
      await fixture.advance(5000);
      if (seconds < 295) assert.match(fixture.partition(0), /^leader=2 /);
    }
    fixture.controller.stop();
    return fixture.partition(0);
  };
  assert.match(await at([]), /^leader=1 /);
  assert.match(await at([["auto.leader.rebalance.enable", "false"]]), /^leader=2 /);
});

Deno.test("Controller grows replicas when brokers join, tells it, and spreads leaders then", async () => {
  const own: MetadataRecordInit = {
    type: "TopicRecord",
    value: { name: "t", topicId: idOf(1), hasDefaultReplication: true },
  };
  const records = [...brokers(1), own, partitionRecord(0, [1]), partitionRecord(1, [1])];
  const fixture = new ControllerFixture(records);
  await fixture.advance(1000);
  assert.equal(fixture.quorum.batches.length, 0);
  await fixture.register(2, 50);
  await fixture.beat(2);
  await fixture.advance(100);
  assert.ok(fixture.log.lines.includes("topic gets more replicas t 2"));
  const adding = [0, 1].map((id) => fixture.partition(id));
  assert.equal(adding.filter((each) => each.endsWith("isr=1 adding=2")).length, 2);
  for (
    const { partitionId, leaderEpoch, partitionEpoch } of fixture.image.topics.byName("t")!
      .partitions
  ) {
    const response = await fixture.controller.alterPartition({
      brokerId: 1,
      brokerEpoch: 11,
      topics: [{
        topicId: idOf(1),
        partitions: [{
          partitionIndex: partitionId,
          leaderEpoch,
          newIsr: [1, 2],
          newIsrWithEpochs: [],
          leaderRecoveryState: 0,
          partitionEpoch,
        }],
      }],
    }, 2);
    assert.equal(response.topics[0]!.partitions[0]!.errorCode, 0);
  }
  await fixture.advance(100);
  assert.equal(fixture.log.lines.filter((line) => line.startsWith("topic gets")).length, 1);
  const { partitions } = fixture.image.topics.byName("t")!;
  assert.deepEqual(partitions.map(({ leader }) => leader).sort(), [1, 2]);
  fixture.controller.stop();
});

Deno.test("Controller grows on after a cancellation, without telling again, until told not to", async () => {
  const topic: MetadataRecordInit = {
    type: "TopicRecord",
    value: { name: "__consumer_offsets", topicId: idOf(1) },
  };
  const fixture = new ControllerFixture([...brokers(1, 2), topic, partitionRecord(0, [1])]);
  const cancel = async (...more: readonly MetadataRecordInit[]): Promise<string> => {
    const value = { partitionId: 0, topicId: idOf(1), replicas: [1], addingReplicas: [] };
    await fixture.quorum.propose([{ type: "PartitionChangeRecord", value }, ...more]);
    await fixture.advance(100);
    return fixture.partition(0);
  };
  await fixture.advance(100);
  assert.match(await cancel(), /replicas=1,2 isr=1 adding=2$|replicas=2,1 isr=1 adding=2$/);
  assert.equal(fixture.log.lines.filter((line) => line.startsWith("topic gets")).length, 1);
  const off: MetadataRecordInit = {
    type: "ConfigRecord",
    value: {
      resourceType: 4,
      resourceName: "",
      name: "auto.replication.growth.enable",
      value: "false",
    },
  };
  assert.match(await cancel(off), /replicas=1 isr=1$/);
  fixture.controller.stop();
});

Deno.test("Controller grows nothing when it is told not to", async () => {
  const topic: MetadataRecordInit = {
    type: "TopicRecord",
    value: { name: "__consumer_offsets", topicId: idOf(1) },
  };
  const off = [["auto.replication.growth.enable", "false"]] as const;
  const fixture = new ControllerFixture([...brokers(1, 2), topic, partitionRecord(0, [1])], off);
  await fixture.advance(1000);
  assert.equal(fixture.partition(0), "leader=1 epochs=3/7 replicas=1 isr=1");
  fixture.controller.stop();
});

Deno.test("Controller makes its own minimum of in-sync replicas the cluster's", async () => {
  const fixture = new ControllerFixture(brokers(1), [["min.insync.replicas", "2"]]);
  await settle();
  assert.equal(fixture.image.configs.of(4, "").get("min.insync.replicas"), "2");
  fixture.controller.stop();
});

Deno.test("Controller warns once of a minimum of in-sync replicas that is out of reach", async () => {
  const config = (value: string): MetadataRecordInit => ({
    type: "ConfigRecord",
    value: { resourceType: 2, resourceName: "t", name: "min.insync.replicas", value },
  });
  const fixture = new ControllerFixture([...brokers(1, 2), TOPIC, partitionRecord(0, [1, 2])]);
  const warnings = async (value: string): Promise<number> => {
    await fixture.quorum.propose([config(value)]);
    await fixture.advance(100);
    return fixture.log.lines.filter((line) => line.startsWith("min.insync.replicas is above"))
      .length;
  };
  assert.equal(await warnings("2"), 0);
  assert.equal(await warnings("3"), 1);
  assert.equal(await warnings("4"), 1);
  assert.equal(await warnings("1"), 1);
  assert.equal(await warnings("3"), 2);
  fixture.controller.stop();
});

Deno.test("Controller that rests refuses everything", async () => {
  const fixture = new ControllerFixture(brokers(1, 2));
  fixture.quorum.lead(false);
  await assert.rejects(fixture.beat(2), NotControllerError);
  await assert.rejects(fixture.register(2, 50), NotControllerError);
  const none = { brokerId: 2, brokerEpoch: 12, topics: [] };
  await assert.rejects(fixture.controller.alterPartition(none, 3), NotControllerError);
  await assert.rejects(fixture.controller.allocateProducerIds(none), NotControllerError);
  const joining = { directoryId: idOf(9), requestedId: -1 };
  await assert.rejects(fixture.controller.assignBrokerId(joining), NotControllerError);
  fixture.quorum.lead(true);
  assert.deepEqual(await fixture.controller.assignBrokerId(joining), { errorCode: 0, brokerId: 3 });
  const block = await fixture.controller.allocateProducerIds(none);
  assert.equal(block.producerIdLen, 1000);
  fixture.controller.stop();
});

Deno.test("Controller.stop() ends what is under way at its next decision", async () => {
  const partitions: MetadataRecordInit[] = [];
  for (let id = 0; id < RECORDS_PER_BATCH * 3; id++) partitions.push(partitionRecord(id, [2, 1]));
  const fixture = new ControllerFixture([...brokers(1, 2), TOPIC, ...partitions]);
  await settle();
  fixture.quorum.onCommit(() => fixture.controller.stop());
  fixture.refused.add(2);
  fixture.controller.brokerDisconnected(2);
  await settle();
  assert.deepEqual(fixture.quorum.batches, [RECORDS_PER_BATCH]);
  assert.deepEqual(fixture.fenced, []);
});

Deno.test("Controller.stop() leaves no timer and decides nothing more", async () => {
  const fixture = new ControllerFixture(brokers(1, 2));
  await settle();
  fixture.controller.stop();
  await assert.rejects(fixture.beat(2), NotControllerError);
  assert.equal(fixture.clock.pendingTimers, 0);
  const asked = [...fixture.asked];
  await fixture.advance(1_000_000);
  assert.deepEqual(fixture.asked, asked);
  assert.deepEqual(fixture.quorum.batches, []);
  fixture.quorum.lead(true);
  await fixture.advance(1_000_000);
  assert.deepEqual(fixture.fenced, []);
});
