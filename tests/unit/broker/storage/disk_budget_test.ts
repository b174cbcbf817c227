import assert from "node:assert/strict";
import { BALLAST_FILE } from "../../../../src/broker/storage/ballast.ts";
import { ErrorCode } from "../../../../src/protocol/error_codes.ts";
import { SimulatedDisk } from "../../log/simulated_disk.ts";
import { BrokerFixture } from "../../support/broker_fixture.ts";
import { batch, produce } from "../../support/requests.ts";

const MIB = 2 ** 20;
const QUARTER = "x".repeat(MIB / 4);

/** A broker whose disk has 20 MiB: 19 of capacity, 16.1 to the target, 18 to the hard mark. */
async function withBroker(
  config: Readonly<Record<string, string>>,
  test: (fixture: BrokerFixture) => Promise<void>,
): Promise<void> {
  const disk = new SimulatedDisk();
  disk.resizeTo(20 * MIB);
  await BrokerFixture.with(test, { disk, config });
}

/** Writes so many MiB; the error code of the last batch. */
async function write(fixture: BrokerFixture, topic: string, mib: number, partition = 0) {
  let code: number = ErrorCode.NONE;
  for (let i = 0; i < 4 * mib && code === ErrorCode.NONE; i++) {
    const answer = await produce(fixture, topic, batch([QUARTER]), { partition });
    assert.ok(typeof answer !== "string");
    code = answer.errorCode;
    await fixture.clock.advance(1);
  }
  return code;
}

function sizeOf({ broker }: BrokerFixture, topic: string, partition = 0): number {
  return broker.partitions.find(topic, partition)!.log.sizeBytes;
}

Deno.test("DiskBudget deletes the oldest when the disk's target is reached, files at once", () =>
  withBroker({}, async (fixture) => {
    await fixture.createTopic("t");
    assert.equal(await write(fixture, "t", 60), ErrorCode.NONE);
    const { marks, usedBytes } = fixture.broker.diskBudget.state!;
    assert.ok(usedBytes <= marks.targetBytes && usedBytes > marks.targetBytes - 3 * MIB);
    assert.equal(fixture.broker.logs.pendingRemovalBytes, 0);
  }));

Deno.test("DiskBudget trims nothing of a topic with a hot partition while its total fits", () =>
  withBroker({}, async (fixture) => {
    await fixture.createTopic("t", 4, { "retention.topic.bytes": "8MiB" });
    await write(fixture, "t", 7, 2);
    await fixture.clock.advance(300_000);
    assert.equal(fixture.broker.partitions.find("t", 2)!.log.startOffset, 0);
    await write(fixture, "t", 4, 2);
    await fixture.clock.advance(1000);
    assert.ok(sizeOf(fixture, "t", 2) <= 8 * MIB && sizeOf(fixture, "t", 2) > 6 * MIB);
  }));

Deno.test("DiskBudget spares minimums", () =>
  withBroker({}, async (fixture) => {
    await fixture.createTopic("kept", 1, { "retention.min.bytes": String(5 * MIB) });
    await fixture.createTopic("t");
    await write(fixture, "kept", 5);
    const size = sizeOf(fixture, "kept");
    await write(fixture, "t", 40);
    assert.equal(sizeOf(fixture, "kept"), size);
  }));

Deno.test("DiskBudget never trims a compacted topic", () =>
  withBroker({}, async (fixture) => {
    await fixture.createTopic("c", 1, { "cleanup.policy": "compact" });
    for (let i = 0; i < 66; i++) {
      const records = batch([QUARTER], {}, { key: new TextEncoder().encode(String(i)) });
      await produce(fixture, "c", records);
      await fixture.clock.advance(1);
    }
    const { state, trims } = fixture.broker.diskBudget;
    assert.equal(state!.level, "trimming");
    assert.ok(sizeOf(fixture, "c") > 16 * MIB);
    assert.deepEqual(trims.deletedBytes, { topic: 0, disk: 0, follower: 0 });
  }));

Deno.test("DiskBudget warns once of limits that are more than the disk", () =>
  withBroker({}, async (fixture) => {
    await fixture.createTopic("t", 1, { "retention.topic.bytes": "30MiB" });
    await fixture.clock.advance(20_000);
    const warnings = fixture.logger.events.filter((event) => event.includes("more together"));
    assert.equal(warnings.length, 1);
  }));

