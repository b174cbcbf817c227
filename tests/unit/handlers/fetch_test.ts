import assert from "node:assert/strict";
import { type Uuid, ZERO_UUID } from "../../../src/base/uuid.ts";
import { createPartitionsApi } from "../../../src/protocol/generated/apis/create_partitions.ts";
import { deleteRecordsApi } from "../../../src/protocol/generated/apis/delete_records.ts";
import { fetchApi } from "../../../src/protocol/generated/apis/fetch.ts";
import { settle } from "../server/fake_clock.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";
import { countingBuffers } from "../support/pooled_buffers.ts";
import {
  batch,
  fetch,
  FETCH_BY_NAME,
  fetched,
  fetchRequest,
  produce,
  produced,
} from "../support/requests.ts";

const UNKNOWN_ID = "BBBBBBBBBBBBBBBBBBBBBA" as Uuid;

/** A topic of two partitions; the first has the batches 0..1 and 2..2. */
async function filled(fixture: BrokerFixture): Promise<Uuid> {
  const { topicId } = await fixture.createTopic("t", 2);
  await produced(fixture, "t", batch(["a", "b"]));
  await produced(fixture, "t", batch(["c"]));
  return topicId;
}

/** The state of a promise, looked at when everything that can settle has. */
async function stateOf(promise: Promise<string>): Promise<string> {
  let state = "parked";
  promise.then((value) => state = value, (error) => state = String(error));
  await settle();
  return state;
}

/** From now on the records are in their files alone. */
function dropTails(fixture: BrokerFixture): void {
  for (let round = 0; round < 3; round++) fixture.broker.logs.trimTails();
  assert.equal(fixture.broker.logs.tailBytes, 0);
}

Deno.test("Fetch returns the whole batch that holds the offset and those behind it", async () => {
  await BrokerFixture.with(async (fixture) => {
    await filled(fixture);
    assert.equal(await fetch(fixture, [{ fetchOffset: 0 }]), "t-0 hw=3 0..1 2..2");
    assert.equal(await fetch(fixture, [{ fetchOffset: 1 }]), "t-0 hw=3 0..1 2..2");
    assert.equal(await fetch(fixture, [{ fetchOffset: 2 }]), "t-0 hw=3 2..2");
  });
});

Deno.test("Fetch at the log end is empty, behind it and below the start out of range", async () => {
  await BrokerFixture.with(async (fixture) => {
    await filled(fixture);
    assert.equal(await fetch(fixture, [{ fetchOffset: 3 }]), "t-0 hw=3");
    assert.equal(await fetch(fixture, [{ fetchOffset: 4 }]), "t-0 [1]");
    assert.equal(await fetch(fixture, [{ fetchOffset: -1 }]), "t-0 [1]");
    await fixture.call(deleteRecordsApi, 2, {
      topics: [{ name: "t", partitions: [{ partitionIndex: 0, offset: 2 }] }],
      timeoutMs: 0,
    });
    assert.equal(await fetch(fixture, [{ fetchOffset: 1 }]), "t-0 [1]");
    const response = await fixture.call(
      fetchApi,
      FETCH_BY_NAME,
      fetchRequest([{ fetchOffset: 1 }]),
    );
    const { highWatermark, logStartOffset } = response.responses[0]!.partitions[0]!;
    assert.deepEqual({ highWatermark, logStartOffset }, { highWatermark: -1, logStartOffset: -1 });
  });
});

Deno.test("Fetch names what is unknown by name or by id", async () => {
  await BrokerFixture.with(async (fixture) => {
    const topicId = await filled(fixture);
    assert.equal(await fetch(fixture, [{ topic: "gone" }]), "gone-0 [3]");
    assert.equal(await fetch(fixture, [{ partition: 2 }]), "t-2 [3]");
    assert.equal(await fetch(fixture, [{ topicId: UNKNOWN_ID }], {}, 17), "-0 [100]");
    assert.equal(await fetch(fixture, [{ topicId: ZERO_UUID }], {}, 13), "-0 [100]");
    assert.equal(await fetch(fixture, [{ topicId, fetchOffset: 2 }], {}, 17), "-0 hw=3 2..2");
  });
});

