import assert from "node:assert/strict";
import { listOffsetsApi } from "../../../src/protocol/generated/apis/list_offsets.ts";
import { offsetForLeaderEpochApi } from "../../../src/protocol/generated/apis/offset_for_leader_epoch.ts";
import { Codec } from "../../../src/protocol/compression/codec.ts";
import { buildBatch } from "../../../src/protocol/records/batch_builder.ts";
import * as layout from "../../../src/protocol/records/batch_layout.ts";
import { restoreCrc } from "../../../src/protocol/records/batch_scan.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";
import { listed, produced } from "../support/requests.ts";
import { deleteRecordsApi } from "../../../src/protocol/generated/apis/delete_records.ts";

/** Records with these timestamps. */
function at(timestamps: readonly number[], codec: Codec = Codec.none): Uint8Array {
  return buildBatch(timestamps.map((timestamp) => ({ timestamp, value: null })), { codec });
}

/** Offsets 0..2, compressed, and 3..4; the largest timestamp twice. */
function withRecords(test: (fixture: BrokerFixture) => Promise<void>): Promise<void> {
  return BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t");
    assert.equal(await produced(fixture, "t", at([100, 400, 200], Codec.gzip)), "0");
    assert.equal(await produced(fixture, "t", at([300, 400])), "3");
    await test(fixture);
  });
}

Deno.test("ListOffsets finds the earliest record of a time inside of batches", async () => {
  await withRecords(async (fixture) => {
    assert.equal(await listed(fixture, 0), "0@100 epoch 0");
    assert.equal(await listed(fixture, 100), "0@100 epoch 0");
    assert.equal(await listed(fixture, 101), "1@400 epoch 0");
    assert.equal(await listed(fixture, 400), "1@400 epoch 0");
    assert.equal(await listed(fixture, 401), "none");
    await fixture.call(deleteRecordsApi, 2, {
      topics: [{ name: "t", partitions: [{ partitionIndex: 0, offset: 2 }] }],
      timeoutMs: 0,
    });
    assert.equal(await listed(fixture, 0), "2@200 epoch 0");
    assert.equal(await listed(fixture, 400), "4@400 epoch 0");
  });
});

Deno.test("ListOffsets answers each special timestamp from the version on that brought it", async () => {
  await withRecords(async (fixture) => {
    const answers = async (timestamp: number, version: number) =>
      `${await listed(fixture, timestamp, { version: version - 1 })} | ${await listed(
        fixture,
        timestamp,
        { version },
      )}`;
    assert.equal(await listed(fixture, -1, { version: 1 }), "5@-1 epoch -1");
    assert.equal(await listed(fixture, -2, { version: 1 }), "0@-1 epoch -1");
    assert.equal(await listed(fixture, -1, { version: 4 }), "5@-1 epoch 0");
    assert.equal(await answers(-3, 7), "[35] | 1@400 epoch 0");
    assert.equal(await answers(-4, 8), "[35] | 0@-1 epoch 0");
    assert.equal(await answers(-5, 9), "[35] | none");
    assert.equal(await answers(-6, 11), "[35] | none");
    assert.equal(await answers(-7, 11), "[35] | [35]");
  });
});

Deno.test("ListOffsets of an empty log finds no largest timestamp", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t");
    assert.equal(await listed(fixture, -3), "none");
    assert.equal(await listed(fixture, 0), "none");
    assert.equal(await listed(fixture, -1), "0@-1 epoch 0");
    assert.equal(await listed(fixture, -2), "0@-1 epoch 0");
  });
});

Deno.test("ListOffsets refuses the unknown, other leader epochs and what is named twice", async () => {
  await withRecords(async (fixture) => {
    assert.equal(await listed(fixture, -1, { topic: "gone" }), "[3]");
    assert.equal(await listed(fixture, -1, { partition: 1 }), "[3]");
    assert.equal(await listed(fixture, -1, { currentLeaderEpoch: 1 }), "[75]");
    const partition = { partitionIndex: 0, timestamp: -1 };
    const { topics } = await fixture.call(listOffsetsApi, 10, {
      replicaId: -1,
      isolationLevel: 0,
      timeoutMs: 0,
      topics: [{ name: "t", partitions: [partition, partition] }],
    });
    assert.deepEqual(topics[0]!.partitions.map(({ errorCode }) => errorCode), [42, 42]);
  });
});

Deno.test("ListOffsets answers a failed disk for the partition and takes it offline", async () => {
  await withRecords(async (fixture) => {
    fixture.disk.plant({ operation: "read", kind: "ioError", path: "t-0/" });
    assert.equal(await listed(fixture, 200), "[56]");
    assert.equal(await listed(fixture, -1), "[56]");
    assert.equal(fixture.broker.partitions.offlineCount, 1);
  });
});

Deno.test("ListOffsets leaves a partition online whose producer sent what can't be read", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t");
    const broken = at([100, 200], Codec.gzip);
    broken.fill(0xee, layout.HEADER_BYTES);
    restoreCrc(broken, 0);
    assert.equal(await produced(fixture, "t", broken), "0");
    assert.equal(await listed(fixture, 150), "[2]");
    assert.equal(await listed(fixture, -1), "2@-1 epoch 0");
  });
});

/** OffsetForLeaderEpoch of one partition, "epoch 0 ends at 5" or "[3]". */
async function endOf(
  fixture: BrokerFixture,
  leaderEpoch: number,
  currentLeaderEpoch = -1,
  topic = "t",
): Promise<string> {
  const { topics } = await fixture.call(offsetForLeaderEpochApi, 4, {
    topics: [{ topic, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }],
  });
  const end = topics[0]!.partitions[0]!;
  if (end.errorCode !== 0) return `[${end.errorCode}]`;
  return `epoch ${end.leaderEpoch} ends at ${end.endOffset}`;
}

Deno.test("OffsetForLeaderEpoch tells where epochs end, the present one without records too", async () => {
  const first = await BrokerFixture.open();
  await first.createTopic("t");
  assert.equal(await endOf(first, 0), "epoch 0 ends at 0");
  await produced(first, "t", at([100, 200]));
  const fixture = await first.crash();
  try {
    assert.equal(await endOf(fixture, 0), "epoch 0 ends at 2");
    assert.equal(await endOf(fixture, 1), "epoch 1 ends at 2");
    await produced(fixture, "t", at([300]));
    assert.equal(await endOf(fixture, 0), "epoch 0 ends at 2");
    assert.equal(await endOf(fixture, 1), "epoch 1 ends at 3");
    assert.equal(await endOf(fixture, 2), "epoch -1 ends at -1");
    assert.equal(await endOf(fixture, -1), "epoch -1 ends at -1");
    assert.equal(await endOf(fixture, 0, 0), "[74]");
    assert.equal(await endOf(fixture, 0, 2), "[75]");
    assert.equal(await endOf(fixture, 0, -1, "gone"), "[3]");
  } finally {
    await fixture.broker.close();
  }
});
