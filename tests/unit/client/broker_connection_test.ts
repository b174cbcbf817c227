import assert from "node:assert/strict";
import { BrokerConnection, type ConnectionOptions } from "../../../src/client/broker_connection.ts";
import {
  ConnectError,
  ConnectionClosedError,
  RequestTimeoutError,
} from "../../../src/client/errors.ts";
import type { ApiDefinition } from "../../../src/protocol/codec.ts";
import { apiVersionsApi } from "../../../src/protocol/generated/apis/api_versions.ts";
import { fetchApi } from "../../../src/protocol/generated/apis/fetch.ts";
import { heartbeatApi } from "../../../src/protocol/generated/apis/heartbeat.ts";
import { produceApi } from "../../../src/protocol/generated/apis/produce.ts";
import {
  hasFlexibleRequestHeader,
  hasFlexibleResponseHeader,
  readRequestHeader,
  writeResponseHeader,
} from "../../../src/protocol/header.ts";
import { ProtocolError, UnsupportedVersionError } from "../../../src/protocol/protocol_error.ts";
import { ByteReader } from "../../../src/protocol/wire/byte_reader.ts";
import { ByteWriter } from "../../../src/protocol/wire/byte_writer.ts";
import { FakeClock, settle } from "../server/fake_clock.ts";
import type { Peer } from "../server/memory_network.ts";
import { ScriptedNetwork } from "./scripted_network.ts";

const ADDRESS = { host: "10.0.0.9", port: 9092 };
const TOPIC_ID = "AAAAAAAAAAAAAAAAAAAAAQ" as ReturnType<ByteReader["uuid"]>;

interface Setup {
  readonly clock: FakeClock;
  readonly network: ScriptedNetwork;
  readonly connection: BrokerConnection;
  readonly peer: Peer;
}

async function connected(options: Partial<ConnectionOptions> = {}): Promise<Setup> {
  const clock = new FakeClock();
  const network = new ScriptedNetwork();
  const connection = await BrokerConnection.connect(network, clock, ADDRESS, {
    clientId: "tester",
    requestTimeoutMs: 1_000,
    ...options,
  });
  return { clock, network, connection, peer: network.peers[0]! };
}

const HEARTBEAT = { groupId: "g", generationId: 1, memberId: "m" };
const heartbeat = (connection: BrokerConnection, timeoutMs?: number) =>
  connection.send(heartbeatApi, 4, HEARTBEAT, timeoutMs);

/** The frame of a response, as a broker would write it. */
function answer<Init>(
  api: ApiDefinition<unknown, Init, never, unknown>,
  version: number,
  correlationId: number,
  response: Init,
): Uint8Array {
  const writer = new ByteWriter();
  const at = writer.reserveInt32();
  writeResponseHeader(writer, correlationId, hasFlexibleResponseHeader(api, version));
  api.response.write(writer, response, version);
  writer.patchInt32(at, writer.size - 4);
  return writer.toBytes();
}

const heartbeatAnswer = (correlationId: number, errorCode = 0) =>
  answer(heartbeatApi, 4, correlationId, { throttleTimeMs: 0, errorCode });

function fetchAnswer(correlationId: number, records: Uint8Array): Uint8Array {
  const position = { partitionIndex: 0, errorCode: 0, highWatermark: 9 };
  const partition = { ...position, abortedTransactions: null, records };
  return answer(fetchApi, 17, correlationId, {
    throttleTimeMs: 0,
    errorCode: 0,
    responses: [{ topic: "", topicId: TOPIC_ID, partitions: [partition] }],
  });
}

const FETCH = { replicaId: -1, maxWaitMs: 0, minBytes: 1, topics: [], forgottenTopicsData: [] };

/** Sends a Fetch; says what the continuation saw of the records, and keeps the view. */
async function fetchRecords(connection: BrokerConnection) {
  const response = await connection.send(fetchApi, 17, FETCH);
  const view = response.responses[0]!.partitions[0]!.records!;
  return { view, seen: view.slice() };
}