Deno.test("Fetch tells clients of another leader epoch whose is older", async () => {
  const first = await BrokerFixture.open();
  await filled(first);
  const fixture = await first.crash();
  try {
    assert.equal(await fetch(fixture, [{ currentLeaderEpoch: 0 }]), "t-0 [74]");
    assert.equal(
      await fetch(fixture, [{ currentLeaderEpoch: 1, fetchOffset: 2 }]),
      "t-0 hw=3 2..2",
    );
    assert.equal(await fetch(fixture, [{ currentLeaderEpoch: 2 }]), "t-0 [75]");
    const topicId = fixture.broker.quorum.image.topics.byName("t")!.id;
    for (const version of [15, 16]) {
      const request = fetchRequest([{ topicId, currentLeaderEpoch: 0 }]);
      const response = await fixture.call(fetchApi, version, request);
      const { errorCode, currentLeader } = response.responses[0]!.partitions[0]!;
      const told = version < 16
        ? { leaderId: -1, leaderEpoch: -1 }
        : { leaderId: 1, leaderEpoch: 1 };
      assert.equal(errorCode, 74);
      assert.deepEqual({ ...currentLeader }, told);
      assert.equal(response.nodeEndpoints.length, version < 16 ? 0 : 1);
    }
  } finally {
    await fixture.broker.close();
  }
});

Deno.test("Fetch tells where a reader's epoch ended when it is beyond that", async () => {
  const first = await BrokerFixture.open();
  await filled(first);
  const fixture = await first.crash();
  try {
    assert.equal(await produced(fixture, "t", batch(["d"])), "3");
    const ask = (fetchOffset: number, lastFetchedEpoch: number) =>
      fetch(fixture, [{ fetchOffset, lastFetchedEpoch }], { maxWaitMs: 1000 });
    assert.equal(await ask(3, 0), "t-0 hw=4 3..3");
    assert.equal(await ask(4, 0), "t-0 hw=4 diverges epoch=0 end=3");
    assert.equal(await ask(3, 1), "t-0 hw=4 3..3");
  } finally {
    await fixture.broker.close();
  }
});

Deno.test("Fetch takes the leader epoch for known before anything was written in it", async () => {
  const first = await BrokerFixture.open();
  await filled(first);
  const fixture = await first.crash();
  try {
    const known = { fetchOffset: 3, lastFetchedEpoch: 1 };
    const waiting = fetch(fixture, [known], { maxWaitMs: 500 });
    assert.equal(await stateOf(waiting), "parked");
    await fixture.clock.advance(500);
    assert.equal(await waiting, "t-0 hw=3");
    assert.equal(await fetch(fixture, [{ fetchOffset: 3, lastFetchedEpoch: 2 }]), "t-0 [1]");
  } finally {
    await fixture.broker.close();
  }
});

Deno.test("Fetch keeps to its byte limits, but for the first batch of all", async () => {
  await BrokerFixture.with(async (fixture) => {
    await filled(fixture);
    await produced(fixture, "t", batch(["other"]), { partition: 1 });
    const both = [{ partition: 1 }, { partition: 0 }];
    assert.equal(await fetch(fixture, both, { maxBytes: 1 }), "t-1 hw=1 0..0\nt-0 hw=3");
    assert.equal(await fetch(fixture, both, { maxBytes: -1 }), "t-1 hw=1 0..0\nt-0 hw=3");
    const small = [{ partition: 0, partitionMaxBytes: 1 }, { partition: 1, partitionMaxBytes: 1 }];
    assert.equal(await fetch(fixture, small), "t-0 hw=3 0..1\nt-1 hw=1");
    const size = batch(["other"]).length + batch(["a", "b"]).length;
    assert.equal(await fetch(fixture, both, { maxBytes: size }), "t-1 hw=1 0..0\nt-0 hw=3 0..1");
    assert.equal(await fetch(fixture, both, { maxBytes: size - 1 }), "t-1 hw=1 0..0\nt-0 hw=3");
    const empty = [{ partition: 1, fetchOffset: 1 }, { partition: 0 }];
    assert.equal(await fetch(fixture, empty, { maxBytes: 1 }), "t-1 hw=1\nt-0 hw=3 0..1");
  });
});

