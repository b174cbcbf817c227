/** `jocko txn` against transactions that are open. */
import assert from "node:assert/strict";
import { fenceProducer } from "../../src/client/admin/transactions.ts";
import { ClusterClient, CoordinatorKind } from "../../src/client/cluster_client.ts";
import { expectNoError } from "../../src/client/errors.ts";
import { DenoClock } from "../../src/host/deno_clock.ts";
import { DenoNetwork } from "../../src/host/deno_network.ts";
import { addPartitionsToTxnApi } from "../../src/protocol/generated/apis/add_partitions_to_txn.ts";
import { produceApi } from "../../src/protocol/generated/apis/produce.ts";
import { buildBatch } from "../../src/protocol/records/batch_builder.ts";
import { withBroker } from "./cli_broker.ts";
import { runJocko, type SessionPlace } from "./cli_session.ts";

const TRANSACTIONAL_ID = "payments-1";

function clientAt(place: SessionPlace): ClusterClient {
  const [host, port] = place.environment["JOCKO_BROKERS"]!.split(":");
  return new ClusterClient({ network: new DenoNetwork(), clock: new DenoClock() }, {
    bootstrap: [{ host: host!, port: Number(port) }],
    clientId: "tester",
    software: { name: "tester", version: "1" },
    requestTimeoutMs: 5_000,
    operationTimeoutMs: 10_000,
  });
}

/** Writes a record in a transaction of {@link TRANSACTIONAL_ID}, which stays open. */
async function openTransaction(client: ClusterClient): Promise<void> {
  const { producerId, producerEpoch } = await fenceProducer(client, TRANSACTIONAL_ID);
  await client.call(
    { to: "coordinator", kind: CoordinatorKind.transaction, key: TRANSACTIONAL_ID },
    addPartitionsToTxnApi,
    {
      transactions: [],
      v3AndBelowTransactionalId: TRANSACTIONAL_ID,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: "orders", partitions: [0] }],
    },
    {
      versionMax: 3,
      check: ({ resultsByTopicV3AndBelow: [topic] }) => {
        expectNoError(topic!.resultsByPartition[0]!.partitionErrorCode, "transaction");
      },
    },
  );
  const records = buildBatch([{ value: new TextEncoder().encode("pending"), timestamp: 1_000 }], {
    producerId,
    producerEpoch,
    baseSequence: 0,
    isTransactional: true,
  });
  const { topicId } = await client.topic("orders");
  await client.call({ to: "leader", topic: "orders", partition: 0 }, produceApi, {
    transactionalId: TRANSACTIONAL_ID,
    acks: -1,
    timeoutMs: 5_000,
    topicData: [{ name: "orders", topicId, partitionData: [{ index: 0, records }] }],
  }, {
    check: ({ responses: [topic] }) => {
      expectNoError(topic!.partitionResponses[0]!.errorCode, "produce");
    },
  });
}

async function withOpenTransaction(body: (place: SessionPlace) => Promise<void>): Promise<void> {
  await withBroker(async (place) => {
    await jocko(place, "topic create orders --partitions 1");
    const client = clientAt(place);
    try {
      await openTransaction(client);
    } finally {
      client.close();
    }
    await body(place);
  });
}

async function jocko(place: SessionPlace, line: string): Promise<string> {
  const { code, output, errors } = await runJocko(line.split(" "), place);
  assert.equal(code, 0, `${line}\n${errors}`);
  return output;
}

Deno.test("jocko txn shows a transaction that is open, and abort ends it", async () => {
  await withOpenTransaction(async (place) => {
    const described = JSON.parse(await jocko(place, `txn describe ${TRANSACTIONAL_ID} -o json`));
    assert.equal(described.state, "Ongoing");
    assert.deepEqual(described.partitions, [{ topic: "orders", partition: 0 }]);
    assert.match(await jocko(place, "txn list"), /payments-1 +\d+ +Ongoing/);
    assert.equal(await jocko(place, "consume orders -e --isolation read_uncommitted"), "pending\n");
    assert.equal(await jocko(place, "consume orders -e"), "");

    assert.equal((await runJocko(["txn", "abort", TRANSACTIONAL_ID], place)).code, 2, "asks");
    await jocko(place, `txn abort ${TRANSACTIONAL_ID} --yes`);
    assert.doesNotMatch(await jocko(place, "txn list"), /Ongoing/);
    assert.equal(await jocko(place, "consume orders -e"), "", "it was aborted");
  });
});

Deno.test("jocko txn abort --hanging ends what is open in a partition", async () => {
  await withOpenTransaction(async (place) => {
    const wrong = await runJocko(
      ["txn", "abort", "--hanging", "orders:0", "--offset", "9", "--yes"],
      place,
    );
    assert.equal(wrong.code, 4);
    assert.match(wrong.errors, /no such open transaction in orders:0\n.*first offsets: 0/);
    const done = await jocko(place, "txn abort --hanging orders:0 --yes");
    assert.equal(done, "aborted the transaction in orders:0 from offset 0 on\n");
    await runJocko(["produce", "orders", "-q"], place, new TextEncoder().encode("behind it\n"));
    assert.equal(await jocko(place, "consume orders -e"), "behind it\n");
  });
});