Deno.test("BrokerConnection writes header and request that a broker can read", async () => {
  const { connection, peer } = await connected();
  const sent = heartbeat(connection);
  await settle();
  const reader = new ByteReader().reset(peer.frames()[0]!);
  const header = readRequestHeader(
    reader,
    (_, version) => hasFlexibleRequestHeader(heartbeatApi, version),
  );
  assert.deepEqual(header, { apiKey: 12, apiVersion: 4, correlationId: 0, clientId: "tester" });
  assert.equal(heartbeatApi.request.read(reader, 4).memberId, "m");
  reader.expectEnd();
  peer.send(heartbeatAnswer(0, 27));
  assert.equal((await sent).errorCode, 27);
  connection.close();
});

Deno.test("BrokerConnection pipelines in one write and gives each request its own answer", async () => {
  const { connection, peer } = await connected();
  const answers = [heartbeat(connection), heartbeat(connection), heartbeat(connection)];
  await settle();
  assert.equal(peer.writes.length, 1, "the requests of one turn leave together");
  assert.equal(peer.frames().length, 3);
  assert.equal(connection.inFlightRequests, 3);
  const bytes = new Uint8Array([0, 1, 2].flatMap((id) => [...heartbeatAnswer(id, id + 1)]));
  for (const byte of bytes) peer.send(Uint8Array.of(byte));
  assert.deepEqual((await Promise.all(answers)).map(({ errorCode }) => errorCode), [1, 2, 3]);
  assert.equal(connection.inFlightRequests, 0);
  connection.close();
});

Deno.test("BrokerConnection gathers requests while a write is under way", async () => {
  const { connection, peer } = await connected();
  peer.stopReading();
  const first = heartbeat(connection);
  await settle();
  const rest = [heartbeat(connection), heartbeat(connection)];
  await settle();
  peer.takeWrites();
  await settle();
  assert.equal(peer.writes.length, 2);
  assert.equal(peer.frames().length, 3);
  for (const id of [0, 1, 2]) peer.send(heartbeatAnswer(id));
  await Promise.all([first, ...rest]);
  connection.close();
});

Deno.test("BrokerConnection.send() passes large records on by reference and in order", async () => {
  const { connection, peer } = await connected();
  const records = new Uint8Array(100_000).fill(7);
  const topics = [{ name: "t", topicId: TOPIC_ID, partitionData: [{ index: 0, records }] }];
  const produce = connection.send(produceApi, 9, { acks: 1, timeoutMs: 1, topicData: topics });
  const after = heartbeat(connection);
  await settle();
  const [frame] = peer.frames();
  assert(peer.writes.some(({ length }) => length === records.length), "no copy among the small");
  const reader = new ByteReader().reset(frame!);
  readRequestHeader(reader, () => true);
  const read = produceApi.request.read(reader, 9);
  assert.deepEqual(read.topicData[0]!.partitionData[0]!.records, records);
  peer.send(answer(produceApi, 9, 0, { responses: [] }));
  peer.send(heartbeatAnswer(1));
  await Promise.all([produce, after]);
  connection.close();
});

Deno.test("BrokerConnection.send() keeps a request intact whose large message is its own", async () => {
  const { connection, peer } = await connected();
  const batches = Array.from({ length: 40 }, (_, index) => ({
    index,
    records: new Uint8Array(1_000).fill(index),
  }));
  const topicData = [{ name: "t", topicId: TOPIC_ID, partitionData: batches }];
  const produce = connection.send(produceApi, 9, { acks: 1, timeoutMs: 1, topicData });
  const after = heartbeat(connection);
  await settle();
  const reader = new ByteReader().reset(peer.frames()[0]!);
  readRequestHeader(reader, () => true);
  const { partitionData } = produceApi.request.read(reader, 9).topicData[0]!;
  assert.deepEqual(partitionData.map(({ records }) => records![999]), batches.map((b) => b.index));
  peer.send(answer(produceApi, 9, 0, { responses: [] }));
  peer.send(heartbeatAnswer(1));
  await Promise.all([produce, after]);
  connection.close();
});