Deno.test("Fetch of read_committed lists no aborted transactions where there are none", async () => {
  await BrokerFixture.with(async (fixture) => {
    await filled(fixture);
    const aborted = async (isolationLevel: number) => {
      const request = fetchRequest([{}], { isolationLevel });
      const response = await fixture.call(fetchApi, FETCH_BY_NAME, request);
      return response.responses[0]!.partitions[0]!.abortedTransactions;
    };
    assert.equal(await aborted(0), null);
    assert.deepEqual(await aborted(1), []);
  });
});

Deno.test("Fetch waits for its minimum of bytes and answers when they are there", async () => {
  await BrokerFixture.with(async (fixture) => {
    await filled(fixture);
    const size = batch(["d"]).length;
    const wish = { maxWaitMs: 500, minBytes: size + 1 };
    const waiting = fetch(fixture, [{ fetchOffset: 3 }], wish);
    assert.equal(await stateOf(waiting), "parked");
    await produced(fixture, "t", batch(["d"]));
    assert.equal(await stateOf(waiting), "parked");
    await produced(fixture, "t", batch(["e"]));
    assert.equal(await stateOf(waiting), "t-0 hw=5 3..3 4..4");
    assert.equal(fixture.broker.fetchWaiters.count, 0);
  });
});

Deno.test("Fetch counts the bytes of all its partitions towards the minimum", async () => {
  await BrokerFixture.with(async (fixture) => {
    await filled(fixture);
    const minBytes = 2 * batch(["d"]).length;
    const both = [{ fetchOffset: 3 }, { partition: 1 }];
    const waiting = fetch(fixture, both, { maxWaitMs: 500, minBytes });
    await produced(fixture, "t", batch(["d"]));
    assert.equal(await stateOf(waiting), "parked");
    await produced(fixture, "t", batch(["e"]), { partition: 1 });
    assert.equal(await stateOf(waiting), "t-0 hw=4 3..3\nt-1 hw=1 0..0");
  });
});

Deno.test("Fetch answers with what there is when its time is up", async () => {
  await BrokerFixture.with(async (fixture) => {
    await filled(fixture);
    const wish = { maxWaitMs: 500, minBytes: 100_000 };
    const waiting = fetch(fixture, [{ fetchOffset: 2 }], wish);
    await fixture.clock.advance(499);
    assert.equal(await stateOf(waiting), "parked");
    await fixture.clock.advance(1);
    assert.equal(await stateOf(waiting), "t-0 hw=3 2..2");
  });
});

Deno.test("Fetch waits for nothing when it is told so, or finds an error", async () => {
  await BrokerFixture.with(async (fixture) => {
    await filled(fixture);
    const at = { fetchOffset: 3 };
    assert.equal(await stateOf(fetch(fixture, [at], { maxWaitMs: 0, minBytes: 9 })), "t-0 hw=3");
    assert.equal(await stateOf(fetch(fixture, [at], { maxWaitMs: 9, minBytes: 0 })), "t-0 hw=3");
    assert.equal(await stateOf(fetch(fixture, [], { maxWaitMs: 9 })), "");
    const mixed = [at, { topic: "gone" }];
    assert.equal(
      await stateOf(fetch(fixture, mixed, { maxWaitMs: 9 })),
      "t-0 hw=3\ngone-0 [3]",
    );
  });
});

Deno.test("Fetch wakes when its topic is deleted", async () => {
  await BrokerFixture.with(async (fixture) => {
    const topicId = await filled(fixture);
    const byName = fetch(fixture, [{ fetchOffset: 3 }], { maxWaitMs: 500 });
    const byId = fetch(fixture, [{ topicId, fetchOffset: 3 }], { maxWaitMs: 500 }, 17);
    assert.equal(await stateOf(byName), "parked");
    await fixture.deleteTopic("t");
    assert.equal(await stateOf(byName), "t-0 [3]");
    assert.equal(await stateOf(byId), "-0 [100]");
  });
});

Deno.test("Fetch by an old id gets nothing of a topic that was made anew", async () => {
  await BrokerFixture.with(async (fixture) => {
    const old = await filled(fixture);
    await fixture.deleteTopic("t");
    const { topicId } = await fixture.createTopic("t", 1);
    assert.notEqual(topicId, old);
    assert.equal(await fetch(fixture, [{ topicId: old }], {}, 17), "-0 [100]");
    assert.equal(await fetch(fixture, [{ topicId }], {}, 17), "-0 hw=0");
  });
});

