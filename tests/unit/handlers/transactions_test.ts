import assert from "node:assert/strict";
import { ZERO_UUID } from "../../../src/base/uuid.ts";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { addPartitionsToTxnApi } from "../../../src/protocol/generated/apis/add_partitions_to_txn.ts";
import { endTxnApi } from "../../../src/protocol/generated/apis/end_txn.ts";
import { fetchApi } from "../../../src/protocol/generated/apis/fetch.ts";
import { initProducerIdApi } from "../../../src/protocol/generated/apis/init_producer_id.ts";
import { offsetFetchApi } from "../../../src/protocol/generated/apis/offset_fetch.ts";
import { produceApi } from "../../../src/protocol/generated/apis/produce.ts";
import { settle } from "../server/fake_clock.ts";
import { BrokerFixture, type FixtureOptions } from "../support/broker_fixture.ts";
import { batch, FETCH_BY_NAME, fetchRequest } from "../support/requests.ts";
import { TransactionalClient } from "../support/transactional_client.ts";

const GENERATIONS = [1, 2] as const;

async function withClient(
  generation: 1 | 2,
  test: (client: TransactionalClient, fixture: BrokerFixture) => Promise<void>,
  options: FixtureOptions = {},
): Promise<void> {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t", 3);
    assert.equal(await TransactionalClient.findCoordinator(fixture, "id"), 0);
    await settle();
    const client = new TransactionalClient(fixture, "id", generation);
    assert.equal(await client.init(), 0);
    await test(client, fixture);
  }, options);
}

/** High watermark, last stable offset and aborted transactions as read_committed sees them. */
async function committedView(fixture: BrokerFixture, partition = 0): Promise<string> {
  const request = fetchRequest([{ partition }], { isolationLevel: 1 });
  const { responses } = await fixture.call(fetchApi, FETCH_BY_NAME, request);
  const found = responses[0]!.partitions[0]!;
  const aborted = found.abortedTransactions!.map(({ firstOffset }) => firstOffset);
  const bytes = found.records?.length ?? 0;
  return `hw=${found.highWatermark} lso=${found.lastStableOffset} aborted=${aborted} ` +
    (bytes > 0 ? "records" : "nothing");
}

async function begin(client: TransactionalClient, partition = 0): Promise<void> {
  if (client.generation === 1) assert.deepEqual(await client.add("t", [partition]), [0]);
}

