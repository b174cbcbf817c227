import assert from "node:assert/strict";
import { ErrorCode } from "../../../src/protocol/error_codes.ts";
import { describeProducersApi } from "../../../src/protocol/generated/apis/describe_producers.ts";
import { describeTransactionsApi } from "../../../src/protocol/generated/apis/describe_transactions.ts";
import { listTransactionsApi } from "../../../src/protocol/generated/apis/list_transactions.ts";
import { writeTxnMarkersApi } from "../../../src/protocol/generated/apis/write_txn_markers.ts";
import type { ListTransactionsRequestInit } from "../../../src/protocol/generated/list_transactions_request.ts";
import { settle } from "../server/fake_clock.ts";
import { BrokerFixture } from "../support/broker_fixture.ts";
import { TransactionalClient } from "../support/transactional_client.ts";

/** Three ids: one with an open transaction, one that has committed one, one that has done nothing. */
async function withIds(
  test: (fixture: BrokerFixture, open: TransactionalClient) => Promise<void>,
): Promise<void> {
  await BrokerFixture.with(async (fixture) => {
    await fixture.createTopic("t", 3);
    assert.equal(await TransactionalClient.findCoordinator(fixture, "open"), 0);
    await settle();
    const [open, over, idle] = ["open", "over", "idle"].map((id) =>
      new TransactionalClient(fixture, id)
    );
    for (const client of [open!, over!, idle!]) assert.equal(await client.init(), 0);
    assert.equal(await open!.write("t", "x"), 0);
    assert.equal(await open!.write("t", "x", { partition: 2 }), 0);
    assert.equal(await over!.write("t", "x", { partition: 1 }), 0);
    assert.equal(await over!.end(true), 0);
    await test(fixture, open!);
  });
}

Deno.test("ListTransactions filters by state, producer, duration and pattern", async () => {
  await withIds(async (fixture, open) => {
    const list = async (filter: Partial<ListTransactionsRequestInit>) => {
      const request = { stateFilters: [], producerIdFilters: [], ...filter };
      const answer = await fixture.call(listTransactionsApi, 2, request);
      if (answer.errorCode !== 0) return `[${answer.errorCode}]`;
      const found = answer.transactionStates.map((each) =>
        `${each.transactionalId}:${each.transactionState}`
      );
      return [...found.sort(), ...answer.unknownStateFilters.map((name) => `?${name}`)].join(" ");
    };
    assert.equal(await list({}), "idle:Empty open:Ongoing over:CompleteCommit");
    assert.equal(await list({ stateFilters: ["Ongoing", "Nonsense"] }), "open:Ongoing ?Nonsense");
    assert.equal(await list({ stateFilters: ["Nonsense"] }), "?Nonsense");
    assert.equal(await list({ producerIdFilters: [open.producerId, 999] }), "open:Ongoing");
    assert.equal(await list({ transactionalIdPattern: "o.*" }), "open:Ongoing over:CompleteCommit");
    assert.equal(await list({ transactionalIdPattern: "ope" }), "");
    assert.equal(await list({ transactionalIdPattern: "(" }), "[128]");
    assert.equal(await list({ transactionalIdPattern: "a".repeat(1001) }), "[128]");
    await fixture.clock.advance(2000);
    assert.equal(await list({ durationFilter: 3000, stateFilters: ["Ongoing"] }), "");
    assert.equal(await list({ durationFilter: 1000, stateFilters: ["Ongoing"] }), "open:Ongoing");
  });
});

Deno.test("DescribeTransactions tells state and partitions", async () => {
  await withIds(async (fixture, open) => {
    const { transactionStates } = await fixture.call(describeTransactionsApi, 0, {
      transactionalIds: ["open", "over", "nobody", ""],
    });
    const { producerId, producerEpoch } = open;
    assert.deepEqual(transactionStates[0], {
      errorCode: 0,
      transactionalId: "open",
      transactionState: "Ongoing",
      transactionTimeoutMs: 60_000,
      transactionStartTimeMs: 1000,
      producerId,
      producerEpoch,
      topics: [{ topic: "t", partitions: [0, 2] }],
    });
    const rest = transactionStates.slice(1).map((each) =>
      `${each.transactionalId} [${each.errorCode}] ${each.transactionState}`
    );
    assert.deepEqual(rest, ["over [0] CompleteCommit", "nobody [105] ", " [42] "]);
  });
});

Deno.test("DescribeProducers tells what each producer has done in a partition", async () => {
  await withIds(async (fixture, open) => {
    const { topics } = await fixture.call(describeProducersApi, 0, {
      topics: [
        { name: "t", partitionIndexes: [0, 1, 9] },
        { name: "none", partitionIndexes: [0] },
        { name: "il/legal", partitionIndexes: [0] },
      ],
    });
    const codes = topics.map(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
    assert.deepEqual(codes, [[0, 0, 3], [3], [17]]);
    assert.deepEqual(topics[0]!.partitions[0]!.activeProducers, [{
      producerId: open.producerId,
      producerEpoch: open.producerEpoch,
      lastSequence: 0,
      lastTimestamp: 1000,
      coordinatorEpoch: -1,
      currentTxnStartOffset: 0,
    }]);
    const [over] = topics[0]!.partitions[1]!.activeProducers;
    assert.deepEqual([over!.currentTxnStartOffset, over!.coordinatorEpoch], [-1, 0]);
  });
});

Deno.test("WriteTxnMarkers ends a transaction that hangs, and keeps to the epochs", async () => {
  await withIds(async (fixture, open) => {
    const write = async (
      partition: number,
      marker: { epoch?: number; coordinatorEpoch?: number; transactionVersion?: number } = {},
    ) => {
      const { epoch = open.producerEpoch, coordinatorEpoch = 3, transactionVersion = 0 } = marker;
      const { markers } = await fixture.call(writeTxnMarkersApi, 2, {
        markers: [{
          producerId: open.producerId,
          producerEpoch: epoch,
          transactionResult: false,
          topics: [{ name: "t", partitionIndexes: [partition] }],
          coordinatorEpoch,
          transactionVersion,
        }],
      });
      return markers[0]!.topics[0]!.partitions[0]!.errorCode;
    };
    const stable = (partition: number) =>
      fixture.broker.partitions.find("t", partition)!.lastStableOffset;
    assert.equal(await write(9), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);
    assert.equal(await write(0, { epoch: -1 }), ErrorCode.INVALID_PRODUCER_EPOCH);
    assert.equal(await write(0, { transactionVersion: 2 }), ErrorCode.INVALID_PRODUCER_EPOCH);
    assert.equal(stable(0), 0);
    assert.equal(await write(0), 0);
    assert.equal(stable(0), 2);
    assert.equal(
      await write(0, { coordinatorEpoch: 2 }),
      ErrorCode.TRANSACTION_COORDINATOR_FENCED,
    );
    // A marker of the second generation that comes twice is in the log once.
    const bumped = { epoch: open.producerEpoch + 1, transactionVersion: 2 };
    assert.equal(await write(2, bumped), 0);
    assert.equal(await write(2, bumped), 0);
    assert.equal(fixture.broker.partitions.find("t", 2)!.log.endOffset, 2);
  });
});