Deno.test("Fetch is answered when the broker stops", async () => {
  const fixture = await BrokerFixture.open();
  await filled(fixture);
  const waiting = fetch(fixture, [{ fetchOffset: 3 }], { maxWaitMs: 500 });
  assert.equal(await stateOf(waiting), "parked");
  fixture.broker.beginStop();
  assert.equal(await stateOf(waiting), "t-0 hw=3");
  await fixture.broker.close();
});

Deno.test("Fetch misses no append that happens while another partition is read", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t", 2);
    // The second partition can be read from its file alone, which takes a turn of the event loop.
    const large = batch(["x".repeat(100_000)]);
    await produced(fixture, "t", large, { partition: 1 });
    await produced(fixture, "t", large, { partition: 1 });
    dropTails(fixture);
    const minBytes = 2 * large.length + batch(["a"]).length;
    const wish = { maxWaitMs: 500, minBytes, maxBytes: 1 << 20 };
    const waiting = fetch(fixture, [{ partition: 0 }, { partition: 1 }], wish);
    const appending = produce(fixture, "t", batch(["a"]));
    assert.equal(await stateOf(waiting), "t-0 hw=1 0..0\nt-1 hw=2 0..0 1..1");
    await appending;
  });
});

Deno.test("Fetch gives back what it holds on every path", async () => {
  await countingBuffers(async (heldBuffers) => {
    await BrokerFixture.with(async (fixture) => {
      await filled(fixture);
      await produced(fixture, "t", batch(["x".repeat(70_000)]), { partition: 1 });
      fixture.holdLeases = true;
      assert.equal(
        await fetch(fixture, [{}, { partition: 1 }]),
        "t-0 hw=3 0..1 2..2\nt-1 hw=1 0..0",
      );
      const parked = fetch(fixture, [{}], { maxWaitMs: 500, minBytes: 10_000 });
      assert.equal(await stateOf(parked), "parked");
      await fixture.clock.advance(500);
      assert.equal(await parked, "t-0 hw=3 0..1 2..2");
      dropTails(fixture);
      assert.ok(heldBuffers() > 0);
      const fromFile = [{ fetchOffset: 9 }, {}, { partition: 1 }, { topic: "gone" }];
      assert.equal(
        await fetch(fixture, fromFile, { maxWaitMs: 500 }),
        "t-0 [1]\nt-0 hw=3 0..1 2..2\nt-1 hw=1 0..0\ngone-0 [3]",
      );
      assert.equal(fixture.leases, 3);
      fixture.releaseLeases();
      assert.equal(heldBuffers(), 0);
    });
  });
});

for (const fault of ["DiskError", "CorruptLogError"] as const) {
  Deno.test(`Fetch answers a ${fault} for the partition alone and goes on`, async () => {
    await countingBuffers(async (heldBuffers) => {
      await BrokerFixture.with(async (fixture) => {
        await filled(fixture);
        await produced(fixture, "t", batch(["fine"]), { partition: 1 });
        dropTails(fixture);
        if (fault === "DiskError") {
          fixture.disk.plant({ operation: "read", kind: "ioError", path: "t-0/" });
        } else fixture.disk.content(`t-0/${"0".repeat(20)}.log`, (bytes) => bytes.fill(0xff));
        const both = [{ partition: 1 }, { partition: 0 }];
        assert.equal(await fetch(fixture, both), "t-1 hw=1 0..0\nt-0 [56]");
        assert.equal(await fetch(fixture, both, { maxWaitMs: 500 }, 5), "t-1 hw=1 0..0\nt-0 [6]");
        assert.equal(fixture.broker.partitions.offlineCount, 1);
        assert.match(await produced(fixture, "t", batch(["a"])), /^\[56\]/);
        assert.equal(await produced(fixture, "t", batch(["a"]), { partition: 1 }), "1");
        dropTails(fixture);
        assert.equal(heldBuffers(), 0);
      });
    });
  });
}