for (const generation of GENERATIONS) {
  Deno.test(`EndTxn moves the last stable offset, generation ${generation}`, async () => {
    await withClient(generation, async (client, fixture) => {
      await begin(client);
      assert.equal(await client.write("t", "a"), 0);
      assert.equal(await client.write("t", "b"), 0);
      assert.equal(await committedView(fixture), "hw=2 lso=0 aborted= nothing");
      assert.equal(await client.end(true), 0);
      assert.equal(await committedView(fixture), "hw=3 lso=3 aborted= records");
      await begin(client);
      assert.equal(await client.write("t", "c"), 0);
      assert.equal(await client.end(false), 0);
      assert.equal(await committedView(fixture), "hw=5 lso=5 aborted=3 records");
    });
  });

  Deno.test(`a parked read_committed fetch wakes at the end, generation ${generation}`, async () => {
    await withClient(generation, async (client, fixture) => {
      await begin(client);
      assert.equal(await client.write("t", "a".repeat(500)), 0);
      // The marker itself is smaller than what is waited for.
      const request = fetchRequest([{}], { isolationLevel: 1, maxWaitMs: 10_000, minBytes: 300 });
      const parked = fixture.call(fetchApi, FETCH_BY_NAME, request);
      await settle();
      assert.equal(await client.end(true), 0);
      const { responses } = await parked;
      assert.equal(responses[0]!.partitions[0]!.lastStableOffset, 2);
      assert.equal(fixture.clock.nowMs, 1000, "without waiting for its time");
    });
  });

  Deno.test(`offsets count once their transaction is committed, generation ${generation}`, async () => {
    await withClient(generation, async (client, fixture) => {
      assert.equal(await TransactionalClient.findCoordinator(fixture, "g", 0), 0);
      await settle();
      const committed = async (requireStable: boolean) => {
        const { groups } = await fixture.call(offsetFetchApi, 9, {
          groupId: "",
          topics: [],
          groups: [{
            groupId: "g",
            memberId: null,
            memberEpoch: -1,
            topics: [{ name: "t", topicId: ZERO_UUID, partitionIndexes: [0] }],
          }],
          requireStable,
        });
        const { errorCode, committedOffset } = groups[0]!.topics[0]!.partitions[0]!;
        return errorCode === 0 ? committedOffset : `[${errorCode}]`;
      };
      const commit = async (offset: number) => {
        if (generation === 1) assert.equal(await client.addOffsets("g"), 0);
        assert.equal(await client.commitOffset("g", "t", offset), 0);
      };
      await commit(5);
      assert.equal(await committed(false), -1);
      assert.equal(await committed(true), `[${ErrorCode.UNSTABLE_OFFSET_COMMIT}]`);
      assert.equal(await client.end(true), 0);
      assert.equal(await committed(true), 5);
      await commit(7);
      assert.equal(await client.end(false), 0);
      assert.equal(await committed(true), 5);
      assert.equal(
        await client.commitOffset("g", "t", 9),
        generation === 1 ? ErrorCode.TRANSACTION_ABORTABLE : 0,
      );
    });
  });

  Deno.test(`InitProducerId fences what was before, generation ${generation}`, async () => {
    await withClient(generation, async (first, fixture) => {
      await begin(first);
      assert.equal(await first.write("t", "lost"), 0);
      const second = new TransactionalClient(fixture, "id", generation);
      assert.equal(await second.init(), ErrorCode.CONCURRENT_TRANSACTIONS);
      assert.equal(await second.init(), 0);
      assert.equal(await committedView(fixture), "hw=2 lso=2 aborted=0 records");
      assert.equal(await first.write("t", "late"), ErrorCode.INVALID_PRODUCER_EPOCH);
      assert.equal(
        await first.write("t", "late", { partition: 1 }),
        ErrorCode.INVALID_PRODUCER_EPOCH,
      );
      assert.equal(await first.end(true), ErrorCode.PRODUCER_FENCED);
      assert.equal(await first.init(), 0, "it may come back as a new producer");
      assert.equal(await second.end(false), ErrorCode.PRODUCER_FENCED);
    });
  });

  Deno.test(`a transaction out of time is aborted, generation ${generation}`, async () => {
    await withClient(generation, async (client, fixture) => {
      assert.equal(await client.init(5000), 0);
      await begin(client);
      assert.equal(await client.write("t", "lost"), 0);
      await fixture.clock.advance(4000);
      assert.equal(await committedView(fixture), "hw=1 lso=0 aborted= nothing");
      await fixture.clock.advance(11_000);
      assert.equal(await committedView(fixture), "hw=2 lso=2 aborted=0 records");
      assert.equal(await client.write("t", "late"), ErrorCode.INVALID_PRODUCER_EPOCH);
      assert.equal(await client.end(true), ErrorCode.PRODUCER_FENCED);
    });
  });

  Deno.test(`an open transaction outlives a crash, generation ${generation}`, async () => {
    const before = await BrokerFixture.open();
    await before.createTopic("t", 3);
    assert.equal(await TransactionalClient.findCoordinator(before, "id"), 0);
    await settle();
    const client = new TransactionalClient(before, "id", generation);
    assert.equal(await client.init(), 0);
    await begin(client);
    assert.equal(await client.write("t", "kept"), 0);
    const after = await before.crash();
    await settle();
    await after.clock.advance(0);
    const again = new TransactionalClient(after, "id", generation);
    again.producerId = client.producerId;
    again.producerEpoch = client.producerEpoch;
    assert.equal(await again.write("t", "more", { sequence: 1 }), 0);
    assert.equal(await again.end(true), 0);
    assert.equal(await committedView(after), "hw=3 lso=3 aborted= records");
    await after.broker.close();
  });
}

Deno.test("Produce verifies the first batch of a transaction up to version 11", async () => {
  await withClient(1, async (client) => {
    assert.equal(await client.write("t", "x"), ErrorCode.TRANSACTION_ABORTABLE);
    assert.equal(await client.write("t", "x", { version: 10 }), ErrorCode.INVALID_TXN_STATE);
    assert.deepEqual(await client.add("t"), [0]);
    assert.equal(await client.write("t", "x"), 0);
    assert.equal(
      await client.write("t", "x", { partition: 1 }),
      ErrorCode.TRANSACTION_ABORTABLE,
    );
  });
});

