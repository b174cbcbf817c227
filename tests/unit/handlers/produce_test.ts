import assert from "node:assert/strict";
import type { Uuid } from "../../../src/base/uuid.ts";
import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { metadataApi } from "../../../src/protocol/generated/apis/metadata.ts";
import { produceApi } from "../../../src/protocol/generated/apis/produce.ts";
import { Codec } from "../../../src/protocol/compression/codec.ts";
import * as layout from "../../../src/protocol/records/batch_layout.ts";
import { restoreCrc } from "../../../src/protocol/records/batch_scan.ts";
import { settle } from "../server/fake_clock.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";
import { batch, fetch, produce, produced, type ProduceWish } from "../support/requests.ts";

const UNKNOWN_ID = "BBBBBBBBBBBBBBBBBBBBBA" as Uuid;
const HOUR_MS = 3_600_000;

function withTopic(
  test: (fixture: BrokerFixture) => Promise<void>,
  configs: Readonly<Record<string, string>> = {},
): Promise<void> {
  return BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t", 2, configs);
    await test(fixture);
  });
}

/** The batch with a change that its CRC knows of. */
function changed(change: (bytes: Uint8Array) => void, values = ["a", "b"]): Uint8Array {
  const bytes = batch(values);
  change(bytes);
  restoreCrc(bytes, 0);
  return bytes;
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** Just the code of a refusal. */
async function code(
  fixture: BrokerFixture,
  records: Uint8Array | null,
  wish: ProduceWish & { readonly topic?: string } = {},
): Promise<number> {
  const answer = await produce(fixture, wish.topic ?? "t", records, wish);
  assert.ok(typeof answer !== "string");
  if (answer.errorCode !== 0) assert.equal(answer.baseOffset, -1);
  return answer.errorCode;
}

Deno.test("Produce gives out offsets and tells the log start", async () => {
  await withTopic(async (fixture) => {
    assert.equal(await produced(fixture, "t", batch(["a", "b"])), "0");
    assert.equal(await produced(fixture, "t", batch(["c"]), { acks: 1 }), "2");
    const answer = await produce(fixture, "t", batch(["d"]));
    assert.ok(typeof answer !== "string");
    const { baseOffset, logAppendTimeMs, logStartOffset, errorMessage } = answer;
    assert.deepEqual(
      { baseOffset, logAppendTimeMs, logStartOffset, errorMessage },
      { baseOffset: 3, logAppendTimeMs: -1, logStartOffset: 0, errorMessage: null },
    );
  });
});

Deno.test("Produce with acks=0 is never answered, and closes the connection on an error", async () => {
  await withTopic(async (fixture) => {
    assert.equal(await produced(fixture, "t", batch(["a"]), { acks: 0 }), "no reply");
    assert.equal(await fetch(fixture, [{}]), "t-0 hw=1 0..0");
    const closes = { acks: 0, partition: 7 };
    assert.equal(await produced(fixture, "t", batch(["a"]), closes), "close connection");
    assert.equal(await produced(fixture, "t", null, { acks: 0 }), "close connection");
  });
});

Deno.test("Produce refuses other acks for every partition", async () => {
  await withTopic(async (fixture) => {
    for (const acks of [2, -2, 32767]) {
      assert.equal(await code(fixture, batch(["a"]), { acks }), 21);
    }
    assert.equal(await fetch(fixture, [{}]), "t-0 hw=0");
  });
});

Deno.test("Produce names what is unknown by name or by id", async () => {
  await withTopic(async (fixture) => {
    assert.equal(await code(fixture, batch(["a"]), { topic: "gone" }), 3);
    assert.equal(await code(fixture, batch(["a"]), { partition: 2 }), 3);
    assert.equal(await code(fixture, batch(["a"]), { version: 13, topicId: UNKNOWN_ID }), 100);
    assert.equal(await code(fixture, batch(["a"]), { version: 13, topicId: ZERO_UUID }), 100);
    const old = (await fixture.createTopic("u")).topicId;
    assert.equal(await code(fixture, batch(["a"]), { version: 13, topicId: old }), 0);
    await fixture.deleteTopic("u");
    await fixture.createTopic("u");
    assert.equal(await code(fixture, batch(["a"]), { version: 13, topicId: old }), 100);
    assert.equal(await produced(fixture, "u", batch(["a"])), "0");
  });
});

Deno.test("Produce wants exactly one batch of the newest format", async () => {
  await withTopic(async (fixture) => {
    assert.equal(await code(fixture, null), 87);
    assert.equal(await code(fixture, new Uint8Array(0)), 87);
    assert.equal(await code(fixture, concat(batch(["a"]), batch(["b"]))), 87);
    assert.equal(await code(fixture, changed((bytes) => bytes[layout.MAGIC_AT] = 1)), 87);
    assert.equal(await code(fixture, batch(["a"], { codec: Codec.zstd }), { version: 6 }), 76);
    assert.equal(await code(fixture, batch(["a"], { codec: Codec.zstd }), { version: 7 }), 0);
  });
});

Deno.test("Produce refuses batches that contradict themselves", async () => {
  await withTopic(async (fixture) => {
    const flipped = batch(["a"]);
    flipped[flipped.length - 1]! ^= 1;
    assert.equal(await code(fixture, flipped), 2);
    assert.equal(await code(fixture, changed((b) => layout.setBaseOffset(b, 0, 1))), 87);
    assert.equal(await code(fixture, changed((b) => layout.setLastOffsetDelta(b, 0, 2))), 87);
    assert.equal(await code(fixture, changed((b) => layout.setRecordCount(b, 0, 0))), 87);
    assert.equal(await code(fixture, batch(["a"], { isControl: true })), 87);
    assert.equal(await code(fixture, batch(["a"], { producerId: 1, producerEpoch: 0 })), 87);
    assert.equal(await fetch(fixture, [{}]), "t-0 hw=0");
    const [topic] = fixture.broker.partitions.topics();
    assert.equal(topic!.counters.invalidBatches, 6);
  });
});

Deno.test("Produce keeps to max.message.bytes, header included", async () => {
  const size = batch(["a"]).length;
  await withTopic(async (fixture) => {
    assert.equal(await code(fixture, batch(["a"])), 0);
    assert.equal(await code(fixture, batch(["ab"])), 10);
  }, { "max.message.bytes": String(size) });
});

Deno.test("Produce refuses a batch larger than a segment", async () => {
  await withTopic(async (fixture) => {
    assert.equal(await code(fixture, batch(["x".repeat(1_100_000)])), 18);
  }, { "segment.bytes": "1048576", "max.message.bytes": "2000000" });
});

Deno.test("Produce tells which records have no key in a compacted topic", async () => {
  await withTopic(async (fixture) => {
    const answer = await produce(fixture, "t", batch(["a", "b"]));
    assert.ok(typeof answer !== "string");
    assert.equal(answer.errorCode, 87);
    assert.deepEqual(answer.recordErrors.map(({ batchIndex }) => batchIndex), [0, 1]);
    assert.match(answer.recordErrors[0]!.batchIndexErrorMessage!, /key/i);
    assert.ok(answer.errorMessage !== null);
    assert.equal(await code(fixture, batch(["a"], {}, { key: Uint8Array.of(1) })), 0);
  }, { "cleanup.policy": "compact" });
});

Deno.test("Produce refuses timestamps outside of the window", async () => {
  await withTopic(async (fixture) => {
    const at = (timestamp: number, init = {}) => batch(["a"], init, { timestamp });
    const { nowMs } = fixture.clock;
    assert.equal(await code(fixture, at(nowMs + HOUR_MS)), 0);
    assert.equal(await code(fixture, at(nowMs + HOUR_MS + 1)), 32);
    assert.equal(await code(fixture, at(nowMs + HOUR_MS + 1, { codec: Codec.gzip })), 32);
    assert.equal(await code(fixture, at(0)), 0);
    assert.equal(await code(fixture, at(-1)), 0);
    assert.equal(await code(fixture, batch(["a"], { logAppendTimeMs: 5 })), 32);
  });
});

Deno.test("Produce to a topic of LogAppendTime tells the broker's time", async () => {
  await withTopic(async (fixture) => {
    const init = { producerId: 7, producerEpoch: 0, baseSequence: 0 };
    const first = await produce(fixture, "t", batch(["a"], init));
    await fixture.clock.advance(5000);
    const again = await produce(fixture, "t", batch(["a"], init));
    assert.ok(typeof first !== "string" && typeof again !== "string");
    assert.equal(first.logAppendTimeMs, fixture.clock.nowMs - 5000);
    assert.equal(again.logAppendTimeMs, first.logAppendTimeMs);
  }, { "message.timestamp.type": "LogAppendTime" });
});

Deno.test("Produce lets the admin client alone write internal topics", async () => {
  await BrokerFixture.with(async (fixture) => {
    const topics = [{ name: "__consumer_offsets", topicId: ZERO_UUID }];
    await fixture.call(metadataApi, 12, {
      topics,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    });
    const wish = { topic: "__consumer_offsets" };
    const keyed = batch(["a"], {}, { key: Uint8Array.of(0, 1) });
    assert.equal(await code(fixture, keyed, wish), 17);
    assert.equal(await code(fixture, keyed, { ...wish, clientId: "__admin_client" }), 0);
  });
});

Deno.test("Produce with acks=all misses no replica that does not exist", async () => {
  await withTopic(async (fixture) => {
    assert.equal(await produced(fixture, "t", batch(["a"]), { acks: -1 }), "0");
    assert.equal(await produced(fixture, "t", batch(["a"]), { acks: 1 }), "1");
  }, { "min.insync.replicas": "2" });
});

Deno.test("Produce appends a sequence once", async () => {
  await withTopic(async (fixture) => {
    const send = (baseSequence: number, count = 1, producerEpoch = 0) =>
      produced(
        fixture,
        "t",
        batch(Array(count).fill("a"), { producerId: 9, producerEpoch, baseSequence }),
      );
    assert.equal(await send(0, 2), "0");
    assert.equal(await send(2), "2");
    assert.equal(await send(0, 2), "0");
    assert.equal(await send(2), "2");
    assert.match(await send(4), /^\[45\]/);
    assert.match(await send(1), /^\[45\]/);
    assert.match(await send(1, 1, 1), /^\[45\]/);
    assert.equal(await send(0, 1, 1), "3");
    assert.match(await send(3, 1, 0), /^\[47\]/);
    assert.equal(await fetch(fixture, [{}]), "t-0 hw=4 0..1 2..2 3..3");
  });
});

Deno.test("Produce lets partitions succeed and fail each for itself", async () => {
  await withTopic(async (fixture) => {
    const response = await fixture.call(produceApi, 12, {
      transactionalId: null,
      acks: -1,
      timeoutMs: 0,
      topicData: [
        {
          name: "t",
          topicId: ZERO_UUID,
          partitionData: [
            { index: 0, records: null },
            { index: 1, records: batch(["a"]) },
            { index: 2, records: batch(["a"]) },
          ],
        },
        { name: "gone", topicId: ZERO_UUID, partitionData: [{ index: 0, records: batch(["a"]) }] },
      ],
    });
    const codes = response.responses.map(({ name, partitionResponses }) =>
      `${name}: ${partitionResponses.map(({ index, errorCode }) => `${index}=${errorCode}`)}`
    );
    assert.deepEqual(codes, ["t: 0=87,1=0,2=3", "gone: 0=3"]);
    assert.equal(await fetch(fixture, [{ partition: 1 }]), "t-1 hw=1 0..0");
  });
});

Deno.test("Produce with flush.messages=1 is answered, and readable, after the flush", async () => {
  const clocked = await BrokerFixture.open({ config: { "log.flush.interval.messages": "1" } });
  await clocked.createTopic("t");
  const syncs = () => clocked.disk.calls.get("sync") ?? 0;
  const before = syncs();
  const answer = produced(clocked, "t", batch(["a"]));
  assert.equal(clocked.broker.partitions.find("t", 0)!.log.endOffset, 1);
  assert.equal(clocked.broker.partitions.find("t", 0)!.highWatermark, 0);
  assert.equal(await answer, "0");
  assert.equal(clocked.broker.partitions.find("t", 0)!.highWatermark, 1);
  assert.ok(syncs() > before);
  await clocked.broker.close();
});

Deno.test("Produce does not acknowledge what could not be flushed", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t", 2, { "flush.messages": "1" });
    fixture.disk.plant({ operation: "sync", kind: "ioError", path: "t-0/" });
    const parked = fetch(fixture, [{}], { maxWaitMs: 500 });
    await settle();
    assert.match(await produced(fixture, "t", batch(["a"])), /^\[56\]/);
    assert.equal(await parked, "t-0 [56]");
    assert.match(await produced(fixture, "t", batch(["a"])), /^\[56\]/);
    assert.equal(await produced(fixture, "t", batch(["a"]), { partition: 1 }), "0");
    assert.equal(fixture.broker.partitions.offlineCount, 1);
  });
});