Deno.test("Fetch of a large batch that can't be read off the loop gives back the others", async () => {
  await countingBuffers(async (heldBuffers) => {
    await BrokerFixture.with(async (fixture) => {
      await filled(fixture);
      const large = batch(["x".repeat(100_000)]);
      await produced(fixture, "t", large, { partition: 1 });
      dropTails(fixture);
      fixture.disk.plant({ operation: "read", kind: "ioError", path: "t-1/" });
      assert.equal(
        await fetch(fixture, [{ partition: 0 }, { partition: 1 }]),
        "t-0 hw=3 0..1 2..2\nt-1 [56]",
      );
      assert.equal(heldBuffers(), 0);
    });
  });
});

Deno.test("Fetch sessions tell what is new, forget and end", async () => {
  await BrokerFixture.with(async (fixture) => {
    await filled(fixture);
    const ask = async (
      sessionId: number,
      sessionEpoch: number,
      wanted: Parameters<typeof fetchRequest>[0] = [],
      forgotten: number[] = [],
      version = FETCH_BY_NAME,
    ) => {
      const forgottenTopicsData = forgotten.length === 0
        ? []
        : [{ topic: "t", topicId: ZERO_UUID, partitions: forgotten }];
      const request = fetchRequest(wanted, { sessionId, sessionEpoch, forgottenTopicsData });
      return await fixture.call(fetchApi, version, request);
    };
    const first = await ask(0, 0, [{ fetchOffset: 2 }, { partition: 1 }]);
    const id = first.sessionId;
    assert.ok(id > 0);
    assert.equal(fetched(first), "t-0 hw=3 2..2\nt-1 hw=0");
    assert.equal(fetched(await ask(id, 1, [{ fetchOffset: 3 }])), "");
    await produced(fixture, "t", batch(["d"]), { partition: 1 });
    assert.equal(fetched(await ask(id, 2)), "t-1 hw=1 0..0");
    assert.equal(fetched(await ask(id, 2)), "[71] session=0");
    assert.equal(fetched(await ask(id, 3, [{ partition: 1, fetchOffset: 1 }])), "");
    assert.equal(fetched(await ask(id + 1, 3)), "[70] session=0");
    assert.equal(fetched(await ask(id, 4, [], [], 13)), "[106] session=0");
    await produced(fixture, "t", batch(["e"]), { partition: 1 });
    assert.equal(fetched(await ask(id, 4, [], [1])), "");
    const last = await ask(id, 5, [], [0]);
    assert.equal(last.sessionId, 0);
    assert.equal(fetched(await ask(id, 6)), "[70] session=0");
    assert.equal(fixture.broker.fetchSessions.partitionCount, 0);
  });
});

Deno.test("Fetch sessions learn of partitions and topics that come after them", async () => {
  await BrokerFixture.with(async (fixture) => {
    await filled(fixture);
    const wanted = [{ fetchOffset: 3 }, { partition: 2 }];
    const open = fetchRequest(wanted, { sessionEpoch: 0 });
    const first = await fixture.call(fetchApi, FETCH_BY_NAME, open);
    assert.equal(fetched(first), "t-0 hw=3\nt-2 [3]");
    const topics = [{ name: "t", count: 3, assignments: null }];
    await fixture.call(createPartitionsApi, 3, { topics, timeoutMs: 0, validateOnly: false });
    const { sessionId } = first;
    const next = fetchRequest([], { sessionId, sessionEpoch: 1 });
    assert.equal(fetched(await fixture.call(fetchApi, FETCH_BY_NAME, next)), "t-2 hw=0");
  });
});

Deno.test("Fetch counts a request once, and the bytes that left", async () => {
  await BrokerFixture.with(async (fixture) => {
    await filled(fixture);
    const waiting = fetch(fixture, [{ fetchOffset: 2 }], { maxWaitMs: 500, minBytes: 10_000 });
    await fixture.clock.advance(500);
    await waiting;
    await fetch(fixture, [{ fetchOffset: 9 }]);
    const [topic] = fixture.broker.partitions.topics();
    const { fetchRequests, failedFetchRequests, bytesOut } = topic!.counters;
    const counted = { fetchRequests, failedFetchRequests, bytesOut };
    const bytes = batch(["c"]).length;
    assert.deepEqual(counted, { fetchRequests: 2, failedFetchRequests: 1, bytesOut: bytes });
  });
});