Deno.test("Produce takes what is not verified when verification is off", async () => {
  const config = { "transaction.partition.verification.enable": "false" };
  await withClient(1, async (client) => {
    assert.equal(await client.write("t", "x"), 0);
  }, { config });
});

Deno.test("Produce refuses transactional batches that can't be right", async () => {
  await withClient(2, async (client, fixture) => {
    const code = ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    assert.equal(await client.write("t", "x", { transactionalId: null }), code);
    assert.equal(
      await client.write("t", "x", { transactionalId: "nobody" }),
      ErrorCode.INVALID_PRODUCER_ID_MAPPING,
    );
    assert.equal(
      await client.write("t", "x", { sequence: 5 }),
      ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
    );
    assert.equal(await client.write("t", "x"), 0);
    const outside = { isTransactional: false, sequence: 1, transactionalId: null };
    assert.equal(await client.write("t", "x", outside), ErrorCode.INVALID_TXN_STATE);
    const ofTwo = [client.producerId, client.producerId + 1].map((producerId, index) => ({
      index,
      records: batch(["x"], {
        producerId,
        producerEpoch: 0,
        baseSequence: 0,
        isTransactional: true,
      }),
    }));
    const { responses } = await fixture.call(produceApi, 12, {
      transactionalId: "id",
      acks: -1,
      timeoutMs: 1000,
      topicData: [{ name: "t", topicId: ZERO_UUID, partitionData: ofTwo }],
    });
    for (const { errorCode } of responses[0]!.partitionResponses) {
      assert.equal(errorCode, ErrorCode.INVALID_PRODUCER_ID_MAPPING);
    }
  });
});

Deno.test("Produce of the second generation refuses records of the transaction before", async () => {
  await withClient(2, async (client) => {
    const epoch = client.producerEpoch;
    assert.equal(await client.write("t", "x"), 0);
    assert.equal(await client.end(true), 0);
    assert.equal(client.producerEpoch, epoch + 1);
    const late = { producerEpoch: epoch, sequence: 1 };
    assert.equal(await client.write("t", "x", late), ErrorCode.INVALID_PRODUCER_EPOCH);
    assert.equal(await client.write("t", "x"), 0);
  });
});