Deno.test("Produce goes on after a full disk has room again", async () => {
  await withTopic(async (fixture) => {
    assert.equal(await produced(fixture, "t", batch(["a"])), "0");
    for (const partialBytes of [0, 40]) {
      fixture.disk.plant({ operation: "write", kind: "noSpace", path: "t-0/", partialBytes });
      assert.match(await produced(fixture, "t", batch(["b"])), /^\[56\]/);
      assert.equal(await fetch(fixture, [{}]), "t-0 hw=1 0..0");
    }
    assert.equal(fixture.broker.partitions.offlineCount, 0);
    assert.equal(await produced(fixture, "t", batch(["c"])), "1");
    assert.equal(await fetch(fixture, [{}]), "t-0 hw=2 0..0 1..1");
  });
});

Deno.test("Produce takes a partition offline whose disk fails, and that one alone", async () => {
  await withTopic(async (fixture) => {
    fixture.disk.plant({ operation: "write", kind: "ioError", path: "t-0/" });
    assert.match(await produced(fixture, "t", batch(["a"])), /^\[56\]/);
    assert.match(await produced(fixture, "t", batch(["a"])), /^\[56\]/);
    assert.equal(await fetch(fixture, [{}]), "t-0 [56]");
    assert.equal(await produced(fixture, "t", batch(["a"]), { partition: 1 }), "0");
    assert.equal(await produced(fixture, "t", batch(["a"]), { acks: 0 }), "close connection");
  });
});

Deno.test("Produce takes a log that failed in a checkpoint offline, full disk or not", async () => {
  await withTopic(async (fixture) => {
    await produced(fixture, "t", batch(["a"]));
    fixture.disk.plant({ operation: "sync", kind: "noSpace", path: "t-0/" });
    await fixture.broker.logs.checkpoint();
    assert.equal(fixture.broker.partitions.offlineCount, 1);
    assert.equal(await fetch(fixture, [{}]), "t-0 [56]");
    assert.match(await produced(fixture, "t", batch(["a"])), /^\[56\]/);
  });
});