Deno.test("DiskBudget waits for the grace period when a budget shrinks", () =>
  withBroker({ "log.storage.shrink.grace.ms": "30000" }, async (fixture) => {
    await fixture.createTopic("t");
    await write(fixture, "t", 12);
    const { broker } = fixture;
    const { topic } = broker.partitions.find("t", 0)!;
    const storage = {
      ...topic.settings.storage,
      limit: { kind: "bytes", bytes: 4 * MIB } as const,
    };
    topic.settings = { ...topic.settings, storage };
    await fixture.clock.advance(10_000);
    assert.equal(sizeOf(fixture, "t") > 11 * MIB, true, "it does not count at once");
    await fixture.clock.advance(40_000);
    assert.ok(sizeOf(fixture, "t") <= 4 * MIB);
    assert.ok(sizeOf(fixture, "t") > MIB);
  }));

Deno.test("DiskBudget refuses producers at the hard mark, gives the ballast up, and opens lower", () =>
  withBroker({ "log.retention.disk.percent": "-1" }, async (fixture) => {
    await fixture.createTopic("t");
    await fixture.clock.advance(20_000);
    const { broker, disk } = fixture;
    assert.ok(disk.content(BALLAST_FILE)!.length > 0.15 * MIB);
    assert.equal(await write(fixture, "t", 30), ErrorCode.KAFKA_STORAGE_ERROR);
    assert.equal(broker.diskBudget.state!.level, "closed");
    assert.equal(disk.content(BALLAST_FILE), undefined);
    const { marks } = broker.diskBudget.state!;
    assert.ok(broker.logs.sizeBytes <= marks.hardBytes);
    await fixture.createTopic("other");
    const partition = broker.partitions.find("t", 0)!;
    assert.equal(partition.deleteRecordsBefore(partition.highWatermark - 20).errorCode, 0);
    await fixture.clock.advance(5000);
    assert.equal(await write(fixture, "t", 1), ErrorCode.NONE);
    await fixture.clock.advance(20_000);
    assert.notEqual(disk.content(BALLAST_FILE), undefined, "it is made again");
  }));

Deno.test("DiskBudget lets no producer pass the hard mark, even when no timer ever fires", () =>
  withBroker({ "log.retention.disk.percent": "-1" }, async (fixture) => {
    await fixture.createTopic("t");
    await fixture.clock.advance(20_000);
    const { logs, diskBudget } = fixture.broker;
    const ballastBytes = diskBudget.state!.usedBytes - logs.sizeBytes;
    let accepted = 0;
    for (let i = 0; i < 100; i++) {
      const answer = await produce(fixture, "t", batch([QUARTER]));
      if (typeof answer !== "string" && answer.errorCode === ErrorCode.NONE) accepted++;
    }
    const { hardBytes } = diskBudget.state!.marks;
    assert.ok(logs.sizeBytes + ballastBytes <= hardBytes, "it is kept");
    assert.ok(logs.sizeBytes + ballastBytes > hardBytes - MIB / 2, "and come close to");
    assert.ok(accepted > 60 && accepted < 100);
  }));

Deno.test("DiskBudget makes segments small enough for what may be kept", () =>
  withBroker({}, async (fixture) => {
    await fixture.createTopic("t", 2);
    await fixture.createTopic("compacted", 1, { "cleanup.policy": "compact" });
    await fixture.clock.advance(5000);
    const of = (topic: string) => fixture.broker.partitions.find(topic, 0)!.log.config.segmentBytes;
    assert.ok(of("t") >= MIB && of("t") < 2 * MIB, `${of("t")}`);
    assert.equal(of("compacted"), 1024 * MIB);
  }));

Deno.test("DiskBudget does nothing where the size of the disk is not known", () =>
  BrokerFixture.with(async ({ broker }) => {
    assert.equal(broker.diskBudget.state, undefined);
    assert.ok(broker.diskBudget.admits(1e15));
    assert.equal(broker.diskBudget.throttleMs(), 0);
    await Promise.resolve();
  }));