Deno.test("AddPartitionsToTxn takes all partitions or none", async () => {
  await withClient(1, async (client) => {
    assert.deepEqual(await client.add("t", [0, 7]), [
      ErrorCode.OPERATION_NOT_ATTEMPTED,
      ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
    assert.equal(await client.end(true), ErrorCode.INVALID_TXN_STATE);
  });
});

Deno.test("AddPartitionsToTxn tells brokers what is in a transaction", async () => {
  await withClient(1, async (client, fixture) => {
    assert.deepEqual(await client.add("t", [1]), [0]);
    const { producerId, producerEpoch } = client;
    const transaction = (transactionalId: string, verifyOnly: boolean) => ({
      transactionalId,
      producerId,
      producerEpoch,
      verifyOnly,
      topics: [{ name: "t", partitions: [1, 2] }],
    });
    const ask = async (version: number) => {
      const { resultsByTransaction } = await fixture.call(addPartitionsToTxnApi, version, {
        transactions: [transaction("id", true), transaction("other", true)],
        v3AndBelowTransactionalId: "",
        v3AndBelowProducerId: 0,
        v3AndBelowProducerEpoch: 0,
        v3AndBelowTopics: [],
      });
      return resultsByTransaction.map(({ topicResults }) =>
        topicResults[0]!.resultsByPartition.map((result) => result.partitionErrorCode)
      );
    };
    const unknown = ErrorCode.INVALID_PRODUCER_ID_MAPPING;
    const inTwo = [[0, ErrorCode.TRANSACTION_ABORTABLE], [unknown, unknown]];
    assert.deepEqual(await ask(5), inTwo);
    assert.deepEqual(await ask(4), [[0, ErrorCode.INVALID_TXN_STATE], [unknown, unknown]]);
  });
});

Deno.test("old versions are told INVALID_PRODUCER_EPOCH where new ones are told PRODUCER_FENCED", async () => {
  await withClient(1, async (client, fixture) => {
    const { transactionalId, producerId } = client;
    for (const [version, code] of [[1, 47], [2, 90]] as const) {
      const request = { transactionalId, producerId, producerEpoch: 7, committed: true };
      assert.equal((await fixture.call(endTxnApi, version, request)).errorCode, code);
    }
    for (const [version, code] of [[3, 47], [4, 90]] as const) {
      const answer = await fixture.call(initProducerIdApi, version, {
        transactionalId,
        transactionTimeoutMs: 1000,
        producerId,
        producerEpoch: 7,
      });
      assert.equal(answer.errorCode, code);
    }
  });
});

Deno.test("InitProducerId refuses what makes no sense", async () => {
  await withClient(2, async (_client, fixture) => {
    const cases = [
      ["", 1000, -1, -1, ErrorCode.INVALID_REQUEST],
      ["x", 1000, 5, -1, ErrorCode.INVALID_REQUEST],
      ["x", 1000, -1, 5, ErrorCode.INVALID_REQUEST],
      ["x", 0, -1, -1, ErrorCode.INVALID_TRANSACTION_TIMEOUT],
      ["x", 900_001, -1, -1, ErrorCode.INVALID_TRANSACTION_TIMEOUT],
    ] as const;
    for (const [transactionalId, timeoutMs, producerId, producerEpoch, code] of cases) {
      const answer = await fixture.call(initProducerIdApi, 5, {
        transactionalId,
        transactionTimeoutMs: timeoutMs,
        producerId,
        producerEpoch,
      });
      assert.equal(answer.errorCode, code);
      assert.deepEqual([answer.producerId, answer.producerEpoch], [-1, -1]);
    }
  });
});

Deno.test("a coordinator that is not there is told of", async () => {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t");
    const client = new TransactionalClient(fixture, "id");
    assert.equal(await client.init(), ErrorCode.COORDINATOR_NOT_AVAILABLE);
    assert.equal(await client.end(true), ErrorCode.COORDINATOR_NOT_AVAILABLE);
    client.producerId = 5;
    client.producerEpoch = 0;
    assert.equal(await client.write("t", "x"), ErrorCode.NOT_ENOUGH_REPLICAS);
  });
});

/** Markers don't arrive until the result is called. */
function holdMarkers(fixture: BrokerFixture): () => void {
  const { markers } = fixture.broker;
  const { write } = markers;
  markers.write = () => ErrorCode.COORDINATOR_LOAD_IN_PROGRESS;
  return () => markers.write = write;
}

Deno.test("Produce waits a little for the markers of the transaction before", async () => {
  await withClient(2, async (client, fixture) => {
    assert.equal(await client.write("t", "a"), 0);
    const letMarkersPass = holdMarkers(fixture);
    assert.equal(await client.end(true), 0);
    assert.equal(await committedView(fixture), "hw=1 lso=0 aborted= nothing");
    const early = client.write("t", "b");
    await settle();
    letMarkersPass();
    await fixture.clock.advance(60);
    assert.equal(await early, 0);
    assert.equal(await committedView(fixture), "hw=3 lso=2 aborted= records");
    holdMarkers(fixture);
    assert.equal(await client.end(true), 0);
    const tooEarly = client.write("t", "c");
    await fixture.clock.advance(150);
    assert.equal(await tooEarly, ErrorCode.CONCURRENT_TRANSACTIONS);
  });
});

for (const generation of GENERATIONS) {
  Deno.test(`a decision without markers is carried out on load, generation ${generation}`, async () => {
    const before = await BrokerFixture.open();
    await before.createTopic("t", 3);
    assert.equal(await TransactionalClient.findCoordinator(before, "id"), 0);
    await settle();
    const client = new TransactionalClient(before, "id", generation);
    assert.equal(await client.init(), 0);
    await begin(client);
    assert.equal(await client.write("t", "kept"), 0);
    holdMarkers(before);
    assert.equal(await client.end(true), 0);
    const after = await before.crash();
    await settle();
    await after.clock.advance(100);
    assert.equal(await committedView(after), "hw=2 lso=2 aborted= records");
    const next = new TransactionalClient(after, "id", generation);
    assert.equal(await next.init(), 0);
    await after.broker.close();
  });
}