Deno.test("BrokerConnection leaves a large response alone until the event loop has turned", async () => {
  const { clock, connection, peer } = await connected();
  const bytes = 300_000;
  const [first, second] = [fetchRecords(connection), fetchRecords(connection)];
  await settle();
  peer.send(fetchAnswer(0, new Uint8Array(bytes).fill(1)));
  peer.send(fetchAnswer(1, new Uint8Array(bytes).fill(2)));
  const [one, two] = [await first, await second];
  assert(one.seen.every((byte) => byte === 1) && one.seen.length === bytes);
  assert(two.seen.every((byte) => byte === 2) && two.seen.length === bytes);
  assert.deepEqual(one.view, one.seen, "no turn yet, so nothing was read into it");
  assert.notEqual(one.view.buffer, two.view.buffer);

  await clock.advance(1);
  const third = fetchRecords(connection);
  await settle();
  peer.send(fetchAnswer(2, new Uint8Array(bytes).fill(3)));
  const three = await third;
  assert(three.seen.every((byte) => byte === 3));
  const used = [one.view.buffer, two.view.buffer];
  assert(used.includes(three.view.buffer), "a buffer is used again after the turn");
  connection.close();
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("BrokerConnection gives small responses away for good", async () => {
  const { clock, connection, peer } = await connected();
  const first = fetchRecords(connection);
  await settle();
  peer.send(fetchAnswer(0, new Uint8Array(20_000).fill(1)));
  const { view } = await first;
  await clock.advance(1);
  const second = fetchRecords(connection);
  await settle();
  peer.send(fetchAnswer(1, new Uint8Array(20_000).fill(2)));
  await second;
  assert(view.every((byte) => byte === 1));
  connection.close();
});

Deno.test("BrokerConnection reads frames of every size however they are cut", async () => {
  for (const bytes of [0, 1, 32_700, 32_768, 65_536, 70_001]) {
    for (const cut of [1, 3, 5, 40_000]) {
      const { connection, peer } = await connected();
      const records = [fetchRecords(connection), fetchRecords(connection)];
      await settle();
      const both = [
        ...fetchAnswer(0, new Uint8Array(bytes).fill(8)),
        ...fetchAnswer(1, new Uint8Array(bytes).fill(9)),
      ];
      const step = cut < 10 ? Math.floor(both.length / cut) + 1 : cut;
      for (let at = 0; at < both.length; at += step) {
        peer.send(Uint8Array.from(both.slice(at, at + step)));
      }
      const [one, two] = [await records[0]!, await records[1]!];
      assert.deepEqual(one.seen, new Uint8Array(bytes).fill(8));
      assert.deepEqual(two.seen, new Uint8Array(bytes).fill(9));
      connection.close();
    }
  }
});

Deno.test("BrokerConnection.send() rejects and the connection ends when no answer comes in time", async () => {
  const { clock, connection, peer } = await connected();
  const patient = heartbeat(connection, 5_000);
  const hasty = heartbeat(connection, 200);
  const outcomes = Promise.allSettled([patient, hasty]);
  await clock.advance(199);
  assert(connection.isOpen);
  await clock.advance(1);
  const [first, second] = await outcomes;
  assert(first.status === "rejected" && first.reason instanceof ConnectionClosedError);
  assert(second.status === "rejected" && second.reason instanceof RequestTimeoutError);
  assert.equal(second.reason.message, "10.0.0.9:9092: no answer to Heartbeat within 200 ms");
  assert(await connection.closed instanceof RequestTimeoutError);
  assert(peer.isClosed);
  await assert.rejects(heartbeat(connection), ConnectionClosedError);
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("BrokerConnection keeps deadlines of later requests when earlier ones are answered", async () => {
  const { clock, connection, peer } = await connected();
  const first = heartbeat(connection);
  await clock.advance(900);
  peer.send(heartbeatAnswer(0));
  await first;
  const second = heartbeat(connection);
  const outcome = assert.rejects(second, RequestTimeoutError);
  await clock.advance(999);
  assert(connection.isOpen);
  await clock.advance(1);
  await outcome;
});

Deno.test("BrokerConnection finds a dead connection by its silence while an answer is due", async () => {
  const { clock, connection, peer } = await connected({ silenceMsMax: 4000 });
  await clock.advance(60_000);
  assert(connection.isOpen, "nothing is due");
  const answered = heartbeat(connection, 30_000);
  await settle();
  await clock.advance(3900);
  peer.send(heartbeatAnswer(0).subarray(0, 5));
  await settle();
  await clock.advance(3900);
  peer.send(heartbeatAnswer(0).subarray(5));
  assert.equal((await answered).errorCode, 0, "slow, and not silent");
  const lost = assert.rejects(heartbeat(connection, 30_000), RequestTimeoutError);
  await clock.advance(3999);
  assert(connection.isOpen);
  await clock.advance(2);
  await lost;
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("BrokerConnection.closed gives the reason when the broker ends the connection", async () => {
  const { connection, peer } = await connected();
  const sent = heartbeat(connection);
  const outcome = assert.rejects(sent, /10\.0\.0\.9:9092: the broker closed the connection/);
  await settle();
  peer.end();
  await outcome;
  assert(await connection.closed instanceof ConnectionClosedError);
});

Deno.test("BrokerConnection.close() rejects what is unanswered and settles closed", async () => {
  const { clock, connection, peer } = await connected();
  const outcome = assert.rejects(heartbeat(connection), ConnectionClosedError);
  await settle();
  connection.close();
  connection.close();
  await outcome;
  assert.equal(await connection.closed, undefined);
  assert(peer.isClosed);
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("BrokerConnection ends when an answer can't be believed", async () => {
  const oversized = Uint8Array.of(0x7f, 0, 0, 0);
  const negative = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
  const cutOff = Uint8Array.of(0, 0, 0, 5, 0, 0, 0, 0, 0);
  for (const bytes of [oversized, negative, cutOff, heartbeatAnswer(1)]) {
    const { connection, peer } = await connected({ frameBytesMax: 1_000 });
    const outcome = assert.rejects(heartbeat(connection), ProtocolError);
    await settle();
    peer.send(bytes);
    await outcome;
    assert(await connection.closed instanceof ProtocolError);
    assert(peer.isClosed);
  }
  const { connection, peer } = await connected();
  peer.send(heartbeatAnswer(0));
  assert(await connection.closed instanceof ProtocolError, "an answer that nobody asked for");
});

Deno.test("BrokerConnection.send() refuses what a version can't carry and stays usable", async () => {
  const { connection, peer } = await connected();
  await assert.rejects(
    connection.send(heartbeatApi, 1, { ...HEARTBEAT, groupInstanceId: "i" }),
    UnsupportedVersionError,
  );
  const sent = heartbeat(connection);
  await settle();
  assert.equal(peer.frames().length, 1);
  peer.send(heartbeatAnswer(0));
  await sent;
  connection.close();
});

Deno.test("BrokerConnection.post() settles when written, and sends expect no answer to it", async () => {
  const { connection, peer } = await connected();
  peer.stopReading();
  let isWritten = false;
  const posted = connection.post(produceApi, 9, { acks: 0, timeoutMs: 1, topicData: [] })
    .then(() => isWritten = true);
  await settle();
  assert.equal(isWritten, false);
  peer.takeWrites();
  await posted;
  const sent = heartbeat(connection);
  await settle();
  peer.send(heartbeatAnswer(1));
  await sent;
  connection.close();
  await connection.post(produceApi, 9, { acks: 0, timeoutMs: 1, topicData: [] });
});

Deno.test("BrokerConnection.connect() tells refused, late and other dials apart", async () => {
  const clock = new FakeClock();
  const network = new ScriptedNetwork();
  const options = { clientId: "tester", requestTimeoutMs: 1_000 };
  const dial = () => BrokerConnection.connect(network, clock, ADDRESS, options);
  const refused = Object.assign(new Error("os error 111"), { name: "ConnectionRefused" });
  network.failures.push(refused, new Error("no route"));
  await assert.rejects(
    dial(),
    (error) => error instanceof ConnectError && error.reason === "refused",
  );
  await assert.rejects(dial(), /10\.0\.0\.9:9092: can't connect: no route/);
  network.isSilent = true;
  const late = assert.rejects(
    dial(),
    (error) => error instanceof ConnectError && error.reason === "timedOut",
  );
  await clock.advance(1_000);
  await late;
  network.release();
  await settle();
  assert(network.peers[0]!.isClosed, "a connection that comes too late is closed");
  assert.equal(clock.pendingTimers, 0);
});

Deno.test("BrokerConnection reads ApiVersions answers, whose header is never flexible", async () => {
  const { connection, peer } = await connected();
  const request = { clientSoftwareName: "tester", clientSoftwareVersion: "1" };
  const sent = connection.send(apiVersionsApi, 4, request);
  await settle();
  const keys = [{ apiKey: 18, minVersion: 0, maxVersion: 4 }];
  peer.send(answer(apiVersionsApi, 4, 0, { errorCode: 0, apiKeys: keys, throttleTimeMs: 0 }));
  assert.equal((await sent).apiKeys[0]!.maxVersion, 4);
  connection.close();
});
